"""What a person is to look at next: pages of queues, claims, and blind items mixed in."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from asrlab.catalog import Catalog, review_claims, review_items, review_queue
from asrlab.catalog.review_blind import NO_BLIND, BlindShares
from asrlab.catalog.review_claims import CLAIM_SECONDS, Claim
from asrlab.catalog.review_items import Choices, QueueItem
from asrlab.catalog.review_passes import gold_candidates, last_act_id
from asrlab.catalog.review_queue import KINDS, MAX_LIMIT, Queue, QueuePage

__all__ = [
    "CLAIM_SECONDS",
    "KINDS",
    "MAX_LIMIT",
    "NO_BLIND",
    "BlindShares",
    "Choices",
    "Claim",
    "Queue",
    "QueueItem",
    "QueuePage",
    "choices",
    "claim",
    "next_item",
    "page",
    "release",
]

CANDIDATES = 20


def page(
    catalog: Catalog,
    person: str,
    queue: Queue,
    after: str | None = None,
    limit: int = 50,
    shares: BlindShares = NO_BLIND,
) -> QueuePage:
    """The page of a queue behind `after`, the `next` of the page before; OptionError for a position that is none.

    What the person is to see blind, by the shares, is listed as the machine left it.
    """
    with catalog.reading() as session:
        return review_queue.queue_page(session, person, queue, after, limit, shares)


def next_item(
    catalog: Catalog,
    person: str,
    queue: Queue,
    skip_ids: Sequence[int] = (),
    shares: BlindShares = NO_BLIND,
) -> int | None:
    """Claim the next segment for the person; None when the queue holds none for them.

    Now and then, by the shares, it is one to be heard blind (see passes.is_blind) that is not in the queue. When, is
    drawn from what the person did last, so that asking twice gives no other answer.
    """
    with catalog.writing() as session:
        drawn = _drawn(person, last_act_id(session, person))
        blind: int | None = None
        if drawn < shares.gold:
            wanted = [one for one in gold_candidates(session, person, CANDIDATES) if one not in skip_ids]
            blind = review_claims.claim_one_of(session, person, wanted)
        elif drawn < shares.gold + shares.second:
            again = replace(queue, kind="second", share=shares.second)
            blind = review_claims.claim_next(session, person, again, skip_ids, shares)
        if blind is not None:
            return blind
        return review_claims.claim_next(session, person, queue, skip_ids, shares)


def _drawn(person: str, act_id: int) -> float:
    """A number in [0, 1), as even as a die's and the same each time."""
    digest = hashlib.sha256(f"{act_id}:{person}".encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:4]) / 2**32


def claim(catalog: Catalog, person: str, segment_id: int) -> Claim:
    """Claim the segment or renew the claim, unless somebody else holds it; OptionError when there is no such segment."""
    with catalog.writing() as session:
        return review_claims.claim_segment(session, person, segment_id)


def release(catalog: Catalog, person: str, segment_id: int) -> None:
    """Give the person's claim up; those of others stay."""
    with catalog.writing() as session:
        review_claims.release_segment(session, person, segment_id)


def choices(catalog: Catalog) -> Choices:
    """What the filters of a queue offer."""
    with catalog.reading() as session:
        return review_items.choices(session)
