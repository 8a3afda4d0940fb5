"""Transcripts: immutable versions of the text of a segment."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.schema import FailureRow, SegmentationRow, SegmentRow, TranscriptRow
from asrlab.catalog.search import index_text
from asrlab.catalog.segments import Segment
from asrlab.catalog.values import chunks, flags_text, storable, utc_now
from asrlab.domain.labels import Hypothesis
from asrlab.domain.time import TimeSpan

STAGE = "transcribe"
CONFIDENCE_DIGITS = 6


@dataclass(frozen=True, slots=True)
class EngineVersion:
    """What an engine heard in a segment, to be stored as that segment's next version."""

    segment_id: int
    run_id: int
    fingerprint: str
    engine: str
    hypothesis: Hypothesis


@dataclass(frozen=True, slots=True)
class TextVersion:
    """One version of a segment's text. source: the engine, or who wrote it, or where it came from."""

    transcript_id: int
    version: int
    origin: str
    source: str
    text: str


def text_versions(session: Session, segment_id: int) -> list[TextVersion]:
    """All versions of a segment's text, oldest first."""
    rows = session.execute(
        sa.select(
            TranscriptRow.transcript_id,
            TranscriptRow.version,
            TranscriptRow.origin,
            sa.func.coalesce(TranscriptRow.author, TranscriptRow.origin),
            TranscriptRow.text,
        )
        .where(TranscriptRow.segment_id == segment_id)
        .order_by(TranscriptRow.version)
    )
    return [TextVersion(*row) for row in rows]


def segments_to_transcribe(session: Session, fingerprint: str, recording_ids: Sequence[int]) -> list[Segment]:
    """The segments of today in these recordings that this engine has neither labeled nor failed on."""
    pending: list[Segment] = []
    for some in chunks(recording_ids):
        statement = (
            _segments_without(fingerprint)
            .join(SegmentationRow, SegmentationRow.segmentation_id == SegmentRow.segmentation_id)
            .where(
                SegmentRow.recording_id.in_(some),
                SegmentationRow.is_active,
                SegmentRow.superseded_by.is_(None),
            )
            .order_by(SegmentRow.recording_id, SegmentRow.start_ms, SegmentRow.segment_id)
        )
        pending += _segments(session, statement)
    return pending


def still_to_transcribe(session: Session, fingerprint: str, segment_ids: Sequence[int]) -> list[Segment]:
    """Those of `segment_ids` that nobody has finished in the meantime."""
    pending: list[Segment] = []
    for some in chunks(segment_ids):
        statement = _segments_without(fingerprint).where(SegmentRow.segment_id.in_(some))
        pending += _segments(session, statement.order_by(SegmentRow.recording_id, SegmentRow.start_ms))
    return pending


def add_engine_version(session: Session, new: EngineVersion) -> bool:
    """Insert the segment's next version; False, and nothing done, when this engine's result stands there."""
    # Locked, so that versions of one segment are numbered one after the other.
    session.execute(
        sa.select(SegmentRow.segment_id).where(SegmentRow.segment_id == new.segment_id).with_for_update()
    )
    existing = session.execute(
        sa.select(TranscriptRow.version, TranscriptRow.engine_fingerprint).where(
            TranscriptRow.segment_id == new.segment_id
        )
    ).all()
    if any(row.engine_fingerprint == new.fingerprint for row in existing):
        return False
    hypothesis = new.hypothesis
    row = TranscriptRow(
        segment_id=new.segment_id,
        version=max((row.version for row in existing), default=0) + 1,
        parent_id=None,
        origin="engine",
        run_id=new.run_id,
        engine_fingerprint=new.fingerprint,
        author=new.engine,
        language=hypothesis.language_tag,
        engine_language=hypothesis.language,
        text=storable(hypothesis.text),
        raw_text=storable(hypothesis.raw_text),
        confidence=_rounded(hypothesis.confidence),
        word_confidence=json.dumps(
            [[storable(word.text), _rounded(word.confidence)] for word in hypothesis.words],
            ensure_ascii=False,
        ),
        finish_reason=hypothesis.finish_reason,
        flags=flags_text(hypothesis.flags),
        created_at=utc_now(),
    )
    session.add(row)
    session.flush()
    index_text(session, row.transcript_id, row.text)
    return True


def _segments_without(fingerprint: str) -> sa.Select[int, int, int | None, int, int]:
    done = sa.select(TranscriptRow.transcript_id).where(
        TranscriptRow.segment_id == SegmentRow.segment_id, TranscriptRow.engine_fingerprint == fingerprint
    )
    failed = sa.select(FailureRow.failure_id).where(
        FailureRow.stage == STAGE,
        FailureRow.fingerprint == fingerprint,
        FailureRow.segment_id == SegmentRow.segment_id,
        FailureRow.resolved_at.is_(None),
    )
    return sa.select(
        SegmentRow.segment_id,
        SegmentRow.recording_id,
        SegmentRow.channel,
        SegmentRow.start_ms,
        SegmentRow.end_ms,
    ).where(~done.exists(), ~failed.exists())


def _segments(session: Session, statement: sa.Select[int, int, int | None, int, int]) -> list[Segment]:
    return [
        Segment(row.segment_id, row.recording_id, row.channel, TimeSpan.from_ms(row.start_ms, row.end_ms))
        for row in session.execute(statement)
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, CONFIDENCE_DIGITS)
