"""What the words of a text are, for scripts that write spaces and for those that don't.

A word keeps its punctuation. Han, Hiragana and Katakana characters are each a word of their own, as the
alignment of those languages goes by characters.
"""

import re

# CJK ideographs with extensions A to F and compatibility forms, Hiragana, Katakana (half-width too).
_CJK = (
    "\u3005\u3007\u3041-\u3096\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff66-\uff9d\U00020000-\U0002fa1f"
)
# Voicing marks written apart (NFD, half-width) and variation selectors belong to the character before them.
_CJK_MARKS = "\u3099\u309a\uff9e\uff9f\ufe00-\ufe0f\U000e0100-\U000e01ef"
_CJK_OPENING = "\u3008\u300a\u300c\u300e\u3010\u3014\uff08\uff3b\u2018\u201c"
_CJK_CLOSING = (
    "\u3001\u3002\u3009\u300b\u300d\u300f\u3011\u3015\uff01\uff09\uff0c\uff0e\uff1a\uff1b\uff1f\uff3d"
    "\u2019\u201d\u2026,.!?;:"
)
_WORD = re.compile(
    rf"[{_CJK_OPENING}]*[{_CJK}][{_CJK_MARKS}]*[{_CJK_CLOSING}]*|[^\s{_CJK}]+(?:[{_CJK_OPENING}]*(?=[{_CJK}]))?|\S"
)
_HAS_CJK = re.compile(f"[{_CJK}]")
_PLAIN_WORD = re.compile(r"\S+")


def word_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Where each word begins and ends in `text`, in characters; nothing but white space lies between.

    >>> [("ab c")[first:end] for first, end in word_spans("ab c")]
    ['ab', 'c']
    """
    pattern = _WORD if _HAS_CJK.search(text) else _PLAIN_WORD
    return tuple(match.span() for match in pattern.finditer(text))


def words_of(text: str) -> tuple[str, ...]:
    """The words themselves."""
    return tuple(text[first:end] for first, end in word_spans(text))
