"""Queues: which segments a person is to look at, in what order, a page at a time.

A page is a walk along an index of review_items from where the page before ended; nothing is ever counted or sorted
as a whole. What the walk finds is looked at again for what no index can tell.
"""

import base64
import binascii
import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.review_blind import (
    NO_BLIND,
    BlindShares,
    Condition,
    machine_version,
    second_pass_wanted,
    shown_items,
)
from asrlab.catalog.review_items import QueueItem, items_of_today, segments_with_other_readings
from asrlab.catalog.schema import ReviewActRow, ReviewItemRow, TranscriptRow, TranscriptTermRow
from asrlab.catalog.search import TERM_MAX_CHARS
from asrlab.catalog.values import storable
from asrlab.errors import OptionError
from asrlab.text.terms import find_phrase, query_phrases, terms

QueueKind = Literal[
    "open", "doubtful", "flagged", "disagreement", "sample", "mine", "second", "all", "rejected"
]
KINDS: tuple[str, ...] = get_args(QueueKind)
MAX_LIMIT = 200
# What both databases hold in 64 bits.
MAX_INTEGER = 2**63 - 1
# So many lists of candidates are looked up for a page, before it is given as short as it is.
MAX_ROUNDS = 20
# A term in fewer texts than this is where a search begins; one in more is met soon on any walk.
FEW_TEXTS = 2_000

Position = tuple[Any, ...]
"""The values of an item by which its queue is ordered; of a sample, the round before them."""

_I = ReviewItemRow
_BY_TIME = (_I.corpus, _I.recording_id, _I.start_ms, _I.segment_id)
_BY_LOT = (_I.sample_key, _I.segment_id)
# Literals, because no database knows a partial index again by a bound value.
_IS_OPEN = sa.text("review_items.verdict IS NULL")
_IS_REJECTED = sa.text("review_items.verdict = 'rejected'")
_HAS_FLAGS = sa.text("review_items.flags <> ''")
_HAS_CONFIDENCE = sa.text("review_items.confidence IS NOT NULL")
_IS_DISPUTED = sa.text("review_items.num_readings > 1")


@dataclass(frozen=True, slots=True)
class Queue:
    """Which segments are looked at; None asks for nothing.

    kind: open (no verdict in force, by corpus, recording and time); of these doubtful (least sure first), flagged, or
    disagreement (engines heard other words); sample (drawn evenly from all that this person has not decided; another
    sample_seed begins elsewhere); mine (what this person acted on, newest first); second (decided by somebody else,
    to be heard again; share: of how many); all; rejected. below: of texts less sure than this. search: as of
    `asrlab search`. Raises OptionError for a kind that is none.
    """

    kind: QueueKind = "open"
    corpus: str | None = None
    flag: str | None = None
    below: float | None = None
    sample_seed: int = 0
    language: str | None = None
    search: str | None = None
    share: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise OptionError(f"there is no queue {self.kind!r}: give {', '.join(KINDS)}")


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Items in the queue's order. next: where the page after this one begins, None behind the last."""

    items: tuple[QueueItem, ...]
    next: str | None


