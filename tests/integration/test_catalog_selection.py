"""What an export reads of a catalog, on both databases."""

from asrlab.catalog import Catalog
from asrlab.catalog.alignments import NewAlignment, add_alignment, transcripts_to_align
from asrlab.catalog.selection import select_segments, words_of_transcripts
from asrlab.domain.labels import AlignedWord
from asrlab.domain.time import TimeSpan
from tests.factories import add_run, labeled_catalog


def test_words_come_in_order_on_the_recordings_clock(catalog: Catalog) -> None:
    """0 [hello world] 4 -- 5 [good bye] 9.5: the second is aligned, to its own clock."""
    labeled_catalog(catalog)
    first, second = select_segments(catalog)
    with catalog.writing() as session:
        (pending,) = transcripts_to_align(session, "aligner", [second.segment_id])
        words = (
            AlignedWord("good", TimeSpan(0.5, 1.0), 0.9),
            AlignedWord("bye", TimeSpan(1.0, 1.75), None, ("interpolated", "mismatch")),
        )
        add_alignment(session, NewAlignment(pending, add_run(session, "align"), "aligner", words))
    with catalog.reading() as session:
        found = words_of_transcripts(session, [first.transcript_id, second.transcript_id])
        assert words_of_transcripts(session, []) == {}
    assert found == {
        second.transcript_id: (
            AlignedWord("good", TimeSpan(5.5, 6.0), 0.9),
            AlignedWord("bye", TimeSpan(6.0, 6.75), None, ("interpolated", "mismatch")),
        )
    }
