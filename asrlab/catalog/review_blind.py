"""What a person is to see without others' work: which segments, and what the machine made of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.review_items import QueueItem
from asrlab.catalog.schema import GoldItemRow, ReviewActRow, ReviewItemRow, ReviewPassRow, TranscriptRow

PassKind = Literal["second", "gold"]
Condition = sa.ColumnElement[bool] | sa.TextClause
_I = ReviewItemRow


@dataclass(frozen=True, slots=True)
class BlindShares:
    """How many of the items a person is given are blind passes, in [0, 1] each."""

    second: float = 0.0
    gold: float = 0.0


NO_BLIND = BlindShares()


def second_pass_wanted(person: str, share: float) -> list[Condition]:
    """What holds for the rows of review_items that this person is to hear again, blind.

    Somebody else decided it, this person did nothing with it, nobody heard it a second time, and a machine did.
    """
    heard = sa.exists().where(ReviewPassRow.segment_id == _I.segment_id, ReviewPassRow.kind == "second")
    conditions: list[Condition] = [
        # A literal, because no database knows a partial index again by a bound value.
        sa.text("review_items.verdict IS NOT NULL"),
        _I.verdict != "rejected",
        _I.reviewer != person,
        ~heard,
        ~_acted(person),
        _machine_heard(),
    ]
    if share < 1:
        # Keys are the beginnings of hashes: as evenly spread as a die.
        conditions.append(_I.sample_key < f"{int(max(share, 0) * 2**32):08x}")
    return conditions


def gold_wanted(person: str) -> list[Condition]:
    """What holds for the rows of review_items that are gold, and that this person never saw the text of."""
    by_others = (
        sa.exists()
        .where(GoldItemRow.segment_id == _I.segment_id, GoldItemRow.added_by != person)
        .correlate(_I)
    )
    return [by_others, ~_acted(person), _machine_heard()]


def _acted(person: str) -> sa.Exists:
    return sa.exists().where(
        ReviewActRow.segment_id == _I.segment_id,
        ReviewActRow.person == person,
        ReviewActRow.kind != "skipped",
    )


def _machine_heard() -> sa.Exists:
    """Segments that people have cut hold people's texts alone: there is nothing to show of them."""
    return sa.exists().where(TranscriptRow.segment_id == _I.segment_id, TranscriptRow.origin != "human")


def machine_version() -> sa.ScalarSelect[int]:
    """The id of the text that is shown blind of a row of review_items: the newest that no person wrote."""
    return (
        sa.select(TranscriptRow.transcript_id)
        .where(TranscriptRow.segment_id == _I.segment_id, TranscriptRow.origin != "human")
        .order_by(TranscriptRow.version.desc())
        .limit(1)
        .correlate(_I)
        .scalar_subquery()
    )


def blind_kinds(
    session: Session, person: str, segment_ids: Sequence[int], shares: BlindShares
) -> dict[int, PassKind]:
    """Those of the segments that this person is to see without others' work, and as which kind of pass."""
    found: dict[int, PassKind] = {}
    wanted: list[tuple[PassKind, list[Condition]]] = []
    if shares.second > 0:
        wanted.append(("second", second_pass_wanted(person, shares.second)))
    if shares.gold > 0:
        wanted.append(("gold", gold_wanted(person)))
    for kind, conditions in wanted:
        statement = sa.select(_I.segment_id).where(_I.segment_id.in_(segment_ids), *conditions)
        found.update(dict.fromkeys(session.scalars(statement), kind))
    return found


def shown_items(
    session: Session, person: str, items: Sequence[QueueItem], shares: BlindShares
) -> tuple[list[QueueItem], frozenset[int]]:
    """The items as this person is to see them, and the segments of those that are blind.

    Those are undecided, and as the machine left them.
    """
    texts = machine_texts(session, person, [item.segment_id for item in items], shares)
    return [
        item
        if (text := texts.get(item.segment_id)) is None
        else replace(
            item,
            language=text.language,
            text=text.text,
            confidence=text.confidence,
            flags=tuple(text.flags.split(",")) if text.flags else (),
            verdict=None,
        )
        for item in items
    ], frozenset(texts)


def machine_texts(
    session: Session, person: str, segment_ids: Sequence[int], shares: BlindShares
) -> dict[int, TranscriptRow]:
    """What is shown of those of the segments that are blind to this person."""
    blind = blind_kinds(session, person, segment_ids, shares)
    if not blind:
        return {}
    statement = sa.select(TranscriptRow).where(
        TranscriptRow.transcript_id.in_(
            sa.select(machine_version()).select_from(_I).where(_I.segment_id.in_(blind))
        )
    )
    return {text.segment_id: text for text in session.scalars(statement)}