def queue_page(
    session: Session,
    person: str,
    queue: Queue,
    after: str | None,
    limit: int,
    shares: BlindShares = NO_BLIND,
) -> QueuePage:
    """The page of a queue that begins behind `after` (a page's `next`), of at most `limit` items.

    shares: of what the person is to see without others' work; it stands there as if nobody had decided it. Raises
    OptionError for a position that is none of this queue's.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise OptionError(f"a page has 1 to {MAX_LIMIT} items, not {limit}")
    position = None if after is None else _decoded(after, queue)
    found: list[QueueItem] = []
    places: dict[int, Position] = {}
    for _round in range(MAX_ROUNDS):
        steps = walk(session, person, queue, position, limit)
        places.update(steps)
        found += valid_items(session, person, queue, [segment_id for segment_id, _ in steps], shares)
        if len(found) >= limit:
            is_last = len(found) == limit and len(steps) < limit
            found = found[:limit]
            return QueuePage(tuple(found), None if is_last else _encoded(places[found[-1].segment_id]))
        if len(steps) < limit:
            return QueuePage(tuple(found), None)
        position = steps[-1][1]
    return QueuePage(tuple(found), None if position is None else _encoded(position))


def walk(
    session: Session,
    person: str,
    queue: Queue,
    after: Position | None,
    limit: int,
    also: Sequence[Condition] = (),
) -> list[tuple[int, Position]]:
    """The next segments of the queue behind a position, each with its own.

    also: further conditions on review_items.
    """
    conditions = [*_conditions(person, queue), *also]
    if queue.kind == "mine":
        return _walk_acts(session, person, conditions, after, limit)
    few = None
    if queue.search:
        few, holding = _holding(session, queue)
        conditions += holding
    if queue.kind != "sample":
        return _walk_items(session, _order(queue), conditions, after, limit, few)
    # A sample begins somewhere in the order of lots, and goes on at its beginning.
    start = hashlib.sha256(str(queue.sample_seed).encode()).hexdigest()[:8]
    steps: list[tuple[int, Position]] = []
    for number, half in enumerate((_I.sample_key >= start, _I.sample_key < start)):
        if after is not None and after[0] > number:
            continue
        behind = after[1:] if after is not None and after[0] == number else None
        rest = limit - len(steps)
        if rest > 0:
            some = _walk_items(session, _BY_LOT, [*conditions, half], behind, rest, few)
            steps += [(segment_id, (number, *place)) for segment_id, place in some]
    return steps


def _order(queue: Queue) -> tuple[sa.orm.InstrumentedAttribute[Any], ...]:
    if queue.kind == "doubtful":
        return (_I.confidence, _I.segment_id)
    return _BY_LOT if queue.kind in ("sample", "second") else _BY_TIME


def _conditions(person: str, queue: Queue) -> list[Condition]:
    conditions: list[Condition] = []
    if queue.kind in ("open", "doubtful", "flagged", "disagreement"):
        conditions.append(_IS_OPEN)
    if queue.kind == "doubtful":
        conditions.append(_HAS_CONFIDENCE)
    if queue.kind == "disagreement":
        conditions.append(_IS_DISPUTED)
    if queue.kind == "rejected":
        conditions.append(_IS_REJECTED)
    if queue.kind == "sample":
        conditions.append(_I.reviewer.is_distinct_from(person))
    if queue.kind == "flagged" or (queue.flag and queue.kind != "second"):
        conditions.append(_HAS_FLAGS)
    if queue.corpus is not None:
        conditions.append(_I.corpus == queue.corpus)
    if queue.language is not None:
        conditions.append(_I.language == queue.language)
    if queue.kind != "second":
        return conditions + _filters(queue, _I)
    if filters := _filters(queue, TranscriptRow):
        # A machine's text that was accepted is the one that counts; of what was corrected any that a machine made is
        # looked up, and whether it is the one shown, valid_items looks.
        of_machine = (TranscriptRow.segment_id == _I.segment_id, TranscriptRow.origin != "human")
        conditions.append(
            sa.or_(
                sa.and_(*_filters(queue, _I)),
                sa.and_(_I.verdict == "corrected", sa.exists().where(*of_machine, *filters)),
            )
        )
    # What costs more comes behind what costs less.
    return conditions + second_pass_wanted(person, queue.share)


def _filters(queue: Queue, shown: type[ReviewItemRow] | type[TranscriptRow]) -> list[Condition]:
    """What is asked of the text that the list shows, which of a blind item is not the one that counts."""
    conditions: list[Condition] = []
    if queue.flag:
        conditions.append((sa.literal(",") + shown.flags + ",").contains(f",{queue.flag},", autoescape=True))
    if queue.below is not None:
        conditions.append(shown.confidence < queue.below)
    return conditions


def _walk_items(
    session: Session,
    order: Sequence[sa.orm.InstrumentedAttribute[Any]],
    conditions: Sequence[Condition],
    after: Position | None,
    limit: int,
    few: Sequence[int] | None,
) -> list[tuple[int, Position]]:
    """few: the only segments that may be meant, so few that they are sorted here."""
    if few is not None:
        rows = session.execute(sa.select(*order).where(*conditions, _I.segment_id.in_(few)))
        places = sorted(tuple(row) for row in rows)
        return [(place[-1], place) for place in places if after is None or place > after][:limit]
    statement = sa.select(*order).where(*conditions).order_by(*order).limit(limit)
    if after is not None:
        statement = statement.where(sa.tuple_(*order) > sa.tuple_(*map(sa.literal, after)))
    return [(row[-1], tuple(row)) for row in session.execute(statement)]


def _walk_acts(
    session: Session, person: str, conditions: Sequence[Condition], after: Position | None, limit: int
) -> list[tuple[int, Position]]:
    """By the newest act of the person on each segment, newest first."""
    later = sa.orm.aliased(ReviewActRow)
    again = sa.exists().where(
        later.segment_id == ReviewActRow.segment_id,
        later.person == person,
        later.act_id > ReviewActRow.act_id,
    )
    statement = (
        sa.select(ReviewActRow.segment_id, ReviewActRow.act_id)
        .join(_I, _I.segment_id == ReviewActRow.segment_id)
        .where(ReviewActRow.person == person, ~again, *conditions)
        .order_by(ReviewActRow.act_id.desc())
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(ReviewActRow.act_id < sa.literal(after[0]))
    return [(row[0], (row[1],)) for row in session.execute(statement)]


def _holding(session: Session, queue: Queue) -> tuple[Sequence[int] | None, list[Condition]]:
    """The segments that may hold what is searched for, where they are few, and the conditions that it is held."""
    wanted = sorted({term[:TERM_MAX_CHARS] for phrase in _phrases(queue.search or "") for term in phrase})
    shown = machine_version() if queue.kind == "second" else _I.transcript_id
    held = {term: _count_up_to(session, term, FEW_TEXTS) for term in wanted}
    rarest = min(wanted, key=held.__getitem__)
    segment_ids: Sequence[int] | None = None
    if held[rarest] < FEW_TEXTS:
        holding = sa.select(TranscriptTermRow.transcript_id).where(TranscriptTermRow.term == rarest)
        segment_ids = session.scalars(
            sa.select(TranscriptRow.segment_id).where(TranscriptRow.transcript_id.in_(holding))
        ).all()
    conditions: list[Condition] = [
        sa.exists().where(TranscriptTermRow.term == term, TranscriptTermRow.transcript_id == shown)
        for term in wanted
    ]
    return segment_ids, conditions


def _count_up_to(session: Session, term: str, limit: int) -> int:
    """How many texts hold the term; never more than the limit, so that a common one costs no more than a rare one."""
    some = sa.select(TranscriptTermRow.transcript_id).where(TranscriptTermRow.term == term).limit(limit)
    return session.scalar(sa.select(sa.func.count()).select_from(some.subquery())) or 0


def _phrases(query: str) -> list[list[str]]:
    phrases = query_phrases(query)
    if not phrases:
        raise OptionError(f"nothing to search for in {query!r}: give words")
    return phrases


def valid_items(
    session: Session,
    person: str,
    queue: Queue,
    segment_ids: Sequence[int],
    shares: BlindShares = NO_BLIND,
) -> list[QueueItem]:
    """Those of a walk's segments whose audio lies somewhere, and that hold what no index can tell; in that order.

    As the person is to see them: what is blind is looked at again by what the list shows of it.
    """
    if queue.kind == "disagreement":
        disputed = segments_with_other_readings(session, segment_ids)
        segment_ids = [segment_id for segment_id in segment_ids if segment_id in disputed]
    if queue.kind == "second":
        # All of this queue is, also where a server mixes none into others.
        shares = BlindShares(queue.share, shares.gold)
    items, blind = shown_items(session, person, items_of_today(session, segment_ids), shares)
    if blind:
        items = [item for item in items if item.segment_id not in blind or _fits(item, queue)]
    if queue.search:
        phrases = _phrases(queue.search)
        return [item for item in items if _holds(item.text, phrases)]
    return items


def _fits(item: QueueItem, queue: Queue) -> bool:
    """Whether a blind item is in the queue by what is shown of it, so that its place there tells nothing."""
    return (
        queue.kind != "rejected"
        and (queue.flag is None or queue.flag in item.flags)
        and (queue.language is None or queue.language == item.language)
        and (queue.below is None or (item.confidence is not None and item.confidence < queue.below))
    )


def _holds(text: str, phrases: Sequence[Sequence[str]]) -> bool:
    found = terms(text)
    return all(find_phrase(phrase, found) is not None for phrase in phrases)


def _encoded(position: Position) -> str:
    return base64.urlsafe_b64encode(json.dumps(position, ensure_ascii=False).encode()).decode().rstrip("=")


def _decoded(text: str, queue: Queue) -> Position:
    refusal = OptionError("this is no position in this queue: begin at its first page")
    try:
        position = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error) as error:
        raise refusal from error
    kinds: tuple[type, ...]
    if queue.kind == "mine":
        kinds = (int,)
    else:
        kinds = tuple(column.type.python_type for column in _order(queue))
        kinds = (int, *kinds) if queue.kind == "sample" else kinds
    if not isinstance(position, list) or [type(value) for value in position] != list(kinds):
        raise refusal
    if not all(map(_is_storable, position)):
        raise refusal
    return tuple(position)


def _is_storable(value: int | float | str) -> bool:
    """Whether both databases can be asked about it."""
    if isinstance(value, str):
        return storable(value) == value
    return math.isfinite(value) if isinstance(value, float) else abs(value) <= MAX_INTEGER
