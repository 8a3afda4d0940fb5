"""A machine's text is parted where people parted theirs."""

import pytest

from asrlab.review.origins import cut_like


@pytest.mark.parametrize(
    ("old", "new", "at", "parts"),
    [
        ("a b c d", "a b c d", 3, ("a b", "c d")),
        ("a x c d", "a b c d", 3, ("a x", "c d")),
        ("a x y d", "a b c d", 3, ("a x", "y d")),
        ("a b um c d", "a b c d", 3, ("a b", "um c d")),
        ("b c d", "a b c d", 1, ("", "b c d")),
        ("a b", "a b c d", 3, ("a b", "")),
        ("a b c", "a b", 1, ("a", "b c")),
        ("", "a b", 1, ("", "")),
        ("a b", "", 0, ("a b", "")),
        ("a b", "a b", 0, ("", "a b")),
        ("今天很好", "今天不好", 2, ("今天", "很好")),
    ],
)
def test_a_text_is_parted_like_the_one_made_of_it(
    old: str, new: str, at: int, parts: tuple[str, str]
) -> None:
    assert cut_like(old, new, at) == parts
