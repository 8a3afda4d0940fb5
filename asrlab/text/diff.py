"""What changed between two texts, word by word."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

EditKind = Literal["equal", "replace", "delete", "insert"]


@dataclass(frozen=True, slots=True)
class WordEdit:
    """A run of words: the same in both texts, or what the old one has in the place of what the new one has."""

    kind: EditKind
    old: tuple[str, ...]
    new: tuple[str, ...]


def diff_words(old: str, new: str) -> list[WordEdit]:
    """The runs that turn `old` into `new`, in order; words are what lies between spaces, compared as written.

    Joining the `old` of all runs gives the old text's words, joining the `new` the new one's.
    """
    before, after = old.split(), new.split()
    # Without "autojunk" no word counts as too frequent to be matched.
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return [
        WordEdit(kind, tuple(before[old_start:old_end]), tuple(after[new_start:new_end]))
        for kind, old_start, old_end, new_start, new_end in matcher.get_opcodes()
    ]


def marked(edits: Sequence[WordEdit]) -> str:
    """The edits on one line, in the marks of `git diff --word-diff`: [-old-] {+new+}."""
    parts: list[str] = []
    for edit in edits:
        if edit.kind == "equal":
            parts.append(" ".join(edit.new))
            continue
        if edit.old:
            parts.append(f"[-{' '.join(edit.old)}-]")
        if edit.new:
            parts.append(f"{{+{' '.join(edit.new)}+}}")
    return " ".join(parts)
