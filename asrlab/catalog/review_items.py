"""Items of queues: segments of today as a list shows them, and what there is to filter them by."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.leases import database_time
from asrlab.catalog.schema import (
    EngineRunRow,
    RecordingFileRow,
    RecordingRow,
    ReviewClaimRow,
    ReviewItemRow,
    SegmentRow,
    TranscriptRow,
)
from asrlab.domain.time import MS_PER_SECOND, Seconds
from asrlab.text.terms import terms


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A segment with the text that counts. name: the recording's file; claimed_by: who works on it now."""

    segment_id: int
    recording_id: int
    name: str
    corpus: str
    start_s: Seconds
    end_s: Seconds
    channel: int | None
    speaker: str | None
    language: str | None
    text: str
    confidence: float | None
    flags: tuple[str, ...]
    verdict: str | None
    claimed_by: str | None


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters of a queue offer, each sorted."""

    corpora: tuple[str, ...]
    flags: tuple[str, ...]
    languages: tuple[str, ...]
    engines: tuple[str, ...]
    speakers: tuple[str, ...]


def items_of_today(session: Session, segment_ids: Sequence[int]) -> list[QueueItem]:
    """Those of the segments that are of today, have a text, and whose audio lies somewhere; in the order given."""
    statement = (
        sa.select(
            ReviewItemRow.segment_id,
            ReviewItemRow.recording_id,
            _uri().label("uri"),
            ReviewItemRow.corpus,
            SegmentRow.start_ms,
            SegmentRow.end_ms,
            SegmentRow.channel,
            sa.func.coalesce(SegmentRow.speaker, RecordingRow.speaker).label("speaker"),
            ReviewItemRow.language,
            TranscriptRow.text,
            ReviewItemRow.confidence,
            ReviewItemRow.flags,
            ReviewItemRow.verdict,
            _claimed_by(session).label("claimed_by"),
        )
        .join(SegmentRow, SegmentRow.segment_id == ReviewItemRow.segment_id)
        .join(RecordingRow, RecordingRow.recording_id == ReviewItemRow.recording_id)
        .join(TranscriptRow, TranscriptRow.transcript_id == ReviewItemRow.transcript_id)
        .where(ReviewItemRow.segment_id.in_(segment_ids))
    )
    found = {
        row.segment_id: QueueItem(
            row.segment_id,
            row.recording_id,
            row.uri.rstrip("/").rpartition("/")[2],
            row.corpus,
            row.start_ms / MS_PER_SECOND,
            row.end_ms / MS_PER_SECOND,
            row.channel,
            row.speaker,
            row.language,
            row.text,
            row.confidence,
            tuple(row.flags.split(",")) if row.flags else (),
            row.verdict,
            row.claimed_by,
        )
        for row in session.execute(statement)
        if row.uri is not None
    }
    return [found[segment_id] for segment_id in segment_ids if segment_id in found]


def _uri() -> sa.ScalarSelect[str]:
    """Where the recording lies now; NULL where it lies nowhere."""
    return (
        sa.select(RecordingFileRow.uri)
        .where(
            RecordingFileRow.recording_id == ReviewItemRow.recording_id,
            RecordingFileRow.superseded_at.is_(None),
        )
        .order_by(RecordingFileRow.file_id)
        .limit(1)
        .scalar_subquery()
    )


def _claimed_by(session: Session) -> sa.ScalarSelect[str]:
    return (
        sa.select(ReviewClaimRow.person)
        .where(
            ReviewClaimRow.segment_id == ReviewItemRow.segment_id,
            ReviewClaimRow.expires_at > database_time(session),
        )
        .scalar_subquery()
    )


def segments_with_other_readings(session: Session, segment_ids: Sequence[int]) -> set[int]:
    """Those in which engines heard other words, compared as a search compares them."""
    readings: dict[int, set[tuple[str, ...]]] = {}
    for segment_id, text in session.execute(
        sa.select(TranscriptRow.segment_id, TranscriptRow.text).where(
            TranscriptRow.segment_id.in_(segment_ids), TranscriptRow.origin == "engine"
        )
    ):
        readings.setdefault(segment_id, set()).add(tuple(term.text for term in terms(text)))
    return {segment_id for segment_id, texts in readings.items() if len(texts) > 1}


def choices(session: Session) -> Choices:
    """What occurs in the catalog; of flags, those of texts that await a verdict."""
    flags = session.scalars(
        sa.select(ReviewItemRow.flags)
        .where(sa.text("review_items.verdict IS NULL AND review_items.flags <> ''"))
        .distinct()
    )
    engines = session.scalars(
        sa.select(EngineRunRow.engine).where(EngineRunRow.stage == "transcribe").distinct()
    )
    return Choices(
        corpora=_sorted(session.scalars(sa.select(RecordingRow.corpus).distinct()).all()),
        flags=_sorted([flag for some in flags for flag in some.split(",")]),
        languages=_sorted(session.scalars(sa.select(ReviewItemRow.language).distinct()).all()),
        engines=_sorted(engines.all()),
        speakers=_sorted(
            [
                *session.scalars(sa.select(SegmentRow.speaker).distinct()),
                *session.scalars(sa.select(RecordingRow.speaker).distinct()),
            ]
        ),
    )


def _sorted(values: Sequence[str | None]) -> tuple[str, ...]:
    return tuple(sorted({value for value in values if value}))
