"""Recordings and the files they were found in."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from asrlab.catalog.schema import RecordingFileRow, RecordingRow
from asrlab.catalog.values import chunks, utc_now
from asrlab.domain.audio import AudioInfo, AudioSource

DEFAULT_CORPUS = "default"


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file the catalog knows, and the size and time by which it sees that the file has not changed."""

    uri: str
    recording_id: int
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that was read through: where it lies, what it holds."""

    uri: str
    size: int
    mtime_ns: int
    content_hash: str
    info: AudioInfo
    corpus: str = DEFAULT_CORPUS


def known_files(session: Session) -> dict[str, KnownFile]:
    """Every file a recording lies in now, by URI."""
    rows = session.execute(
        sa.select(
            RecordingFileRow.uri,
            RecordingFileRow.recording_id,
            RecordingFileRow.size,
            RecordingFileRow.mtime_ns,
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
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    session.execute(
        insert(RecordingRow)
        .values(
            content_hash=file.content_hash,
            container=file.info.container,
            codec=file.info.codec,
            sampling_rate=file.info.sampling_rate,
            num_channels=file.info.num_channels,
            num_samples=file.info.num_samples,
            corpus=file.corpus,
            metadata="{}",
            ingested_at=now,
        )
        .on_conflict_do_nothing(index_elements=[RecordingRow.content_hash])
    )
    recording_id = session.scalars(
        sa.select(RecordingRow.recording_id).where(RecordingRow.content_hash == file.content_hash)
    ).one()
    session.execute(
        sa.update(RecordingFileRow)
        .where(
            RecordingFileRow.uri == file.uri,
            RecordingFileRow.superseded_at.is_(None),
            RecordingFileRow.recording_id != recording_id,
        )
        .values(superseded_at=now)
    )
    live = RecordingFileRow.superseded_at.is_(None)
    session.execute(
        insert(RecordingFileRow)
        .values(
            recording_id=recording_id,
            uri=file.uri,
            size=file.size,
            mtime_ns=file.mtime_ns,
            corpus=file.corpus,
            ingested_at=now,
        )
        .on_conflict_do_update(
            index_elements=[RecordingFileRow.uri],
            index_where=sa.text("superseded_at IS NULL"),
            set_={"size": file.size, "mtime_ns": file.mtime_ns},
            where=live,
        )
    )
    return recording_id


def select_recording_ids(session: Session, corpus: str | None = None) -> list[int]:
    """The recordings that lie somewhere now (all, or of one corpus), oldest first."""
    statement = (
        sa.select(RecordingFileRow.recording_id)
        .where(RecordingFileRow.superseded_at.is_(None))
        .distinct()
        .order_by(RecordingFileRow.recording_id)
    )
    if corpus is not None:
        statement = statement.where(RecordingFileRow.corpus == corpus)
    return list(session.scalars(statement))


def audio_sources(session: Session, recording_ids: Sequence[int]) -> dict[int, AudioSource]:
    """Where the audio of these recordings lies; a recording without a file is left out."""
    found: dict[int, AudioSource] = {}
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
            )
            .join(RecordingFileRow, RecordingFileRow.recording_id == RecordingRow.recording_id)
            .where(RecordingRow.recording_id.in_(some), RecordingFileRow.superseded_at.is_(None))
            .order_by(RecordingFileRow.file_id.desc())
        )
        # The oldest place wins, as in v_recordings.
        found.update({row[0]: AudioSource(*row[1:]) for row in rows})
    return found


def supersede_file(session: Session, uri: str) -> None:
    """Note that a file no longer holds the bytes that were ingested from it."""
    session.execute(
        sa.update(RecordingFileRow)
        .where(RecordingFileRow.uri == uri, RecordingFileRow.superseded_at.is_(None))
        .values(superseded_at=utc_now())
    )


def find_recordings(session: Session, wanted: str) -> list[int]:
    """The recordings whose id, content hash (or its beginning, 8 digits up), URI or file name is `wanted`."""
    by_name = sa.or_(
        RecordingFileRow.uri == wanted, RecordingFileRow.uri.endswith(f"/{wanted}", autoescape=True)
    )
    conditions: list[sa.ColumnElement[bool]] = [by_name]
    if wanted.isdecimal() and len(wanted) < 10:
        conditions.append(RecordingRow.recording_id == int(wanted))
    if len(wanted) >= 8:
        conditions.append(RecordingRow.content_hash.startswith(wanted, autoescape=True))
    return list(
        session.scalars(
            sa.select(RecordingRow.recording_id)
            .outerjoin(RecordingFileRow, RecordingFileRow.recording_id == RecordingRow.recording_id)
            .where(sa.or_(*conditions))
            .distinct()
            .order_by(RecordingRow.recording_id)
        )
    )
