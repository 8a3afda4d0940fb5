"""Claims on segments, so that two people are never given the same one; a claim that is not renewed ends by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.leases import database_time
from asrlab.catalog.review_blind import NO_BLIND, BlindShares, Condition
from asrlab.catalog.review_items import items_of_today
from asrlab.catalog.review_queue import Queue, valid_items, walk
from asrlab.catalog.schema import ReviewActRow, ReviewClaimRow, ReviewItemRow, SegmentRow
from asrlab.catalog.values import insert_into
from asrlab.errors import OptionError

CLAIM_SECONDS = 300.0
CANDIDATES_AT_ONCE = 10
# Of what the page says to leave out; what it skipped longer ago may come again.
MAX_SKIPPED = 1_000


@dataclass(frozen=True, slots=True)
class Claim:
    """Who works on a segment, until when (aware), and whether that is the one who asked."""

    person: str
    expires_at: datetime
    is_mine: bool


def claim_segment(session: Session, person: str, segment_id: int) -> Claim:
    """Claim the segment, or renew the claim, unless somebody else holds it; returns whose it is now.

    Raises OptionError for a segment that does not exist.
    """
    if session.get(SegmentRow, segment_id) is None:
        raise OptionError(f"there is no segment {segment_id}")
    now = database_time(session)
    until = now + timedelta(seconds=CLAIM_SECONDS)
    session.execute(
        insert_into(session, ReviewClaimRow)
        .values(segment_id=segment_id, person=person, expires_at=until)
        .on_conflict_do_update(
            index_elements=["segment_id"],
            set_={"person": person, "expires_at": until},
            where=sa.or_(ReviewClaimRow.person == person, ReviewClaimRow.expires_at <= now),
        )
    )
    held = session.execute(
        sa.select(ReviewClaimRow.person, ReviewClaimRow.expires_at).where(
            ReviewClaimRow.segment_id == segment_id
        )
    ).one()
    return Claim(held.person, held.expires_at, held.person == person)


def release_segment(session: Session, person: str, segment_id: int) -> None:
    """Give the person's claim up; those of others stay."""
    session.execute(
        sa.delete(ReviewClaimRow).where(
            ReviewClaimRow.segment_id == segment_id, ReviewClaimRow.person == person
        )
    )


def claim_next(
    session: Session, person: str, queue: Queue, skip_ids: Sequence[int], shares: BlindShares = NO_BLIND
) -> int | None:
    """Claim the first segment of the queue that nobody else holds; None when there is none.

    What the person skipped comes last.
    """
    act = sa.orm.aliased(ReviewActRow)
    skipped = sa.exists().where(
        act.segment_id == ReviewItemRow.segment_id,
        act.person == person,
        act.kind == "skipped",
        act.undone_at.is_(None),
    )
    free = _free(session, person, skip_ids)
    for also in ((*free, ~skipped), (*free, skipped)):
        position = None
        while steps := walk(session, person, queue, position, CANDIDATES_AT_ONCE, also):
            for item in valid_items(session, person, queue, [step[0] for step in steps], shares):
                if claim_segment(session, person, item.segment_id).is_mine:
                    return item.segment_id
            position = steps[-1][1]
    return None


def claim_one_of(session: Session, person: str, segment_ids: Sequence[int]) -> int | None:
    """Claim the first of these that is of today and that nobody else holds."""
    for item in items_of_today(session, segment_ids):
        if claim_segment(session, person, item.segment_id).is_mine:
            return item.segment_id
    return None


def _free(session: Session, person: str, skip_ids: Sequence[int]) -> tuple[Condition, ...]:
    held = sa.exists().where(
        ReviewClaimRow.segment_id == ReviewItemRow.segment_id,
        ReviewClaimRow.person != person,
        ReviewClaimRow.expires_at > database_time(session),
    )
    left_out = list(skip_ids)[-MAX_SKIPPED:]
    return (~held, ReviewItemRow.segment_id.not_in(left_out)) if left_out else (~held,)
