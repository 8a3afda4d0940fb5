"""What counts as the same text, and what does not."""

import sys

import pytest

from asrlab.errors import MissingExtraError
from asrlab.text import normalise


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("twenty one", "21"),
        ("twenty-one", "21"),
        ("two thousand and five", "2005"),
        ("nineteen ninety nine", "1999"),
        ("one thousand", "1,000"),
        ("three point five", "3.5"),
        ("twenty percent", "20%"),
        ("twenty dollars", "$20"),
        ("the second", "the 2nd"),
        ("the twenty first", "the 21st"),
        ("one oh one", "101"),
        ("one oh one", "one zero one"),
        ("one two three", "123"),
        ("double five", "55"),
    ],
)
def test_a_number_counts_the_same_in_words_and_in_digits(one: str, other: str) -> None:
    assert normalise.english(one) == normalise.english(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Please hold.", "please hold"),
        ("That's all!", "that is all"),
        ("the colour", "the color"),
        ("Mr. Brown", "mister brown"),
        ("uh, well um", "well"),
        ("call-forward", "call forward"),
        ("hello  there\n", "hello there"),
    ],
)
def test_spelling_case_punctuation_and_fillers_make_no_difference(one: str, other: str) -> None:
    assert normalise.english(one) == normalise.english(other)


def test_different_numbers_stay_different() -> None:
    assert normalise.english("twenty one") != normalise.english("twenty two")
    assert normalise.english("second") != normalise.english("two")


def test_digits_written_apart_are_not_joined_as_spoken_digits_are() -> None:
    assert normalise.english("five five five") == "555"
    assert normalise.english("5 5 5") == "5 5 5"


@pytest.mark.parametrize(
    "text", ["", "   ", "...", "… !", "[beep]", "(10 seconds of silence)", "<beep ascending>"]
)
def test_a_text_without_words_becomes_empty(text: str) -> None:
    assert normalise.english(text) == ""


def test_dots_beside_words_are_no_words() -> None:
    assert normalise.english("... for ...") == "for"


def test_normalising_twice_changes_nothing_more() -> None:
    once = normalise.english("Please enter the first 3 letters, then press twenty-one or the # key...")
    assert normalise.english(once) == once


def test_basic_keeps_diacritics_and_numbers_as_written() -> None:
    assert normalise.basic("Où est-ce, à 21 h ? (rires)") == "où est ce à 21 h"
    assert normalise.basic("vingt et un") == "vingt et un"


@pytest.mark.parametrize(
    ("function", "module"),
    [(normalise.english, "whisper_normalizer.english"), (normalise.basic, "whisper_normalizer.basic")],
)
def test_without_the_package_the_error_names_the_extra(
    function: normalise.Normaliser, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    normalise._english_standardisation.cache_clear()
    normalise._basic_standardisation.cache_clear()
    # Python's own way to say that a module can't be imported.
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r"asrlab\[eval\]"):
        function("hello")
