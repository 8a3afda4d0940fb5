"""Which tokens make which words, for any tokenizer: by what the first tokens of a text decode to.

Byte-level tokens, sentence pieces and characters with a delimiter all decode to text, and nothing else of them is
alike. So a word's tokens are found by decoding ever longer beginnings, in O(log tokens) decodings a word.
"""

import bisect
from collections.abc import Callable

from asrlab.text.words import word_spans


def words_with_token_ranges(
    text: str, token_count: int, decode_first: Callable[[int], str]
) -> list[tuple[str, range]]:
    """The words of `text`, each with the indices of its tokens; a token of two words belongs to both.

    decode_first: the text that the first k tokens spell. `text` must be a part of what all of them spell (its last
    one, when it stands there twice). No words when the beginnings don't grow into the whole.
    """
    whole = decode_first(token_count)
    offset = whole.rfind(text)
    if not text or offset < 0:
        return []

    def tokens_until(end: int) -> int:
        """The fewest tokens that spell the text up to a place; once a beginning does, longer ones do."""
        return bisect.bisect_left(
            range(token_count + 1), True, key=lambda count: decode_first(count)[:end] == whole[:end]
        )

    found: list[tuple[str, range]] = []
    for first, end in word_spans(text):
        with_first, with_last = tokens_until(offset + first + 1), tokens_until(offset + end)
        if not 0 < with_first <= with_last <= token_count:
            return []
        found.append((text[first:end], range(with_first - 1, with_last)))
    return found
