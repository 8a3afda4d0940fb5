"""Recordings and the files they were found in.

A recording may lie in several places. A place is given up when other bytes are found there, or when the same
bytes turn up elsewhere and it holds nothing any more: so a file that was moved is followed.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.audio.remote.urls import is_url
from asrlab.catalog.failures import resolve_recording
from asrlab.catalog.schema import RecordingFileRow, RecordingRow
from asrlab.catalog.values import chunks, insert_into, utc_now
from asrlab.domain.audio import AudioInfo, AudioSource
from asrlab.domain.time import Seconds

DEFAULT_CORPUS = "default"


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file the catalog knows, and the size and time by which it sees that the file has not changed."""

    uri: str
    recording_id: int
    size: int
    mtime_ns: int
    etag: str


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that was read through: where it lies, what it holds. etag: what a server calls this state of it."""

    uri: str
    size: int
    mtime_ns: int
    content_hash: str
    info: AudioInfo
    corpus: str = DEFAULT_CORPUS
    etag: str = ""


def known_files(session: Session) -> dict[str, KnownFile]:
    """Every file a recording lies in now, by URI."""
    rows = session.execute(
        sa.select(
            RecordingFileRow.uri,
            RecordingFileRow.recording_id,
            RecordingFileRow.size,
            RecordingFileRow.mtime_ns,
            RecordingFileRow.etag,
        ).where(RecordingFileRow.superseded_at.is_(None))
    )
    return {row.uri: KnownFile(*row) for row in rows}


def find_info(session: Session, content_hash: str) -> AudioInfo | None:
    """What is known of the recording with these bytes, None when there is none."""
    row = session.execute(
        sa.select(
            RecordingRow.container,
            RecordingRow.codec,
            RecordingRow.sampling_rate,
            RecordingRow.num_channels,
            RecordingRow.num_samples,
        ).where(RecordingRow.content_hash == content_hash)
    ).first()
    return None if row is None else AudioInfo(*row)


def add_file(session: Session, file: NewFile) -> int:
    """Note that a file holds a recording, new or known by its hash; returns the recording's id.

    A file that held other bytes before is superseded: its old recording stays, without that place.
    """
    now = utc_now()
    session.execute(
        insert_into(session, RecordingRow)
        .values(
            content_hash=file.content_hash,
            container=file.info.container,
            codec=file.info.codec,
            sampling_rate=file.info.sampling_rate,
            num_channels=file.info.num_channels,
            num_samples=file.info.num_samples,
            corpus=file.corpus,
            metadata_json="{}",
            ingested_at=now,
        )
        .on_conflict_do_nothing(index_elements=[RecordingRow.content_hash])
    )
    recording_id = session.scalars(
        sa.select(RecordingRow.recording_id).where(RecordingRow.content_hash == file.content_hash)
    ).one()
    supersede_file(session, file.uri, unless=recording_id)
    session.execute(
        insert_into(session, RecordingFileRow)
        .values(
            recording_id=recording_id,
            uri=file.uri,
            size=file.size,
            mtime_ns=file.mtime_ns,
            etag=file.etag,
            corpus=file.corpus,
            ingested_at=now,
        )
        .on_conflict_do_update(
            index_elements=[RecordingFileRow.uri],
            index_where=sa.text("superseded_at IS NULL"),
            # The recording too: another process may have found other bytes there a moment ago.
            set_={
                "recording_id": recording_id,
                "size": file.size,
                "mtime_ns": file.mtime_ns,
                "etag": file.etag,
            },
        )
    )
    resolve_recording(session, recording_id, gone=False)
    give_up_places(session, [recording_id])
    return recording_id


def supersede_file(session: Session, uri: str, *, unless: int | None = None) -> None:
    """Note that a file no longer holds the bytes that were ingested from it (but for those of `unless`)."""
    statement = sa.select(RecordingFileRow).where(
        RecordingFileRow.uri == uri, RecordingFileRow.superseded_at.is_(None)
    )
    if unless is not None:
        statement = statement.where(RecordingFileRow.recording_id != unless)
    for place in session.scalars(statement):
        _supersede(session, place)


def give_up_places(session: Session, recording_ids: Sequence[int]) -> None:
    """Of recordings that lie in several places, supersede those places where nothing is any more."""
    for some in chunks(recording_ids):
        several = (
            sa.select(RecordingFileRow.recording_id)
            .where(RecordingFileRow.recording_id.in_(some), RecordingFileRow.superseded_at.is_(None))
            .group_by(RecordingFileRow.recording_id)
            .having(sa.func.count() > 1)
        )
        places: dict[int, list[RecordingFileRow]] = {}
        for place in session.scalars(
            sa.select(RecordingFileRow).where(
                RecordingFileRow.recording_id.in_(several), RecordingFileRow.superseded_at.is_(None)
            )
        ):
            places.setdefault(place.recording_id, []).append(place)
        for rows in places.values():
            empty = [row for row in rows if not is_url(row.uri) and not os.path.lexists(row.uri)]
            if len(empty) < len(rows):
                for row in empty:
                    _supersede(session, row)


def _supersede(session: Session, place: RecordingFileRow) -> None:
    place.superseded_at = utc_now()
    session.flush()
    left = session.scalars(
        sa.select(sa.func.count()).where(
            RecordingFileRow.recording_id == place.recording_id, RecordingFileRow.superseded_at.is_(None)
        )
    ).one()
    # Without a place it can't be labeled, so nothing of it is waiting to be mended.
    resolve_recording(session, place.recording_id, gone=left == 0)


def select_recording_ids(session: Session, corpus: str | None = None) -> list[int]:
    """The recordings that lie somewhere now (all, or of one corpus), oldest first."""
    somewhere = sa.exists().where(
        RecordingFileRow.recording_id == RecordingRow.recording_id, RecordingFileRow.superseded_at.is_(None)
    )
    statement = sa.select(RecordingRow.recording_id).where(somewhere).order_by(RecordingRow.recording_id)
    if corpus is not None:
        statement = statement.where(RecordingRow.corpus == corpus)
    return list(session.scalars(statement))


def recording_durations(session: Session, recording_ids: Sequence[int]) -> dict[int, Seconds]:
    """How long each of these recordings is."""
    found: dict[int, Seconds] = {}
    for some in chunks(recording_ids):
        rows = session.execute(
            sa.select(RecordingRow.recording_id, RecordingRow.num_samples, RecordingRow.sampling_rate).where(
                RecordingRow.recording_id.in_(some)
            )
        )
        found.update((row.recording_id, row.num_samples / row.sampling_rate) for row in rows)
    return found


def content_hashes(session: Session, recording_ids: Sequence[int]) -> list[str]:
    """The hashes of these recordings' bytes, in no order."""
    found: list[str] = []
    for some in chunks(recording_ids):
        found += session.scalars(
            sa.select(RecordingRow.content_hash).where(RecordingRow.recording_id.in_(some))
        )
    return found


