"""Second and gold passes, which show the machine's text and not the person's, and never become versions."""

from asrlab.catalog import Catalog, review_passes
from asrlab.catalog.review_passes import BlindPass, PassKind

__all__ = ["BlindPass", "PassKind", "is_blind", "machine_text_id", "mark_gold", "submit"]


def is_blind(
    catalog: Catalog, person: str, segment_id: int, share: float, *, gold: bool = True
) -> PassKind | None:
    """How the person is to see this segment: blind, and as which kind of pass; None to see it as it is.

    share: of the decided segments, to be heard a second time by somebody who did not decide; which, the hash of their
    audio says. gold: whether gold items are asked at all.
    """
    with catalog.reading() as session:
        return review_passes.blind_kind(session, person, segment_id, share=share, gold=gold)


def machine_text_id(catalog: Catalog, segment_id: int) -> int | None:
    """The version that a blind pass begins from: the newest that no person wrote."""
    with catalog.reading() as session:
        return review_passes.machine_text_id(session, segment_id)


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
    """Store what the person made of the text shown. OptionError when there is no such text, or they passed already."""
    with catalog.writing() as session:
        review_passes.add_pass(
            session, person, BlindPass(segment_id, kind, parent_id, text, verdict, seconds)
        )


def mark_gold(catalog: Catalog, person: str, segment_id: int) -> None:
    """Let the segment's text of now be known as right. OptionError unless a person accepted or wrote it."""
    with catalog.writing() as session:
        review_passes.add_gold(session, person, segment_id)
