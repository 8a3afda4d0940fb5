"""How a written word may be said: the readings a voice would choose from."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrlab.errors import MissingExtraError
from asrlab.text.spoken_english import MAX_READINGS, readings


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("times,", "times"),
        ("well-known", "well known"),
        ("don\u2019t", "don't"),
        ("dogs'", "dogs"),
        ("Caf\u00e9", "cafe"),
        ("42", "forty two"),
        ("1999", "nineteen ninety nine"),
        ("1999", "one thousand nine hundred and ninety nine"),
        ("1990s", "nineteen nineties"),
        ("1,250", "one thousand two hundred fifty"),
        ("911", "nine one one"),
        ("911", "nine eleven"),
        ("007", "oh oh seven"),
        ("3.5", "three point five"),
        ("-5", "minus five"),
        ("10\u201320", "ten to twenty"),
        ("21st", "twenty first"),
        ("$5", "five dollars"),
        ("$5.30", "five dollars and thirty cents"),
        ("$3.5", "three point five"),
        ("50%", "fifty percent"),
        ("3:05", "three oh five"),
        ("Mr.", "mister"),
        ("AT&T", "a. t. and t"),
        ("U.S.", "u. s."),
        ("US", "u. s."),
        ("US", "us"),
        ("mp3", "m. p. three"),
        ("example.com", "example dot com"),
    ],
)
def test_a_written_word_has_the_reading_people_use(written: str, said: str) -> None:
    assert said in [" ".join(reading) for reading in readings(written)]


@pytest.mark.parametrize(
    "written", ["", "-", "\u2014", "...", "\u4e2d\u6587", "\u0434\u0430", "\U0001f642", '"']
)
def test_what_has_no_sound_in_english_has_no_reading(written: str) -> None:
    assert readings(written) == ()


@given(st.text(max_size=40) | st.text(alphabet="0123456789,.-:$%stndrh'/", max_size=60))
def test_any_word_has_a_bounded_number_of_readings_of_plain_words(written: str) -> None:
    found = readings(written)
    assert len(found) <= MAX_READINGS
    assert len(set(found)) == len(found)
    for reading in found:
        assert reading
        assert all(word.strip("abcdefghijklmnopqrstuvwxyz'.") == "" for word in reading)


def test_numbers_without_their_package_name_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "num2words", None)
    with pytest.raises(MissingExtraError, match=r"asrlab\[pocketsphinx\]"):
        readings("42")
