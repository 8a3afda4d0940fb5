"""Pieces of text are joined as their scripts are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrlab.text.joining import join_texts


@pytest.mark.parametrize(
    ("parts", "joined"),
    [
        (["Hello,", "world."], "Hello, world."),
        ([" a ", "", "b"], "a b"),
        (["今天", "天气"], "今天天气"),
        (["今天。", "「好」"], "今天。「好」"),
        (["カタ", "カナ"], "カタカナ"),
        (["ภาษา", "ไทย"], "ภาษาไทย"),
        (["안녕", "하세요"], "안녕 하세요"),
        (["привет", "мир"], "привет мир"),
        (["हिन्दी", "में"], "हिन्दी में"),
        ([], ""),
    ],
)
def test_scripts_that_write_spaces_get_one(parts: list[str], joined: str) -> None:
    assert join_texts(parts) == joined


@given(st.lists(st.text("ab 今天ไ\u0e31。한 ", max_size=6), max_size=5))
def test_nothing_but_spaces_is_added_or_lost(parts: list[str]) -> None:
    joined = join_texts(parts)
    assert "".join(joined.split()) == "".join("".join(parts).split())
    assert joined == joined.strip()
