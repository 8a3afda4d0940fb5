"""Cues for any text and any word times: nothing lost, in order, never over one another, fit to be read."""

import unicodedata
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from asrlab.domain.labels import AlignedWord
from asrlab.domain.time import TimeSpan
from asrlab.export.cues import MAX_CUE_MS, MAX_LINE_COLUMNS, MIN_CUE_MS, Cue, laid_out, split_cues
from asrlab.text.words import words_of

WORDS = st.one_of(
    st.text(st.sampled_from("abcdefgh"), min_size=1, max_size=9),
    st.sampled_from(["yes.", "no,", "“well”", "e\u0301te\u0301?", "今天", "天気。", "42", "x" * 60]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=5),
)
TEXTS = st.lists(WORDS, max_size=60).map(" ".join)


@st.composite
def aligned(draw: st.DrawFn) -> tuple[str, TimeSpan, tuple[AlignedWord, ...]]:
    """A text in a segment with times for its words: good ones, disordered ones, ones outside, or none at all."""
    text = draw(TEXTS)
    start_ms = draw(st.integers(0, 10**7))
    span = TimeSpan.from_ms(start_ms, start_ms + draw(st.integers(1, 60_000)))
    if draw(st.booleans()):
        return text, span, ()
    times = st.integers(start_ms, start_ms + 70_000)
    words = words_of(text)
    marks = draw(st.lists(times, min_size=2 * len(words), max_size=2 * len(words)))
    if draw(st.booleans()):
        marks.sort()
    pairs = [sorted(pair) for pair in zip(marks[::2], marks[1::2], strict=True)]
    found = [AlignedWord(word, TimeSpan.from_ms(*pair)) for word, pair in zip(words, pairs, strict=True)]
    dropped = draw(st.sets(st.integers(0, 60), max_size=5))
    return text, span, tuple(word for index, word in enumerate(found) if index not in dropped)


def ink(text: str) -> str:
    return "".join(text.split())


def columns(line: str) -> int:
    return sum(2 if character in "今天気。" else 1 for character in line)


@given(aligned())
@settings(deadline=None)
def test_no_word_is_lost_and_none_moves(given_text: tuple[str, TimeSpan, tuple[AlignedWord, ...]]) -> None:
    text, span, words = given_text
    left = [ink(word) for word in words_of(text)]
    for cue in split_cues(text, span, words):
        for line in cue.lines:
            shown = ""
            while shown != ink(line):
                shown += left.pop(0)
                assert ink(line).startswith(shown), "a word is cut, lost or moved"
    assert left == []


@given(aligned())
@settings(deadline=None)
def test_cues_are_in_order_within_their_segment(
    given_text: tuple[str, TimeSpan, tuple[AlignedWord, ...]],
) -> None:
    text, span, words = given_text
    cues = split_cues(text, span, words)
    assert all(span.start_ms <= cue.span.start_ms <= cue.span.end_ms <= span.end_ms for cue in cues)
    assert all(before.span.end_ms <= after.span.start_ms for before, after in pairwise(cues))


@given(aligned())
@example(
    (
        "a a aaaa aaaa aaaaaaa aaaaaaaaa yes. yes. aa aaa aaaaa aaaaaaaa yes. yes. e\u0301te\u0301?",
        TimeSpan(0.0, 0.001),
        (),
    )
)
@settings(deadline=None)
def test_a_cue_has_two_lines_a_person_can_read_in_seven_seconds(
    given_text: tuple[str, TimeSpan, tuple[AlignedWord, ...]],
) -> None:
    for cue in split_cues(*given_text):
        assert 1 <= len(cue.lines) <= 2
        assert cue.span.duration_ms <= MAX_CUE_MS
        for line in cue.lines:
            assert line.strip() == line != ""
            # Marks written apart stand above their letter, and take no column.
            columns = sum(not unicodedata.combining(character) for character in line)
            assert columns <= MAX_LINE_COLUMNS or len(words_of(line)) == 1 == len(cue.lines)


@given(st.lists(aligned(), max_size=4))
@settings(deadline=None)
def test_laid_out_cues_are_all_there_in_order_and_end_no_earlier(
    segments: list[tuple[str, TimeSpan, tuple[AlignedWord, ...]]],
) -> None:
    cut = [
        [replace(cue, voice=str(index)) for cue in split_cues(*segment)]
        for index, segment in enumerate(segments)
    ]
    placed = laid_out(cut, 10**7)
    assert [cue.span.start for cue in placed] == sorted(cue.span.start for cue in placed)
    for index, cues in enumerate(cut):
        own = [cue for cue in placed if cue.voice == str(index)]
        assert [cue.lines for cue in own] == [cue.lines for cue in cues]
        assert all(1 <= cue.span.duration_ms <= MAX_CUE_MS for cue in own)
        assert all(before.span.end_ms <= after.span.start_ms for before, after in pairwise(own))
        assert all(after.span.end_ms >= before.span.end_ms for before, after in zip(cues, own, strict=True))
    # Each is one segment when it is imported, and is shown no longer then.
    assert laid_out([[cue] for cue in placed], 10**7) == placed


