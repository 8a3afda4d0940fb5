"""Which tokens make which words: by the bytes of byte-level tokens, and by decoding beginnings for any other."""

from hypothesis import given
from hypothesis import strategies as st

from asrlab.engines.byte_tokens import token_bytes, words_with_tokens
from asrlab.engines.decoded_words import words_with_token_ranges
from asrlab.text.words import words_of

pieces = st.lists(st.text(alphabet="ab é今。 ", min_size=1, max_size=3), max_size=12)


def test_an_id_that_the_vocabulary_lacks_stands_for_nothing() -> None:
    found = token_bytes(["It", None, "Ġwas"])
    assert found == [b"It", b"", b" was"]
    assert words_with_tokens(found) == [("It", [0]), ("was", [2])]


@given(pieces)
def test_words_have_the_tokens_that_spell_them(tokens: list[str]) -> None:
    text = "".join(tokens).strip()
    found = words_with_token_ranges(text, len(tokens), lambda count: "".join(tokens[:count]))
    assert tuple(word for word, _ in found) == words_of(text)
    for word, indices in found:
        assert word in "".join(tokens[index] for index in indices)
    firsts = [indices[0] for _, indices in found]
    assert firsts == sorted(firsts)


@given(pieces)
def test_both_ways_agree_where_tokens_are_whole_characters(tokens: list[str]) -> None:
    text = "".join(tokens).strip()
    by_bytes = words_with_tokens([token.encode() for token in tokens])
    by_prefix = words_with_token_ranges(text, len(tokens), lambda count: "".join(tokens[:count]))
    assert [word for word, _ in by_bytes] == [word for word, _ in by_prefix]
    assert [list(indices) for _, indices in by_bytes] == [list(indices) for _, indices in by_prefix]


def test_a_text_that_stands_behind_a_frame_is_found_in_it() -> None:
    tokens = ["The text ", 'is "', "he", "llo", '".']
    found = words_with_token_ranges("hello", 5, lambda count: "".join(tokens[:count]))
    assert [(word, list(indices)) for word, indices in found] == [("hello", [2, 3])]


def test_a_text_that_the_tokens_do_not_spell_has_no_words() -> None:
    assert words_with_token_ranges("other", 2, lambda count: "text"[: 2 * count]) == []
    assert words_with_token_ranges("", 0, lambda count: "") == []
