from hypothesis import given
from hypothesis import strategies as st

from asrlab.text.changes import DiffPart, diff_parts, kept_words
from asrlab.text.words import words_of

TEXTS = st.text(alphabet="ab ,.今天好שלกินข้า\u0301é\n", max_size=30)
WORDS = st.lists(st.sampled_from(["a", "A,", "b", "今", "天。", "שלום", "c", "!"]), max_size=12)


def kinds(parts: list[DiffPart]) -> list[tuple[str, str]]:
    return [(part.kind, part.text) for part in parts]


def test_words_are_shown_as_a_whole() -> None:
    assert kinds(diff_parts("the cat sat", "the dog sat down")) == [
        ("equal", "the "),
        ("removed", "cat "),
        ("added", "dog "),
        ("equal", "sat "),
        ("added", "down"),
    ]


def test_a_script_without_spaces_is_compared_by_characters() -> None:
    assert kinds(diff_parts("今天很好", "今天不好")) == [
        ("equal", "今天"),
        ("removed", "很"),
        ("added", "不"),
        ("equal", "好"),
    ]
    assert ("equal", "กิน") in kinds(diff_parts("กินข้าว", "กินน้ำ"))


def test_right_to_left_words_stay_in_the_order_they_are_read() -> None:
    assert kinds(diff_parts("שלום עולם", "שלום לכולם")) == [
        ("equal", "שלום "),
        ("removed", "עולם"),
        ("added", "לכולם"),
    ]


def test_case_and_punctuation_make_no_other_word() -> None:
    assert kept_words(["hello", "world"], ["Hello,", "world!"]) == [0, 1]
    assert kept_words(["the", "cat"], ["the", "black", "cat"]) == [0, None, 1]


@given(TEXTS, TEXTS)
def test_what_is_equal_and_added_is_the_new_text_and_the_rest_the_old_ones_words(old: str, new: str) -> None:
    parts = diff_parts(old, new)
    assert "".join(part.text for part in parts if part.kind != "removed") == new
    was = "".join(part.text for part in parts if part.kind != "added")
    assert "".join(was.split()) == "".join(old.split())


@given(TEXTS)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert {part.kind for part in diff_parts(text, text)} <= {"equal"}


@given(WORDS, WORDS)
def test_kept_words_are_in_order_and_each_once(old: list[str], new: list[str]) -> None:
    kept = [at for at in kept_words(old, new) if at is not None]
    assert kept == sorted(set(kept))
    assert len(kept_words(old, new)) == len(new)


@given(WORDS)
def test_all_words_of_the_same_text_are_kept(words: list[str]) -> None:
    assert kept_words(words, words) == list(range(len(words)))


def test_a_long_text_of_one_word_is_compared_in_no_time() -> None:
    old, new = ["ja"] * 6000, ["ja"] * 3000 + ["nein"] + ["ja"] * 3001
    assert kept_words(old, new)[3000] is None
    assert len(words_of(" ".join(new))) == 6002
