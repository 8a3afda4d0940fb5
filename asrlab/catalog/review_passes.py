"""Blind passes: a segment heard again without others' work in sight, to see how far people agree, and how right they are.

second: a segment that somebody else decided. gold: one whose text is known. Neither ever becomes a version.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.review_blind import PassKind, gold_wanted, second_pass_wanted
from asrlab.catalog.reviews import current_id, verdict_of
from asrlab.catalog.schema import (
    GoldItemRow,
    ReviewActRow,
    ReviewItemRow,
    ReviewPassRow,
    SegmentRow,
    TranscriptRow,
)
from asrlab.catalog.values import insert_into, storable, utc_now
from asrlab.errors import InputNotFoundError, OptionError

BY_PEOPLE = "human"
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


@dataclass(frozen=True, slots=True)
class GoldItem:
    """The text that is known to be right of a segment, and who said so."""

    text: str
    added_by: str
    added_at: datetime


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
        .where(TranscriptRow.segment_id == segment_id, TranscriptRow.origin != BY_PEOPLE)
        .order_by(TranscriptRow.version.desc())
        .limit(1)
    )


def written_by_people(session: Session, transcript_ids: Sequence[int]) -> list[int]:
    """The segments of those of the versions that a person wrote."""
    statement = sa.select(TranscriptRow.segment_id).where(
        TranscriptRow.transcript_id.in_(transcript_ids), TranscriptRow.origin == BY_PEOPLE
    )
    return list(session.scalars(statement))


def add_pass(session: Session, person: str, new: BlindPass) -> None:
    """Store a pass, and the act.

    Raises OptionError when its segment or text is none, the person passed already, or is not to hear the segment so.
    """
    segment = _locked(session, new.segment_id)
    parent = session.get(TranscriptRow, new.parent_id)
    if segment is None or parent is None or parent.segment_id != new.segment_id:
        raise OptionError(f"there is no text {new.parent_id} of a segment {new.segment_id}")
    if new.kind == "gold" and session.get(GoldItemRow, new.segment_id) is None:
        raise OptionError(f"segment {new.segment_id} is no gold item")
    if new.verdict not in PASS_VERDICTS:
        raise OptionError(f"there is no verdict {new.verdict!r}: give {', '.join(PASS_VERDICTS)}")
    if not 0 <= new.seconds < float("inf"):
        raise OptionError(f"nobody spends {new.seconds} seconds")
    _check_wanted(session, person, new, parent)
    now = utc_now()
    added = session.scalar(
        insert_into(session, ReviewPassRow)
        .values(
            segment_id=new.segment_id,
            person=person,
            kind=new.kind,
            parent_id=new.parent_id,
            review_id=_compared_with(session, new),
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


def _locked(session: Session, segment_id: int) -> SegmentRow | None:
    """The segment, None where there is none. Its verdicts, and whether it is gold, hold until the transaction ends."""
    return session.scalars(
        sa.select(SegmentRow).where(SegmentRow.segment_id == segment_id).with_for_update()
    ).one_or_none()


def _compared_with(session: Session, new: BlindPass) -> int | None:
    """The verdict in force, for a second pass: what a text is compared with must not change later."""
    decided = current_id(session, new.segment_id) if new.kind == "second" else None
    verdict = None if decided is None else verdict_of(session, decided)
    return None if verdict is None else verdict.review_id


def _check_wanted(session: Session, person: str, new: BlindPass, shown: TranscriptRow) -> None:
    """Of who knows others' work, or was shown it, a pass would say nothing."""
    passed = sa.select(ReviewPassRow.pass_id).where(
        ReviewPassRow.segment_id == new.segment_id,
        ReviewPassRow.person == person,
        ReviewPassRow.kind == new.kind,
    )
    if session.scalar(passed) is not None:
        raise OptionError(f"{person} heard segment {new.segment_id} already")
    if shown.origin == BY_PEOPLE:
        raise OptionError(f"text {new.parent_id} is a person's: a pass begins from a machine's")
    wanted = gold_wanted(person) if new.kind == "gold" else second_pass_wanted(person, 1.0)
    item = sa.select(ReviewItemRow.segment_id).where(ReviewItemRow.segment_id == new.segment_id, *wanted)
    if session.scalar(item) is None:
        raise OptionError(f"{person} is not asked to hear segment {new.segment_id} blind")


def add_gold(session: Session, person: str, segment_id: int) -> None:
    """Let the segment's text of now be known as right; the newest word on it counts.

    Raises OptionError for a segment without a text that a person accepted or wrote, or without a machine's to show.
    """
    _locked(session, segment_id)
    item = session.get(ReviewItemRow, segment_id)
    if item is None or item.verdict not in ("accepted", "corrected"):
        raise OptionError(f"segment {segment_id} has no accepted text: accept or correct it first")
    if machine_text_id(session, segment_id) is None:
        raise OptionError(
            f"segment {segment_id} was cut by people: there is no engine's text of it to show blind"
        )
    text = session.get_one(TranscriptRow, item.transcript_id).text
    values = {"text": text, "added_by": person, "added_at": utc_now()}
    session.execute(
        insert_into(session, GoldItemRow)
        .values(segment_id=segment_id, **values)
        .on_conflict_do_update(index_elements=["segment_id"], set_=values)
    )
    # What was compared with the text of before, or with nothing, is to be compared again.
    _set_compared(session, segment_id, None)


def gold_item(session: Session, segment_id: int) -> GoldItem | None:
    """What is known of the segment, None where it is not gold."""
    row = session.get(GoldItemRow, segment_id)
    return None if row is None else GoldItem(row.text, row.added_by, row.added_at)


def is_gold_in_force(session: Session, segment_id: int) -> bool:
    """Whether the segment is gold, and its gold text is the one that counts, with a verdict for it."""
    gold = session.get(GoldItemRow, segment_id)
    now = current_id(session, segment_id)
    if gold is None or now is None or session.get_one(TranscriptRow, now).text != gold.text:
        return False
    verdict = verdict_of(session, now)
    return verdict is not None and verdict.verdict in ("accepted", "corrected")


def remove_gold(session: Session, segment_id: int) -> None:
    """Let the segment be gold no more, and its gold passes count no more; nothing changes where it is not gold.

    Raises InputNotFoundError when there is no such segment.
    """
    if _locked(session, segment_id) is None:
        raise InputNotFoundError(f"there is no segment {segment_id}")
    gold = session.get(GoldItemRow, segment_id)
    if gold is None:
        return
    session.delete(gold)
    session.flush()
    # Compared with nothing, until somebody makes the segment gold anew.
    _set_compared(session, segment_id, 0)


def _set_compared(session: Session, segment_id: int, words: int | None) -> None:
    """words: None lets the segment's gold passes be compared anew, 0 says that there is nothing to compare with."""
    session.execute(
        sa.update(ReviewPassRow)
        .where(ReviewPassRow.segment_id == segment_id, ReviewPassRow.kind == "gold")
        .values(words=words, word_edits=words, known_by=None)
    )
