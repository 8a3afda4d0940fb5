"""Blind passes: a segment heard again without others' work in sight, to see how far people agree, and how right they are.

second: a segment that somebody else decided. gold: one whose text is known. Neither ever becomes a version.
"""

from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.review_queue import Condition, second_pass_wanted
from asrlab.catalog.schema import (
    GoldItemRow,
    ReviewActRow,
    ReviewItemRow,
    ReviewPassRow,
    SegmentRow,
    TranscriptRow,
)
from asrlab.catalog.values import insert_into, storable, utc_now
from asrlab.errors import OptionError

PassKind = Literal["second", "gold"]
PASS_VERDICTS = ("accepted", "corrected", "rejected")


@dataclass(frozen=True, slots=True)
class BlindPass:
    """What a person made of the text shown to them. parent_id: that text. seconds: time spent."""

    segment_id: int
    kind: PassKind
    parent_id: int
    text: str
    verdict: str
    seconds: float


def blind_kind(
    session: Session, person: str, segment_id: int, *, share: float, gold: bool
) -> PassKind | None:
    """How the person is to see the segment: without others' work, and why; None to see it as it is.

    share: of the decided segments, of which somebody else hears this one a second time. gold: whether gold items are
    asked at all.
    """
    of_segment = ReviewItemRow.segment_id == segment_id
    if gold and session.scalar(sa.select(ReviewItemRow.segment_id).where(of_segment, *gold_wanted(person))):
        return "gold"
    if share > 0 and session.scalar(
        sa.select(ReviewItemRow.segment_id).where(of_segment, *second_pass_wanted(person, share))
    ):
        return "second"
    return None


def gold_wanted(person: str) -> list[Condition]:
    """What holds for the rows of review_items that are gold, and that this person never saw the text of."""
    by_others = (
        sa.exists()
        .where(GoldItemRow.segment_id == ReviewItemRow.segment_id, GoldItemRow.added_by != person)
        .correlate(ReviewItemRow)
    )
    seen = sa.exists().where(
        ReviewActRow.segment_id == ReviewItemRow.segment_id,
        ReviewActRow.person == person,
        ReviewActRow.kind != "skipped",
    )
    return [by_others, ~seen]


def gold_candidates(session: Session, person: str, limit: int) -> list[int]:
    """Gold items that the person is to be asked, in the order in which samples are drawn."""
    statement = (
        sa.select(GoldItemRow.segment_id)
        .join(ReviewItemRow, ReviewItemRow.segment_id == GoldItemRow.segment_id)
        .where(*gold_wanted(person))
        .order_by(ReviewItemRow.sample_key, ReviewItemRow.segment_id)
        .limit(limit)
    )
    return list(session.scalars(statement))


def last_act_id(session: Session, person: str) -> int:
    """The person's newest act, 0 before the first."""
    statement = sa.select(sa.func.max(ReviewActRow.act_id)).where(ReviewActRow.person == person)
    return session.scalar(statement) or 0


def machine_text_id(session: Session, segment_id: int) -> int | None:
    """The version that a blind pass begins from: the newest that no person wrote."""
    return session.scalar(
        sa.select(TranscriptRow.transcript_id)
        .where(TranscriptRow.segment_id == segment_id, TranscriptRow.origin != "human")
        .order_by(TranscriptRow.version.desc())
        .limit(1)
    )


def add_pass(session: Session, person: str, new: BlindPass) -> None:
    """Store a pass, and the act. Raises OptionError when its segment or text is none, or the person passed already."""
    segment = session.scalars(
        sa.select(SegmentRow).where(SegmentRow.segment_id == new.segment_id).with_for_update()
    ).one_or_none()
    parent = session.get(TranscriptRow, new.parent_id)
    if segment is None or parent is None or parent.segment_id != new.segment_id:
        raise OptionError(f"there is no text {new.parent_id} of a segment {new.segment_id}")
    if new.kind == "gold" and session.get(GoldItemRow, new.segment_id) is None:
        raise OptionError(f"segment {new.segment_id} is no gold item")
    if new.verdict not in PASS_VERDICTS:
        raise OptionError(f"there is no verdict {new.verdict!r}: give {', '.join(PASS_VERDICTS)}")
    if not 0 <= new.seconds < float("inf"):
        raise OptionError(f"nobody spends {new.seconds} seconds")
    now = utc_now()
    added = session.scalar(
        insert_into(session, ReviewPassRow)
        .values(
            segment_id=new.segment_id,
            person=person,
            kind=new.kind,
            parent_id=new.parent_id,
            text=storable(new.text),
            verdict=new.verdict,
            seconds=new.seconds,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["segment_id", "person", "kind"])
        .returning(ReviewPassRow.pass_id)
    )
    if added is None:
        raise OptionError(f"{person} heard segment {new.segment_id} already")
    session.add(
        ReviewActRow(
            segment_id=new.segment_id,
            transcript_id=None,
            person=person,
            kind=new.kind,
            seconds=new.seconds,
            audio_ms=segment.end_ms - segment.start_ms,
            detail="{}",
            created_at=now,
        )
    )
    session.flush()


def add_gold(session: Session, person: str, segment_id: int) -> None:
    """Let the segment's text of now be known as right; the newest word on it counts.

    Raises OptionError for a segment without a text that a person accepted or wrote.
    """
    item = session.get(ReviewItemRow, segment_id)
    if item is None or item.verdict not in ("accepted", "corrected"):
        raise OptionError(f"segment {segment_id} has no accepted text: accept or correct it first")
    text = session.get_one(TranscriptRow, item.transcript_id).text
    values = {"text": text, "added_by": person, "added_at": utc_now()}
    session.execute(
        insert_into(session, GoldItemRow)
        .values(segment_id=segment_id, **values)
        .on_conflict_do_update(index_elements=["segment_id"], set_=values)
    )
