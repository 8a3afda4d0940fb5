"""What people do to segments: versions, verdicts, and a row for every act.

Every function works inside the caller's write transaction. Lock the segment first: what is read afterwards holds until
the transaction ends.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.alignments import CURRENT_TRANSCRIPT
from asrlab.catalog.schema import (
    RecordingRow,
    ReviewActRow,
    ReviewRow,
    SegmentationRow,
    SegmentRow,
    TranscriptRow,
)
from asrlab.catalog.search import index_text
from asrlab.catalog.values import storable, utc_now
from asrlab.domain.time import MS_PER_SECOND, Seconds, TimeSpan

ACTS_TO_UNDO = (
    "edited",
    "accepted",
    "corrected",
    "rejected",
    "words",
    "borders",
    "split",
    "merged",
    "restored",
    "described",
)
"""Kinds of acts that can be undone; the others change nothing that counts."""

Detail = Mapping[str, Any]
"""What undo needs to know of an act, as JSON holds it: ids of segments, versions and alignments, a speaker."""


@dataclass(frozen=True, slots=True)
class LockedSegment:
    """A segment that nobody else changes now. is_live: of the active segmentation, and not superseded.

    current_id: the version that counts, None where there is no text yet. speaker: its own, not its recording's.
    recording_ms: how long its recording is.
    """

    segment_id: int
    recording_id: int
    segmentation_id: int
    channel: int | None
    span: TimeSpan
    speaker: str | None
    is_live: bool
    current_id: int | None
    recording_ms: int


@dataclass(frozen=True, slots=True)
class Version:
    """A version as another may be made of it. word_confidence: JSON, as it is stored."""

    transcript_id: int
    segment_id: int
    version: int
    parent_id: int | None
    origin: str
    author: str | None
    text: str
    language: str | None
    engine_language: str | None
    confidence: float | None = None
    word_confidence: str = "[]"
    flags: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """A person's act, as undo looks at it. detail: by kind."""

    act_id: int
    segment_id: int
    transcript_id: int | None
    review_id: int | None
    person: str
    kind: str
    detail: Detail


@dataclass(frozen=True, slots=True)
class NewAct:
    """seconds: the time it took. audio_ms: of the segment; both 0 on further segments of the same act."""

    segment_id: int
    person: str
    kind: str
    transcript_id: int | None = None
    review_id: int | None = None
    seconds: Seconds = 0.0
    audio_ms: int = 0
    detail: Detail | None = None


def lock_segment(session: Session, segment_id: int) -> LockedSegment | None:
    """Lock it until the transaction ends; None where there is no such segment."""
    row = session.scalars(
        sa.select(SegmentRow).where(SegmentRow.segment_id == segment_id).with_for_update()
    ).one_or_none()
    if row is None:
        return None
    is_active = session.scalars(
        sa.select(SegmentationRow.is_active).where(SegmentationRow.segmentation_id == row.segmentation_id)
    ).one()
    num_samples, rate = session.execute(
        sa.select(RecordingRow.num_samples, RecordingRow.sampling_rate).where(
            RecordingRow.recording_id == row.recording_id
        )
    ).one()
    return LockedSegment(
        row.segment_id,
        row.recording_id,
        row.segmentation_id,
        row.channel,
        TimeSpan.from_ms(row.start_ms, row.end_ms),
        row.speaker,
        is_active and row.superseded_by is None,
        current_id(session, segment_id),
        num_samples * MS_PER_SECOND // rate,
    )


def current_id(session: Session, segment_id: int) -> int | None:
    """The version that counts of the segment's, by the rule of v_current."""
    return session.scalar(
        sa.select(TranscriptRow.transcript_id).where(
            TranscriptRow.segment_id == segment_id, CURRENT_TRANSCRIPT
        )
    )


def get_version(session: Session, transcript_id: int) -> Version | None:
    """The version with this id, if there is one."""
    row = session.get(TranscriptRow, transcript_id)
    if row is None:
        return None
    return Version(
        row.transcript_id,
        row.segment_id,
        row.version,
        row.parent_id,
        row.origin,
        row.author,
        row.text,
        row.language,
        row.engine_language,
        row.confidence,
        row.word_confidence,
        row.flags,
    )


def counted_before(session: Session, version: Version) -> Version | None:
    """The version of the same segment that counted before this one was made, if there was one."""
    rank = sa.case({"human": 0, "import": 1, "consensus": 2}, value=TranscriptRow.origin, else_=3)
    transcript_id = session.scalar(
        sa.select(TranscriptRow.transcript_id)
        .where(TranscriptRow.segment_id == version.segment_id, TranscriptRow.version < version.version)
        .order_by(rank, TranscriptRow.version.desc())
        .limit(1)
    )
    return None if transcript_id is None else get_version(session, transcript_id)


