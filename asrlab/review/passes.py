"""Second and gold passes, which show the machine's text and not the person's, and never become versions."""

from collections.abc import Sequence

from asrlab.catalog import Catalog, review_passes
from asrlab.catalog.review_blind import BlindShares, PassKind, blind_kinds
from asrlab.catalog.review_passes import BlindPass, GoldItem

__all__ = [
    "BlindPass",
    "GoldItem",
    "PassKind",
    "find_gold",
    "is_blind",
    "machine_text_id",
    "mark_gold",
    "submit",
    "unmark_gold",
    "written_by_people",
]


def is_blind(
    catalog: Catalog, person: str, segment_id: int, share: float, *, gold: bool = True
) -> PassKind | None:
    """How the person is to see this segment: blind, and as which kind of pass; None to see it as it is.

    share: of the decided segments, to be heard a second time by somebody who did not decide; which, the hash of their
    audio says. gold: whether gold items are asked at all.
    """
    with catalog.reading() as session:
        shares = BlindShares(share, 1.0 if gold else 0.0)
        return blind_kinds(session, person, [segment_id], shares).get(segment_id)


def machine_text_id(catalog: Catalog, segment_id: int) -> int | None:
    """The version that a blind pass begins from: the newest that no person wrote."""
    with catalog.reading() as session:
        return review_passes.machine_text_id(session, segment_id)


def written_by_people(catalog: Catalog, transcript_ids: Sequence[int]) -> list[int]:
    """The segments of those of the versions that a person wrote."""
    with catalog.reading() as session:
        return review_passes.written_by_people(session, transcript_ids)


def submit(
    catalog: Catalog,
    person: str,
    segment_id: int,
    kind: PassKind,
    parent_id: int,
    text: str,
    verdict: str,
    seconds: float = 0.0,
) -> None:
    """Store what the person made of the text shown.

    OptionError when there is no such text, they passed already, or the segment is not blind to them as this kind.
    """
    with catalog.writing() as session:
        review_passes.add_pass(
            session, person, BlindPass(segment_id, kind, parent_id, text, verdict, seconds)
        )


def mark_gold(catalog: Catalog, person: str, segment_id: int) -> None:
    """Let the segment's text of now be known as right. OptionError unless a person accepted or wrote it."""
    with catalog.writing() as session:
        review_passes.add_gold(session, person, segment_id)


def unmark_gold(catalog: Catalog, segment_id: int) -> None:
    """Let the segment be gold no more: nobody is asked it, and what was answered counts for nobody.

    Nothing changes where it is not gold. Raises InputNotFoundError when there is no such segment.
    """
    with catalog.writing() as session:
        review_passes.remove_gold(session, segment_id)


def find_gold(catalog: Catalog, segment_id: int) -> GoldItem | None:
    """The text that is known to be right of the segment, None where it is not gold."""
    with catalog.reading() as session:
        return review_passes.gold_item(session, segment_id)
