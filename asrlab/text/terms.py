"""The terms of a text, as full-text search compares them: without case, accents or punctuation.

Scripts that put no spaces between words (Han, kana, Thai and their kin) give one term a character, so that any part
of a sentence is found. Marks are taken off letters where they are accents; in other scripts they are letters.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

# Of the last two the marks are vowels that most texts leave out.
ACCENTED_SCRIPTS = frozenset({"LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW"})
UNSPACED_SCRIPTS = frozenset({"CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR"})
QUOTED = re.compile(r'"([^"]*)"')


@dataclass(frozen=True, slots=True)
class Term:
    """A term, and which of the text's words (what lies between spaces, from 0) it was taken from."""

    text: str
    word: int


def terms(text: str) -> list[Term]:
    """The terms of a text in order. Equal words give equal terms, however they are encoded, cased or accented."""
    return [Term(term, index) for index, word in enumerate(text.split()) for term in _terms_of(word)]


def query_phrases(query: str) -> list[list[str]]:
    """What a query asks for: every phrase must occur. Words in double quotes make one; so does any other word."""
    parts = [*QUOTED.findall(query), *QUOTED.sub(" ", query).split()]
    phrases = [[term.text for term in terms(part)] for part in parts]
    return [phrase for phrase in phrases if phrase]


def find_phrase(phrase: Sequence[str], found: Sequence[Term]) -> int | None:
    """The word in which the phrase first begins, None when it does not occur."""
    texts = [term.text for term in found]
    for first in range(len(texts) - len(phrase) + 1):
        if texts[first : first + len(phrase)] == list(phrase):
            return found[first].word
    return None


def _terms_of(word: str) -> Iterator[str]:
    begun = ""
    script = ""
    for character in unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", word).casefold()):
        kind = unicodedata.category(character)[0]
        if kind == "M":
            if begun and script not in ACCENTED_SCRIPTS:
                begun += character
            continue
        before, script = script, script_of(character)
        if begun and (kind not in "LN" or {before, script} & UNSPACED_SCRIPTS):
            yield unicodedata.normalize("NFC", begun)
            begun = ""
        if kind in "LN":
            begun += character
    if begun:
        yield unicodedata.normalize("NFC", begun)


@lru_cache(maxsize=4096)
def script_of(character: str) -> str:
    """The first word of the character's Unicode name, which for a letter is its script."""
    return unicodedata.name(character, "").split(" ")[0].split("-")[0]
