"""What changed between two texts: which words stayed, for their times, and which parts, for showing.

Words are those of asrlab.text.words; a part of a script that writes no spaces is one character, with its marks.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from asrlab.text.terms import UNSPACED_SCRIPTS, script_of
from asrlab.text.words import word_spans

# From here on frequent words are not looked for one by one: that takes the square of the length.
MANY_WORDS = 2_000


@dataclass(frozen=True, slots=True)
class DiffPart:
    """A part of two texts: in both, in the old one alone, or in the new one alone."""

    kind: Literal["equal", "removed", "added"]
    text: str


def kept_words(old: Sequence[str], new: Sequence[str]) -> list[int | None]:
    """For each new word the old one that it is, None where there is none; in order, each old word once at most.

    Case and punctuation make no other word: it is spoken at the same time.
    """
    found: list[int | None] = [None] * len(new)
    for block in _matching([_spoken(word) for word in old], [_spoken(word) for word in new]):
        for offset in range(block[2]):
            found[block[1] + offset] = block[0] + offset
    return found


def _spoken(word: str) -> str:
    plain = unicodedata.normalize("NFKC", word).casefold()
    heard = "".join(each for each in plain if unicodedata.category(each)[0] in "LNM")
    return heard or plain


def _matching(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int, int]]:
    """Stretches that are the same: where in the old, where in the new, how long; what both begin and end with first.

    An edit is small: what is left to compare mostly is a word or two.
    """
    shorter = min(len(old), len(new))
    head = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    tail = next(
        (at for at in range(shorter - head) if old[len(old) - 1 - at] != new[len(new) - 1 - at]),
        shorter - head,
    )
    before, after = old[head : len(old) - tail], new[head : len(new) - tail]
    matcher = SequenceMatcher(None, before, after, autojunk=len(after) > MANY_WORDS)
    inner = [(head + block.a, head + block.b, block.size) for block in matcher.get_matching_blocks()]
    blocks = [(0, 0, head), *inner, (len(old) - tail, len(new) - tail, tail)]
    return [block for block in blocks if block[2]]


def diff_parts(old: str, new: str) -> list[DiffPart]:
    """The parts in order; those that are equal and added give the new text, every character of it.

    >>> [(part.kind, part.text) for part in diff_parts("a cat sat", "a dog sat")]
    [('equal', 'a '), ('removed', 'cat '), ('added', 'dog '), ('equal', 'sat')]
    """
    before, after = _pieces(old), _pieces(new)
    blocks = _matching([piece.strip() for piece in before], [piece.strip() for piece in after])
    parts: list[DiffPart] = []
    at_old = at_new = 0
    for first_old, first_new, size in (*blocks, (len(before), len(after), 0)):
        for kind, text in (
            ("removed", "".join(before[at_old:first_old])),
            ("added", "".join(after[at_new:first_new])),
            ("equal", "".join(after[first_new : first_new + size])),
        ):
            if text:
                _append(parts, kind, text)
        at_old, at_new = first_old + size, first_new + size
    return parts


def _append(parts: list[DiffPart], kind: str, text: str) -> None:
    match kind:
        case "equal":
            if parts and parts[-1].kind == "equal":
                text = parts.pop().text + text
            parts.append(DiffPart("equal", text))
        case "removed":
            parts.append(DiffPart("removed", text))
        case _:
            parts.append(DiffPart("added", text))


def _pieces(text: str) -> list[str]:
    """The text in words, each with the white space after it (the first with that before it), none left out."""
    starts: list[int] = []
    for first, end in word_spans(text):
        starts += [first + offset for offset in _cuts(text[first:end])]
    if not starts:
        return [text] if text else []
    starts[0] = 0
    return [text[first:end] for first, end in zip(starts, [*starts[1:], len(text)], strict=True)]


def _cuts(word: str) -> Iterator[int]:
    """Where the pieces of a word begin: once, or at each letter of a script that writes no spaces."""
    yield 0
    for at in range(1, len(word)):
        is_mark = unicodedata.category(word[at])[0] == "M"
        if not is_mark and {script_of(word[at - 1]), script_of(word[at])} & UNSPACED_SCRIPTS:
            yield at
