"""Counting word errors."""

import math
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrlab.errors import MissingExtraError
from asrlab.evaluate.wer import WerReport, word_error_rate
from asrlab.text import normalise

WORDS = st.lists(st.sampled_from(["ab", "cd", "ef", "gh"]), max_size=6).map(" ".join)


def as_written(text: str, /) -> str:
    return text


def wer(references: list[str], hypotheses: list[str]) -> WerReport:
    return word_error_rate(references, hypotheses, normaliser=as_written)


def test_each_kind_of_error_is_counted_as_itself() -> None:
    #   the cat sat on  the mat
    #   the cut sat     the mat  today
    #       S       D            I
    report = wer(["the cat sat on the mat"], ["the cut sat the mat today"])
    assert report == WerReport(wer=3 / 6, substitutions=1, deletions=1, insertions=1, words=6)
    assert report.edits == 3


def test_equal_texts_have_no_errors() -> None:
    assert wer(["a b c"], ["a b c"]) == WerReport(0.0, 0, 0, 0, 3)


def test_a_long_text_weighs_more_than_a_short_one() -> None:
    # The mean of the two rates would be 0.5.
    assert wer(["a", "b c d e f g h i j"], ["x", "b c d e f g h i j"]).wer == 1 / 10


def test_words_are_never_matched_across_texts() -> None:
    assert wer(["a", "b"], ["b", "a"]).substitutions == 2


def test_nothing_heard_is_all_deletions() -> None:
    assert wer(["a b c"], [""]) == WerReport(1.0, 0, 3, 0, 3)


def test_what_is_heard_in_silence_counts_as_insertions() -> None:
    assert wer(["", "a b"], ["hello there", "a b"]) == WerReport(1.0, 0, 0, 2, 2)


def test_words_where_nothing_at_all_was_said_are_infinitely_wrong() -> None:
    assert wer([""], ["hello"]) == WerReport(math.inf, 0, 0, 1, 0)


@pytest.mark.parametrize("texts", [[], [""], ["", ""]])
def test_nothing_said_and_nothing_heard_is_right(texts: list[str]) -> None:
    assert wer(texts, texts) == WerReport(0.0, 0, 0, 0, 0)


def test_texts_that_do_not_pair_up_are_refused() -> None:
    with pytest.raises(ValueError, match="2 references can't be compared with 1 hypotheses"):
        wer(["a", "b"], ["a"])


def test_both_sides_are_normalised() -> None:
    report = word_error_rate(
        ["Press twenty-one, please.", "[tone]"], ["press 21 please", ""], normaliser=normalise.english
    )
    assert report == WerReport(0.0, 0, 0, 0, 3)


def test_without_jiwer_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jiwer", None)
    with pytest.raises(MissingExtraError, match=r"asrlab\[eval\]"):
        wer(["a"], ["a"])


@given(st.lists(st.tuples(WORDS, WORDS), max_size=4))
def test_the_edits_turn_the_one_length_into_the_other(pairs: list[tuple[str, str]]) -> None:
    references = [reference for reference, _ in pairs]
    hypotheses = [hypothesis for _, hypothesis in pairs]
    report = wer(references, hypotheses)
    assert report.words == sum(len(text.split()) for text in references)
    heard = sum(len(text.split()) for text in hypotheses)
    assert report.words - report.deletions + report.insertions == heard
