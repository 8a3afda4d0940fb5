"""Removing recordings, or what one person said, with all that was made of it: texts, words, verdicts, failures.

Insert-only ends where a person asks to be forgotten. Releases keep their names and counts, and know that something of
them is gone, so that none is passed off as what it was.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from asrlab.catalog.database import Catalog
from asrlab.catalog.releases import releases_with
from asrlab.catalog.schema import (
    ActivationRow,
    AlignmentRow,
    FailureRow,
    ForgottenRow,
    GoldItemRow,
    PendingSpanRow,
    RecordingFileRow,
    RecordingRow,
    ReleaseItemRow,
    ReleaseRecordingRow,
    ReleaseRow,
    ReviewActRow,
    ReviewClaimRow,
    ReviewPassRow,
    ReviewRow,
    SegmentationRow,
    SegmentRow,
    TranscriptRow,
    TranscriptTermRow,
    WordRow,
)
from asrlab.catalog.segments import segment_content_hash
from asrlab.catalog.values import HASH_DIGITS, chunks, insert_into, utc_now
from asrlab.domain.time import TimeSpan


@dataclass(frozen=True, slots=True)
class Doomed:
    """What is to be forgotten. recordings: as a whole; segments: of others, in which several people speak."""

    recordings: tuple[int, ...]
    segments: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A place where the audio of a recording lies, and the hash its bytes must have."""

    recording_id: int
    uri: str
    content_hash: str


def of_speaker(session: Session, speaker: str) -> Doomed:
    """What this person said: recordings of nobody else, and segments in the others.

    A segment that names nobody counts as theirs where it overlaps one that does: it holds the same words, cut
    otherwise.
    """
    whole = set(session.scalars(sa.select(RecordingRow.recording_id).where(RecordingRow.speaker == speaker)))
    own = session.execute(
        sa.select(SegmentRow.recording_id, SegmentRow.segment_id).where(SegmentRow.speaker == speaker)
    ).all()
    shared: list[int] = []
    for recording_id in sorted({row.recording_id for row in own} - whole):
        named = set(
            session.scalars(
                sa.select(SegmentRow.speaker)
                .where(SegmentRow.recording_id == recording_id, SegmentRow.speaker.is_not(None))
                .distinct()
            )
        )
        if named == {speaker} and not _has_speech_of_nobody(session, recording_id, speaker):
            whole.add(recording_id)
        else:
            shared += _overlapped(session, recording_id, speaker)
    return Doomed(tuple(sorted(whole)), tuple(shared))


def _has_speech_of_nobody(session: Session, recording_id: int, speaker: str) -> bool:
    """Whether a segment without a name lies outside all of this person's: somebody else may speak there."""
    return bool(set(_unnamed(session, recording_id)) - set(_overlapped(session, recording_id, speaker)))


def _unnamed(session: Session, recording_id: int) -> Sequence[int]:
    statement = sa.select(SegmentRow.segment_id).where(
        SegmentRow.recording_id == recording_id, SegmentRow.speaker.is_(None)
    )
    return session.scalars(statement).all()


def _overlapped(session: Session, recording_id: int, speaker: str) -> list[int]:
    own, other = aliased(SegmentRow), aliased(SegmentRow)
    statement = (
        sa.select(other.segment_id)
        .join(own, own.recording_id == other.recording_id)
        .where(
            own.recording_id == recording_id,
            own.speaker == speaker,
            sa.or_(
                other.segment_id == own.segment_id,
                sa.and_(other.speaker.is_(None), other.start_ms < own.end_ms, own.start_ms < other.end_ms),
            ),
        )
        .distinct()
        .order_by(other.segment_id)
    )
    return list(session.scalars(statement))


def audio_places(session: Session, recording_ids: Sequence[int]) -> list[Place]:
    """Every place where these recordings lie now."""
    found: list[Place] = []
    for some in chunks(recording_ids):
        rows = session.execute(
            sa.select(RecordingRow.recording_id, RecordingFileRow.uri, RecordingRow.content_hash)
            .join(RecordingFileRow, RecordingFileRow.recording_id == RecordingRow.recording_id)
            .where(RecordingRow.recording_id.in_(some), RecordingFileRow.superseded_at.is_(None))
            .order_by(RecordingRow.recording_id, RecordingFileRow.file_id)
        )
        found += [Place(*row) for row in rows]
    return found


def releases_that_hold(session: Session, doomed: Doomed) -> dict[str, int]:
    """How many of the texts that go each release holds, by name."""
    return releases_with(session, _transcripts(session, _segments(session, doomed)))


def forget(catalog: Catalog, doomed: Doomed) -> dict[str, int]:
    """Remove it in one transaction, and its traces from the database file; returns how many rows of each kind went."""
    is_sqlite = catalog.engine.dialect.name == "sqlite"
    with catalog.writing() as session:
        if is_sqlite:
            # What was deleted is overwritten, not only marked as free.
            session.execute(sa.text("PRAGMA secure_delete = ON"))
        segments = _segments(session, doomed)
        transcripts = _transcripts(session, segments)
        counts = {"texts": len(transcripts), "segments": len(segments), "recordings": len(doomed.recordings)}
        _remember_segments(session, doomed.segments)
        _forget_transcripts(session, transcripts)
        _forget_segments(session, segments)
        _forget_recordings(session, doomed.recordings)
    if is_sqlite:
        with catalog.engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return counts


def is_forgotten(session: Session, content_hash: str) -> bool:
    """Whether audio with these bytes was forgotten and is not to come back."""
    return session.get(ForgottenRow, content_hash) is not None


