"""What a page shows of a segment: its versions with their words, its neighbours, and what changed between versions."""

from asrlab.catalog import Catalog
from asrlab.catalog.pages import (
    SegmentOnPage,
    SegmentPage,
    TextPage,
    WordPage,
    segment_page,
    segments_on_page,
    text_of,
)
from asrlab.catalog.review_blind import NO_BLIND, BlindShares
from asrlab.domain.time import Seconds
from asrlab.errors import InputNotFoundError
from asrlab.text.changes import DiffPart, diff_parts

__all__ = [
    "DiffPart",
    "SegmentOnPage",
    "SegmentPage",
    "TextPage",
    "WordPage",
    "diff_versions",
    "read_segment",
    "segments_between",
]

SEGMENTS_AT_ONCE = 500


def read_segment(
    catalog: Catalog, segment_id: int, person: str, *, is_blind: bool = False
) -> SegmentPage | None:
    """All that is known of a segment, None where there is none. person: whose own claim is not told as one.

    is_blind: only what machines made of it, as if nobody had been here.
    """
    with catalog.reading() as session:
        return segment_page(session, segment_id, person, is_blind=is_blind)


def segments_between(
    catalog: Catalog,
    recording_id: int,
    start_s: Seconds,
    end_s: Seconds,
    person: str = "",
    shares: BlindShares = NO_BLIND,
) -> list[SegmentOnPage]:
    """The segments of today that lie at least partly in this stretch of a recording, by time; 500 at most.

    What the person is to see blind, by the shares, is told as the machine left it.
    """
    with catalog.reading() as session:
        return segments_on_page(session, recording_id, start_s, end_s, SEGMENTS_AT_ONCE, person, shares)


def diff_versions(catalog: Catalog, a_id: int, b_id: int) -> list[DiffPart]:
    """What makes version b of version a; characters where a script writes no spaces. Raises InputNotFoundError."""
    with catalog.reading() as session:
        texts = [text_of(session, transcript_id) for transcript_id in (a_id, b_id)]
    for transcript_id, text in zip((a_id, b_id), texts, strict=True):
        if text is None:
            raise InputNotFoundError(f"there is no version {transcript_id}")
    return diff_parts(texts[0] or "", texts[1] or "")
