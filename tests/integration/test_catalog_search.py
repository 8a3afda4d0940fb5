"""Full-text search gives the same hits on both databases."""

import pytest

from asrlab.catalog import Catalog
from asrlab.catalog.alignments import NewAlignment, add_alignment, transcripts_to_align
from asrlab.catalog.migrate import downgrade, upgrade
from asrlab.catalog.query import run_query
from asrlab.catalog.search import search, snippet
from asrlab.domain.labels import AlignedWord
from asrlab.domain.time import TimeSpan
from asrlab.errors import QueryError
from tests.factories import add_recording, add_run, add_segments, add_text

TEXTS = [
    "It was the best of times, it was the worst of times.",
    "Le café était fermé; the best was over",
    "今日はいい天気です。",
    "100% of 3.5 it's a_b 'quoted' — done",
    "ein Straßencafé, STRASSE",
]


@pytest.fixture
def texts(catalog: Catalog) -> Catalog:
    with catalog.writing() as session:
        recording_id = add_recording(session)
        spans = [(2.0 * index, 2.0 * index + 2) for index in range(len(TEXTS))]
        segments = add_segments(session, recording_id, spans)
        run_id = add_run(session)
        for segment, text in zip(segments, TEXTS, strict=True):
            add_text(session, segment, run_id, text)
    return catalog


def hits(catalog: Catalog, query: str) -> list[int]:
    """Which of TEXTS are found."""
    with catalog.reading() as session:
        return [round(hit.at_s / 2) for hit in search(session, query)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("best", [0, 1]),
        ("BEST times", [0]),
        ('"of times"', [0]),
        ('"times it"', [0]),
        ('"times best"', []),
        ("cafe", [1]),
        ("cafe\u0301 FERMÉ", [1]),
        ("天気", [2]),
        ("気天", []),
        ("今 です", [2]),
        ("3.5", [3]),
        ("it's", [3]),
        ("%", None),
        ("100%", [3]),
        ("strasse", [4]),
        ("nothing", []),
        ("best nothing", []),
    ],
)
def test_what_was_said_is_found(texts: Catalog, query: str, expected: list[int] | None) -> None:
    if expected is None:
        with pytest.raises(QueryError, match="nothing to search for"):
            hits(texts, query)
    else:
        assert hits(texts, query) == expected


def test_a_hit_names_recording_second_and_the_words_around(texts: Catalog) -> None:
    with texts.reading() as session:
        (hit,) = search(session, "worst")
    assert (hit.uri, hit.at_s) == ("/audio/a.wav", 0.0)
    assert hit.snippet == "… was the best of times, it was the worst of times."


def test_the_second_is_the_words_own_where_it_is_aligned(texts: Catalog) -> None:
    with texts.writing() as session:
        (segment_id,) = [hit.segment_id for hit in search(session, "fermé")]
        (text,) = transcripts_to_align(session, "aligner", [segment_id])
        words = text.text.split()
        spans = [TimeSpan(0.2 * index, 0.2 * index + 0.1) for index in range(len(words))]
        aligned = tuple(AlignedWord(word, span, None) for word, span in zip(words, spans, strict=True))
        add_alignment(session, NewAlignment(text, add_run(session, "align"), "aligner", aligned))
        assert [hit.at_s for hit in search(session, "fermé")] == [pytest.approx(2.6)]


def test_only_the_text_that_counts_is_searched(texts: Catalog) -> None:
    with texts.writing() as session:
        (first, *_) = search(session, "best")
        segments = add_segments(session, first.recording_id, [(0.0, 1.0)], fingerprint="other")
        add_text(session, segments[0], add_run(session), "quite another text")
    assert hits(texts, "best") == []
    assert hits(texts, "another") == [0]


def test_hits_can_be_limited_and_narrowed(texts: Catalog) -> None:
    with texts.reading() as session:
        assert len(search(session, "best", limit=1)) == 1
        assert len(search(session, "best", corpus="default")) == 2
        assert search(session, "best", corpus="other") == []


def test_texts_of_an_older_catalog_are_indexed_by_the_upgrade(texts: Catalog) -> None:
    before = run_query(texts, "SELECT term, transcript_id FROM transcript_terms ORDER BY transcript_id, term")
    downgrade(texts, "0003")
    upgrade(texts)
    after = run_query(texts, "SELECT term, transcript_id FROM transcript_terms ORDER BY transcript_id, term")
    assert sorted(map(str, before.rows)) == sorted(map(str, after.rows)) != []


def test_a_snippet_says_where_words_are_left_out() -> None:
    words = [str(number) for number in range(40)]
    assert snippet(" ".join(words), 20) == "… " + " ".join(words[12:29]) + " …"
    assert snippet("a b c", 1) == "a b c"
