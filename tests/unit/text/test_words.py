"""What the words of a text are."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrlab.text.words import word_spans, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It was, in short.", ["It", "was,", "in", "short."]),
        ("  two\t\nwords ", ["two", "words"]),
        ("", []),
        ("   ", []),
        ("甚至出现交易。", ["甚", "至", "出", "现", "交", "易。"]),
        ("我用 Python 写", ["我", "用", "Python", "写"]),
        ("GPU很快", ["GPU", "很", "快"]),
        ("「はい」と言った", ["「は", "い」", "と", "言", "っ", "た"]),
        ("안녕 하세요", ["안녕", "하세요"]),
        ("か\u3099く", ["か\u3099", "く"]),
        ("葛\U000e0100城", ["葛\U000e0100", "城"]),
        ("ｶﾞｷﾞ", ["ｶﾞ", "ｷﾞ"]),
        ("don't stop—now", ["don't", "stop—now"]),
    ],
)
def test_the_words_of(text: str, words: list[str]) -> None:
    assert list(words_of(text)) == words


@given(st.text())
def test_without_cjk_the_words_are_those_of_split(text: str) -> None:
    if not any(ord(character) > 0x2E80 for character in text):
        assert list(words_of(text)) == text.split()


@given(st.text(alphabet="a b中文。「」é\n😀", max_size=40))
def test_words_lose_nothing_but_white_space(text: str) -> None:
    spans = word_spans(text)
    assert "".join(text[first:end] for first, end in spans) == "".join(text.split())
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