def add_human_version(
    session: Session, segment_id: int, person: str, parent_id: int | None, said: Version
) -> int:
    """Insert what `said` says as the next version of a locked segment, by this person; returns its id."""
    newest = session.scalar(
        sa.select(sa.func.max(TranscriptRow.version)).where(TranscriptRow.segment_id == segment_id)
    )
    row = TranscriptRow(
        segment_id=segment_id,
        version=(newest or 0) + 1,
        parent_id=parent_id,
        origin="human",
        author=storable(person),
        language=said.language,
        engine_language=said.engine_language,
        text=storable(said.text),
        confidence=said.confidence,
        word_confidence=said.word_confidence,
        flags=said.flags,
        created_at=utc_now(),
    )
    session.add(row)
    session.flush()
    index_text(session, row.transcript_id, row.text)
    return row.transcript_id


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verdict in force."""

    review_id: int
    reviewer: str
    verdict: str
    reason: str | None


def verdict_of(session: Session, transcript_id: int) -> Verdict | None:
    """The newest verdict on a version that was not withdrawn."""
    row = session.scalars(
        sa.select(ReviewRow)
        .where(ReviewRow.transcript_id == transcript_id, ReviewRow.withdrawn_at.is_(None))
        .order_by(ReviewRow.review_id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Verdict(row.review_id, row.reviewer, row.verdict, row.reason)


def add_verdict(
    session: Session, transcript_id: int, person: str, verdict: str, reason: str | None = None
) -> int:
    """Insert a verdict on a version; returns its id."""
    row = ReviewRow(
        transcript_id=transcript_id,
        reviewer=storable(person),
        verdict=verdict,
        reason=storable(reason) if reason else None,
        created_at=utc_now(),
    )
    session.add(row)
    session.flush()
    return row.review_id


def withdraw_verdict(session: Session, review_id: int) -> None:
    """Let a verdict count no more."""
    session.execute(
        sa.update(ReviewRow).where(ReviewRow.review_id == review_id).values(withdrawn_at=utc_now())
    )


def add_act(session: Session, new: NewAct) -> int:
    """Note what a person did; returns the row's id."""
    row = ReviewActRow(
        segment_id=new.segment_id,
        transcript_id=new.transcript_id,
        review_id=new.review_id,
        person=storable(new.person),
        kind=new.kind,
        seconds=new.seconds,
        audio_ms=new.audio_ms,
        detail=_detail(new.detail or {}),
        created_at=utc_now(),
    )
    session.add(row)
    session.flush()
    return row.act_id


def _detail(detail: Detail) -> str:
    return json.dumps(detail, sort_keys=True, ensure_ascii=False)


def last_act(session: Session, segment_id: int, person: str) -> Act | None:
    """This person's newest act on the segment that can be undone and was not."""
    row = session.scalars(
        sa.select(ReviewActRow)
        .where(
            ReviewActRow.segment_id == segment_id,
            ReviewActRow.person == storable(person),
            ReviewActRow.kind.in_(ACTS_TO_UNDO),
            ReviewActRow.undone_at.is_(None),
        )
        .order_by(ReviewActRow.act_id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else _act(row)


def _act(row: ReviewActRow) -> Act:
    return Act(
        row.act_id,
        row.segment_id,
        row.transcript_id,
        row.review_id,
        row.person,
        row.kind,
        json.loads(row.detail),
    )


def first_row_of(session: Session, act: Act) -> Act:
    """The row that tells of an act on several segments; the others name it."""
    first = act.detail.get("act")
    return act if first is None else _act(session.get_one(ReviewActRow, first))


def rows_of(session: Session, act: Act) -> list[int]:
    """All rows of an act, the first one given."""
    others = session.scalars(
        sa.select(ReviewActRow.act_id).where(
            ReviewActRow.act_id > act.act_id, ReviewActRow.detail == _detail({"act": act.act_id})
        )
    )
    return [act.act_id, *others]


def is_latest(session: Session, act_ids: Sequence[int], segment_id: int) -> bool:
    """Whether after an act (all its rows) nothing was done to the segment that was not undone.

    Nor did a text come that counts and that no act made.
    """
    later = sa.exists().where(
        ReviewActRow.segment_id == segment_id,
        ReviewActRow.act_id > max(act_ids),
        ReviewActRow.kind.in_(ACTS_TO_UNDO),
        ReviewActRow.undone_at.is_(None),
    )
    if session.scalars(sa.select(later)).one():
        return False
    now = current_id(session, segment_id)
    made = sa.exists().where(
        ReviewActRow.segment_id == segment_id,
        ReviewActRow.act_id >= min(act_ids),
        ReviewActRow.transcript_id == now,
    )
    return now is None or session.scalars(sa.select(made)).one()


def mark_undone(session: Session, act_ids: Sequence[int]) -> None:
    """Note that these acts were undone."""
    session.execute(
        sa.update(ReviewActRow).where(ReviewActRow.act_id.in_(act_ids)).values(undone_at=utc_now())
    )


def set_speaker(session: Session, segment_id: int, speaker: str | None) -> None:
    """Say who speaks in a segment; None leaves it to its recording."""
    session.execute(
        sa.update(SegmentRow)
        .where(SegmentRow.segment_id == segment_id)
        .values(speaker=None if speaker is None else storable(speaker))
    )
