"""Terms: what counts as the same word in full-text search."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrlab.text.terms import find_phrase, query_phrases, terms


def texts(text: str) -> list[str]:
    return [term.text for term in terms(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It was the BEST of Times,", "it was the best of times"),
        ("café CAFÉ naïve Straße", "cafe cafe naive strasse"),
        ("ﬁne don't 3.5 x² e-mail", "fine don t 3 5 x2 e mail"),
        ("Ёлка και ΚΑΊ", "елка και και"),
        ("今日は ｶﾞｷﾞ ガギ", "今 日 は ガ ギ ガ ギ"),
        ("abc日本def", "abc 日 本 def"),
        ("한국어 문장", "한국어 문장"),
        ("नमस्ते दुनिया", "नमस्ते दुनिया"),
        ("สวัสดี", "ส วั ส ดี"),
        ("قَلَم קָדוֹשׁ", "قلم קדוש"),
        ("… — !", ""),
    ],
)
def test_terms_are_what_people_take_for_the_same_word(text: str, expected: str) -> None:
    assert texts(text) == expected.split()


def test_a_term_knows_its_word() -> None:
    assert [(term.text, term.word) for term in terms("(well) don't  go")] == [
        ("well", 0),
        ("don", 1),
        ("t", 1),
        ("go", 2),
    ]


@given(st.text())
def test_encoding_and_case_do_not_count(text: str) -> None:
    assert texts(unicodedata.normalize("NFD", text)) == texts(unicodedata.normalize("NFC", text))
    assert texts(" ".join(texts(text))) == texts(text)
    words = len(text.split())
    assert all(0 <= term.word < words for term in terms(text))


@given(st.text(), st.data())
def test_any_run_of_a_texts_words_is_found_in_it(text: str, data: st.DataObject) -> None:
    words = text.split()
    first = data.draw(st.integers(0, len(words)))
    phrase = texts(" ".join(words[first : first + data.draw(st.integers(0, 5))]))
    if phrase:
        assert find_phrase(phrase, terms(text)) is not None


def test_quotes_make_a_phrase_and_every_word_is_one() -> None:
    assert query_phrases('"Best of" times, don\'t') == [["best", "of"], ["times"], ["don", "t"]]
    assert query_phrases('"" … "!"') == []
    assert query_phrases('an "open quote') == [["an"], ["open"], ["quote"]]
