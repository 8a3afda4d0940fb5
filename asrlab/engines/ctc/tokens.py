"""The words of a text as the tokens of a CTC vocabulary, whatever its case."""

from collections.abc import Sequence
from typing import Any


def tokens_of_words(tokenizer: Any, words: Sequence[str]) -> list[list[int]]:
    """The tokens of each word; none for a word of which the vocabulary has no letter ("1999", "–").

    Many vocabularies hold capital letters only: the text's own case is taken, else the one it knows most of.
    """
    ways = [[_known(tokenizer, write(word)) for word in words] for write in (str, str.lower, str.upper)]
    return max(ways, key=lambda way: sum(_letters(tokenizer, tokens) for tokens in way))


def delimiter_of(tokenizer: Any) -> int | None:
    """The token that stands between two words, where the vocabulary has one."""
    token = getattr(tokenizer, "word_delimiter_token", None)
    return None if token is None else tokenizer.get_vocab().get(token)


def _known(tokenizer: Any, word: str) -> list[int]:
    special = {*tokenizer.all_special_ids, delimiter_of(tokenizer)}
    ids = [int(token) for token in tokenizer(word, add_special_tokens=False)["input_ids"]]
    known = [token for token in ids if token not in special]
    # What is left may be the sign of a word's beginning alone.
    return known if _letters(tokenizer, known) else []


def _letters(tokenizer: Any, tokens: Sequence[int]) -> int:
    pieces = tokenizer.convert_ids_to_tokens(list(tokens))
    return sum(character.isalnum() for piece in pieces for character in piece)