def test_cues_of_overlapping_segments_overlap_as_they_do() -> None:
    """[1 one 5] over [1.2 two 4]."""
    one, two = Cue(TimeSpan(1, 5), ("one",)), Cue(TimeSpan(1.2, 4), ("two",))
    assert laid_out([[one], [two]], 6000) == [one, two]
    assert laid_out([[two], [one]], 6000) == [one, two]


def test_a_cue_that_is_written_again_has_the_same_lines() -> None:
    """A pause within a cue doesn't part its lines: who reads it back knows nothing of pauses."""
    text = "one two three four five six seven eight nine ten"
    times = [0.3 * index + (1.0 if index > 2 else 0.0) for index in range(10)]
    words = tuple(
        AlignedWord(word, TimeSpan(at, at + 0.2)) for word, at in zip(text.split(), times, strict=True)
    )
    for cue in split_cues(text, TimeSpan(0, 5), words):
        assert [again.lines for again in split_cues(" ".join(cue.lines), cue.span)] == [cue.lines]


def test_cues_begin_and_end_with_their_words() -> None:
    """0 -- [2 one two. 4] ---- [10 three 11] -- 12 s: a silence of six seconds shows nothing."""
    words = (
        AlignedWord("one", TimeSpan(2, 3)),
        AlignedWord("two.", TimeSpan(3.2, 4)),
        AlignedWord("three", TimeSpan(10, 11)),
    )
    assert split_cues("one two. three", TimeSpan(0, 12), words) == [
        Cue(TimeSpan(2, 4), ("one two.",)),
        Cue(TimeSpan(10, 11), ("three",)),
    ]


def test_a_text_without_times_is_spread_over_its_segment() -> None:
    cues = split_cues("one two three four. " * 20, TimeSpan(5, 35))
    assert cues[0].span.start == 5
    assert cues[-1].span.end == 35
    assert all(before.span.end == after.span.start for before, after in pairwise(cues))


def test_words_of_another_text_are_not_believed() -> None:
    wrong = (AlignedWord("else", TimeSpan(0, 0.1)),)
    assert split_cues("one two", TimeSpan(0, 2), wrong) == split_cues("one two", TimeSpan(0, 2))


def test_an_aligner_that_drops_punctuation_or_cuts_finer_gives_its_times() -> None:
    words = (
        AlignedWord("don", TimeSpan(1, 1.2)),
        AlignedWord("t", TimeSpan(1.2, 1.4)),
        AlignedWord("go", TimeSpan(1.5, 2.5)),
    )
    assert split_cues("“Don't” – go!".lower(), TimeSpan(0, 3), words) == [
        Cue(TimeSpan(1, 2.5), ("“don't” – go!",))
    ]


def test_a_border_is_set_where_a_sentence_ends() -> None:
    text = "This is the first sentence of all, and it is a long one. Here begins the second, which is long as well."
    cues = split_cues(text, TimeSpan(0, 10))
    assert [cue.lines[-1][-1] for cue in cues] == [".", "."]


def test_chinese_characters_take_two_columns() -> None:
    cues = split_cues("今天天気。" * 20, TimeSpan(0, 30))
    assert all(columns(line) <= MAX_LINE_COLUMNS for cue in cues for line in cue.lines)
    assert any(columns(line) > MAX_LINE_COLUMNS / 2 for cue in cues for line in cue.lines)


def test_a_short_word_stays_long_enough_to_be_read_where_there_is_room() -> None:
    """[1 a 1.1] ------ [3 b 3.1] [3.2 c 3.3] -- 3.5 s."""
    cues = [Cue(TimeSpan(3, 3.1), ("b",)), Cue(TimeSpan(1, 1.1), ("a",)), Cue(TimeSpan(3.2, 3.3), ("c",))]
    placed = laid_out([[cue] for cue in cues], 3500)
    assert [cue.lines for cue in placed] == [("a",), ("b",), ("c",)]
    assert placed[0].span.duration_ms == MIN_CUE_MS
    assert placed[1].span == TimeSpan(3, 3.2)
    assert placed[2].span == TimeSpan(3.2, 3.5)


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_a_text_without_words_has_no_cues(text: str) -> None:
    assert split_cues(text, TimeSpan(0, 1)) == []