def forgotten_among(session: Session, beginnings: Collection[str]) -> set[str]:
    """Those of these 16 digits that the content hash of a forgotten recording begins with."""
    found: set[str] = set()
    beginning = sa.func.substr(ForgottenRow.content_hash, 1, HASH_DIGITS)
    for some in chunks(sorted(beginnings)):
        found.update(session.scalars(sa.select(beginning).where(beginning.in_(some))))
    return found


def forgotten_hashes(session: Session) -> frozenset[str]:
    """The content hashes of all that was forgotten: of recordings, and of segments of others."""
    return frozenset(session.scalars(sa.select(ForgottenRow.content_hash)))


def is_cut_from_forgotten(
    session: Session, beginning: str, channel: int | None, span: TimeSpan | None
) -> bool:
    """Whether audio is of a forgotten recording, or segment, by what an export called it.

    beginning: 16 digits of the recording's hash. span: None for the whole recording.
    """
    if forgotten_among(session, [beginning]):
        return True
    if span is None:
        return False
    hashes = session.scalars(
        sa.select(RecordingRow.content_hash).where(
            sa.func.substr(RecordingRow.content_hash, 1, HASH_DIGITS) == beginning
        )
    )
    return any(is_forgotten(session, segment_content_hash(each, channel, span)) for each in hashes)


def _segments(session: Session, doomed: Doomed) -> list[int]:
    found = set(doomed.segments)
    for some in chunks(doomed.recordings):
        found.update(
            session.scalars(sa.select(SegmentRow.segment_id).where(SegmentRow.recording_id.in_(some)))
        )
    return sorted(found)


def _transcripts(session: Session, segments: Sequence[int]) -> list[int]:
    found: list[int] = []
    for some in chunks(segments):
        found += session.scalars(
            sa.select(TranscriptRow.transcript_id).where(TranscriptRow.segment_id.in_(some))
        )
    return found


def _forget_transcripts(session: Session, transcripts: Sequence[int]) -> None:
    for some in chunks(transcripts):
        gone = (
            sa.select(ReleaseItemRow.release_id, sa.func.count().label("n"))
            .where(ReleaseItemRow.transcript_id.in_(some))
            .group_by(ReleaseItemRow.release_id)
        )
        for release_id, count in session.execute(gone).all():
            session.execute(
                sa.update(ReleaseRow)
                .where(ReleaseRow.release_id == release_id)
                .values(num_forgotten=ReleaseRow.num_forgotten + count)
            )
        alignments = list(
            session.scalars(sa.select(AlignmentRow.alignment_id).where(AlignmentRow.transcript_id.in_(some)))
        )
        for ids in chunks(alignments):
            session.execute(sa.delete(WordRow).where(WordRow.alignment_id.in_(ids)))
        verdicts = sa.select(ReviewRow.review_id).where(ReviewRow.transcript_id.in_(some))
        session.execute(
            sa.delete(ReviewPassRow).where(
                sa.or_(ReviewPassRow.parent_id.in_(some), ReviewPassRow.review_id.in_(verdicts))
            )
        )
        for table in (
            ReleaseItemRow,
            PendingSpanRow,
            AlignmentRow,
            TranscriptTermRow,
            ReviewActRow,
            ReviewRow,
        ):
            session.execute(sa.delete(table).where(table.transcript_id.in_(some)))
    # A version may be the parent of another: all of them go, and none may hold another back.
    for some in chunks(transcripts):
        session.execute(
            sa.update(TranscriptRow).where(TranscriptRow.parent_id.in_(some)).values(parent_id=None)
        )
    for some in chunks(transcripts):
        session.execute(sa.delete(TranscriptRow).where(TranscriptRow.transcript_id.in_(some)))


def _remember_segments(session: Session, segments: Sequence[int]) -> None:
    """That these intervals of recordings that stay are not to come back."""
    for some in chunks(segments):
        hashes = session.scalars(sa.select(SegmentRow.content_hash).where(SegmentRow.segment_id.in_(some)))
        _remember(session, hashes.all())


def _remember(session: Session, hashes: Sequence[str]) -> None:
    now = utc_now()
    for content_hash in hashes:
        session.execute(
            insert_into(session, ForgottenRow)
            .values(content_hash=content_hash, forgotten_at=now)
            .on_conflict_do_nothing(index_elements=[ForgottenRow.content_hash])
        )


def _forget_segments(session: Session, segments: Sequence[int]) -> None:
    for some in chunks(segments):
        for table in (FailureRow, ReviewActRow, ReviewClaimRow, ReviewPassRow, GoldItemRow):
            session.execute(sa.delete(table).where(table.segment_id.in_(some)))
        # What they took the place of stays out of sight, and must not point at nothing.
        session.execute(
            sa.update(SegmentRow)
            .where(SegmentRow.superseded_by.in_(some))
            .values(superseded_by=SegmentRow.segment_id)
        )
    for some in chunks(segments):
        session.execute(sa.delete(SegmentRow).where(SegmentRow.segment_id.in_(some)))


def _forget_recordings(session: Session, recordings: Sequence[int]) -> None:
    for some in chunks(recordings):
        hashes = session.scalars(
            sa.select(RecordingRow.content_hash).where(RecordingRow.recording_id.in_(some))
        ).all()
        _remember(session, hashes)
        places = sa.select(RecordingFileRow.uri).where(RecordingFileRow.recording_id.in_(some))
        session.execute(
            sa.delete(FailureRow).where(sa.or_(FailureRow.recording_id.in_(some), FailureRow.uri.in_(places)))
        )
        for table in (ActivationRow, SegmentationRow, RecordingFileRow, ReleaseRecordingRow, RecordingRow):
            session.execute(sa.delete(table).where(table.recording_id.in_(some)))
