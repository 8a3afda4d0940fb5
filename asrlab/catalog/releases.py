"""Sealed releases: a name for exactly these versions of these texts, with all that may change outside of them."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from asrlab import __version__
from asrlab.catalog.schema import (
    ExportRow,
    RecordingRow,
    ReleaseItemRow,
    ReleaseRecordingRow,
    ReleaseRow,
    SegmentRow,
    TranscriptRow,
)
from asrlab.catalog.values import utc_now
from asrlab.domain.time import Seconds
from asrlab.errors import ReleaseError

ROWS_AT_ONCE = 5_000


class ReleaseItem(NamedTuple):
    """A transcript version in a release, and what is frozen with it; split: "" for none."""

    transcript_id: int
    alignment_id: int | None
    split: str
    speaker: str | None
    verdict: str | None
    flags: str


class ReleasedRecording(NamedTuple):
    """A recording in a release, and what is frozen with it."""

    recording_id: int
    uri: str
    corpus: str
    license: str | None
    metadata: str


@dataclass(frozen=True, slots=True)
class Release:
    """A sealed release. splits: a letter an utterance in order, b"" without splits; options: canonical JSON.

    split_names: ("",) without splits. leaks: what the splits avoided, in words.
    manifest_sha256: over the checksums of every file of the export that sealed it.
    """

    release_id: int
    name: str
    format: str
    options: str
    created_at: datetime
    num_utterances: int
    audio_seconds: Seconds
    splits: bytes
    split_names: tuple[str, ...]
    leaks: tuple[str, ...]
    manifest_sha256: str
    num_forgotten: int


@dataclass(frozen=True, slots=True)
class NewExport:
    """What was written, to be noted. folder: absolute."""

    form: str
    folder: str
    options: str
    num_utterances: int
    audio_seconds: Seconds
    lock_sha256: str


@dataclass(frozen=True, slots=True)
class NewRelease:
    """A release to be: the export that seals it, under a name."""

    name: str
    export: NewExport
    splits: bytes
    split_names: tuple[str, ...]
    leaks: tuple[str, ...]
    manifest_sha256: str


def find_release(session: Session, name: str) -> Release | None:
    """The release of this name, None when there is none."""
    row = session.scalars(sa.select(ReleaseRow).where(ReleaseRow.name == name)).one_or_none()
    return None if row is None else _release(row)


def get_release(session: Session, name: str) -> Release:
    """The release of this name; raises ReleaseError when there is none."""
    found = find_release(session, name)
    if found is None:
        raise ReleaseError(f"there is no release {name!r}: see `asrlab releases list`")
    return found


def list_releases(session: Session) -> list[Release]:
    """All releases, oldest first."""
    return [_release(row) for row in session.scalars(sa.select(ReleaseRow).order_by(ReleaseRow.release_id))]


def seal(
    session: Session, new: NewRelease, recordings: Iterable[ReleasedRecording], items: Iterable[ReleaseItem]
) -> int:
    """Store a release; returns its id. Raises ReleaseError when another took the name meanwhile."""
    row = ReleaseRow(
        name=new.name,
        format=new.export.form,
        options=new.export.options,
        created_at=utc_now(),
        num_utterances=new.export.num_utterances,
        audio_seconds=new.export.audio_seconds,
        splits=zlib.compress(new.splits),
        split_names=",".join(new.split_names),
        leaks="\n".join(new.leaks),
        manifest_sha256=new.manifest_sha256,
        asrlab_version=__version__,
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise ReleaseError(
            f"a release {new.name!r} was sealed meanwhile: give the same command again"
        ) from error
    _insert(session, ReleaseRecordingRow, row.release_id, recordings)
    _insert(session, ReleaseItemRow, row.release_id, items)
    return row.release_id


def _insert(
    session: Session,
    table: type[ReleaseItemRow] | type[ReleaseRecordingRow],
    release_id: int,
    rows: Iterable[tuple[object, ...]],
) -> None:
    # Through the driver: a release may hold a million rows, and no database computes anything of them.
    target = table.__table__
    columns = [column.name for column in target.columns]
    connection = session.connection()
    name, listed = target.description, ", ".join(columns)
    if connection.dialect.name == "postgresql":
        driver: Any = connection.connection.driver_connection
        with driver.cursor().copy(f"COPY {name} ({listed}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row((release_id, *row))
        return
    statement = f"INSERT INTO {name} ({listed}) VALUES ({', '.join('?' * len(columns))})"
    each = iter(rows)
    while some := [(release_id, *row) for row in islice(each, ROWS_AT_ONCE)]:
        connection.exec_driver_sql(statement, some)


def note_export(session: Session, new: NewExport, release_id: int | None) -> None:
    """Note that something was written."""
    session.add(
        ExportRow(
            release_id=release_id,
            format=new.form,
            folder=new.folder,
            created_at=utc_now(),
            options=new.options,
            num_utterances=new.num_utterances,
            audio_seconds=new.audio_seconds,
            lock_sha256=new.lock_sha256,
            asrlab_version=__version__,
        )
    )


def export_folders(session: Session, release_id: int | None = None) -> list[tuple[str, str]]:
    """Where exports (of a release) were written, the last first, each folder once: folder and checksum of the lock."""
    statement = sa.select(ExportRow.folder, ExportRow.lock_sha256).order_by(ExportRow.export_id.desc())
    if release_id is not None:
        statement = statement.where(ExportRow.release_id == release_id)
    found: dict[str, str] = {}
    for folder, checksum in session.execute(statement):
        found.setdefault(folder, checksum)
    return list(found.items())


def split_counts(session: Session, release_id: int) -> dict[str, int]:
    """How many texts of a release each split has; "" is none."""
    rows = session.execute(
        sa.select(ReleaseItemRow.split, sa.func.count())
        .where(ReleaseItemRow.release_id == release_id)
        .group_by(ReleaseItemRow.split)
        .order_by(ReleaseItemRow.split)
    )
    return {row[0]: row[1] for row in rows}


class SplitFact(NamedTuple):
    """What an earlier release gave to a split: by segment, speaker, recording and text."""

    split: str
    segment_id: int
    speaker: str | None
    content_hash: str
    text: str


def split_facts(session: Session) -> Iterator[SplitFact]:
    """All that earlier releases with splits hold, in order of release; streamed."""
    rows = session.execute(
        sa.select(
            ReleaseItemRow.split,
            TranscriptRow.segment_id,
            ReleaseItemRow.speaker,
            RecordingRow.content_hash,
            TranscriptRow.text,
        )
        .join(TranscriptRow, TranscriptRow.transcript_id == ReleaseItemRow.transcript_id)
        .join(SegmentRow, SegmentRow.segment_id == TranscriptRow.segment_id)
        .join(RecordingRow, RecordingRow.recording_id == SegmentRow.recording_id)
        .where(ReleaseItemRow.split.in_(("train", "dev", "test")))
        .order_by(ReleaseItemRow.release_id, ReleaseItemRow.transcript_id)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    return (SplitFact(*row) for row in rows)


def split_recordings(session: Session) -> Iterator[tuple[int, int, int, int]]:
    """Each recording of releases with splits: id, samples of a channel, sampling rate, channels; streamed."""
    released = (
        sa.select(ReleaseRecordingRow.recording_id)
        .join(ReleaseRow, ReleaseRow.release_id == ReleaseRecordingRow.release_id)
        .where(ReleaseRow.split_names != "")
    )
    rows = session.execute(
        sa.select(
            RecordingRow.recording_id,
            RecordingRow.num_samples,
            RecordingRow.sampling_rate,
            RecordingRow.num_channels,
        )
        .where(RecordingRow.recording_id.in_(released))
        .order_by(RecordingRow.recording_id)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    return (tuple(row) for row in rows)


def transcripts_of_release(session: Session, release_id: int) -> list[int]:
    """The transcript versions in a release."""
    statement = sa.select(ReleaseItemRow.transcript_id).where(ReleaseItemRow.release_id == release_id)
    return list(session.scalars(statement))


class ReleasedText(NamedTuple):
    """A segment's text in a release."""

    segment_id: int
    transcript_id: int
    uri: str
    start_ms: int
    text: str