def recordings_by_corpus(session: Session, recording_ids: Sequence[int]) -> dict[str, int]:
    """How many of these recordings belong to each corpus."""
    counts: dict[str, int] = {}
    for some in chunks(recording_ids):
        for corpus, count in session.execute(
            sa.select(RecordingRow.corpus, sa.func.count())
            .where(RecordingRow.recording_id.in_(some))
            .group_by(RecordingRow.corpus)
        ):
            counts[corpus] = counts.get(corpus, 0) + count
    return counts


def audio_sources(session: Session, recording_ids: Sequence[int]) -> dict[int, AudioSource]:
    """Where the audio of these recordings lies; a recording without a file is left out.

    Of several places the oldest where something is now, so that a deleted copy stops nothing; a file of this machine
    before what has to be fetched.
    """
    places: dict[int, list[AudioSource]] = {}
    for some in chunks(recording_ids):
        rows = session.execute(
            sa.select(
                RecordingRow.recording_id,
                RecordingFileRow.uri,
                RecordingFileRow.size,
                RecordingFileRow.mtime_ns,
                RecordingRow.content_hash,
                RecordingRow.num_samples,
                RecordingRow.sampling_rate,
                RecordingRow.num_channels,
            )
            .join(RecordingFileRow, RecordingFileRow.recording_id == RecordingRow.recording_id)
            .where(RecordingRow.recording_id.in_(some), RecordingFileRow.superseded_at.is_(None))
            .order_by(RecordingFileRow.file_id)
        )
        for row in rows:
            places.setdefault(row[0], []).append(AudioSource(*row[1:]))
    return {recording_id: _first_present(found) for recording_id, found in places.items()}


def _first_present(places: Sequence[AudioSource]) -> AudioSource:
    if len(places) == 1:
        return places[0]
    here = (place for place in places if os.path.isfile(place.uri))
    behind_url = (place for place in places if is_url(place.uri))
    return next(here, None) or next(behind_url, places[0])


def find_recordings(session: Session, wanted: str) -> list[int]:
    """The recordings whose id, content hash (or its beginning, 8 digits up), URI or file name is `wanted`.

    A place names what lies there now, and only when nothing does, what lay there before.
    """
    by_name = sa.or_(
        RecordingFileRow.uri == wanted, RecordingFileRow.uri.endswith(f"/{wanted}", autoescape=True)
    )
    of_itself: list[sa.ColumnElement[bool]] = []
    if wanted.isdecimal() and len(wanted) < 10:
        of_itself.append(RecordingRow.recording_id == int(wanted))
    if len(wanted) >= 8:
        of_itself.append(RecordingRow.content_hash.startswith(wanted, autoescape=True))
    now = sa.and_(by_name, RecordingFileRow.superseded_at.is_(None))
    return _recordings_where(session, [*of_itself, now]) or _recordings_where(session, [by_name])


def _recordings_where(session: Session, conditions: Sequence[sa.ColumnElement[bool]]) -> list[int]:
    return list(
        session.scalars(
            sa.select(RecordingRow.recording_id)
            .outerjoin(RecordingFileRow, RecordingFileRow.recording_id == RecordingRow.recording_id)
            .where(sa.or_(*conditions))
            .distinct()
            .order_by(RecordingRow.recording_id)
        )
    )