def released_texts(session: Session, release_id: int) -> dict[int, ReleasedText]:
    """The texts of a release by segment, in order of file and time."""
    rows = session.execute(
        sa.select(
            TranscriptRow.segment_id,
            TranscriptRow.transcript_id,
            ReleaseRecordingRow.uri,
            SegmentRow.start_ms,
            TranscriptRow.text,
        )
        .join(ReleaseItemRow, ReleaseItemRow.transcript_id == TranscriptRow.transcript_id)
        .join(SegmentRow, SegmentRow.segment_id == TranscriptRow.segment_id)
        .join(
            ReleaseRecordingRow,
            sa.and_(
                ReleaseRecordingRow.recording_id == SegmentRow.recording_id,
                ReleaseRecordingRow.release_id == ReleaseItemRow.release_id,
            ),
        )
        .where(ReleaseItemRow.release_id == release_id)
        .order_by(ReleaseRecordingRow.uri, SegmentRow.start_ms, TranscriptRow.segment_id)
    )
    return {row[0]: ReleasedText(*row) for row in rows}


def releases_with(session: Session, transcript_ids: Sequence[int]) -> dict[str, int]:
    """How many of these transcripts each release holds, by name; those that hold none are left out."""
    found: dict[str, int] = {}
    for first in range(0, len(transcript_ids), ROWS_AT_ONCE):
        rows = session.execute(
            sa.select(ReleaseRow.name, sa.func.count())
            .join(ReleaseItemRow, ReleaseItemRow.release_id == ReleaseRow.release_id)
            .where(ReleaseItemRow.transcript_id.in_(transcript_ids[first : first + ROWS_AT_ONCE]))
            .group_by(ReleaseRow.name)
        )
        for name, count in rows:
            found[name] = found.get(name, 0) + count
    return dict(sorted(found.items()))


def _release(row: ReleaseRow) -> Release:
    return Release(
        release_id=row.release_id,
        name=row.name,
        format=row.format,
        options=row.options,
        created_at=row.created_at,
        num_utterances=row.num_utterances,
        audio_seconds=row.audio_seconds,
        splits=zlib.decompress(row.splits),
        split_names=tuple(row.split_names.split(",")),
        leaks=tuple(row.leaks.splitlines()),
        manifest_sha256=row.manifest_sha256,
        num_forgotten=row.num_forgotten,
    )
