"""The words the forced aligner places, and where each stands in the text; no torch here.

They are bare: letters, digits, apostrophes. The span keeps what was dropped within reach, so that punctuation and
case survive. Japanese is cut by nagisa and Korean by soynlp, as the reference does; both are imported when needed.
"""

import unicodedata
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from asrlab.errors import MissingExtraError

EXTRA = "qwen3-aligner"
# `pip install --no-deps qwen-asr==0.0.6`: asrlab reads this one file of it.
DICTIONARY_PACKAGE = "qwen-asr"
DICTIONARY_FILE = "korean_dict_jieba.dict"


@dataclass(frozen=True, slots=True)
class AlignedUnit:
    """One word to place. first, end: the characters of the text it was made of, half-open."""

    text: str
    first: int
    end: int


def units_of(text: str, language: str | None = None) -> list[AlignedUnit]:
    """The words of `text` in order; none for a text without letters and digits.

    language: the model's English name, in any case. Raises MissingExtraError without the library it needs.
    """
    name = (language or "").strip().lower()
    if name == "japanese":
        return _located(text, _japanese(text))
    if name == "korean":
        return _located(text, _korean_tokenizer().tokenize(text))
    return list(_default_units(text))


def is_cjk(character: str) -> bool:
    """Whether a character is a word of its own: an ideograph of the blocks the reference lists."""
    code = ord(character)
    return any(first <= code <= last for first, last in _CJK_BLOCKS)


_CJK_BLOCKS = (
    *((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F)),
    *((0x2B820, 0x2CEAF), (0xF900, 0xFAFF)),
)


def _default_units(text: str) -> Iterator[AlignedUnit]:
    """Ideographs one by one, everything else by white space."""
    pieces: list[str] = []
    first = last = 0
    for start, end in _clusters(text):
        kept = _kept(text[start:end])
        if (is_space := text[start].isspace()) or is_cjk(text[start]):
            if pieces:
                yield AlignedUnit("".join(pieces), first, last)
                pieces = []
            if not is_space:
                yield AlignedUnit(kept, start, end)
        elif kept:
            first = first if pieces else start
            pieces.append(kept)
            last = end
    if pieces:
        yield AlignedUnit("".join(pieces), first, last)


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """Each character together with the combining marks behind it."""
    start = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or not _is_mark(text[index]):
            yield start, index
            start = index


def _kept(cluster: str) -> str:
    """What is left of a character and its marks: composed where Unicode can, nothing unless it is a word's."""
    # A lone character stays as it is: composing would exchange compatibility ideographs.
    composed = unicodedata.normalize("NFC", cluster) if len(cluster) > 1 else cluster
    return composed if _is_kept(composed[0]) else ""


def _is_kept(character: str) -> bool:
    return character == "'" or unicodedata.category(character)[0] in "LN"


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


def _clean(token: str) -> str:
    return "".join(_kept(token[start:end]) for start, end in _clusters(token)) if token else ""


def _located(text: str, tokens: Iterable[str]) -> list[AlignedUnit]:
    """Tokens in the order of the text, with their places; a tokenizer may have written a character another way."""
    units: list[AlignedUnit] = []
    cursor = 0
    for token in tokens:
        cleaned = _clean(token)
        if not cleaned:
            continue
        found = text.find(token, cursor)
        # What was rewritten (a wide digit, a composed syllable) is as long as it was, but for white space.
        first = found if found >= 0 else _next_kept(text, cursor)
        cursor = min(first + len(token), len(text))
        units.append(AlignedUnit(cleaned, first, cursor))
    return units


def _next_kept(text: str, cursor: int) -> int:
    while cursor < len(text) and not _is_kept(text[cursor]):
        cursor += 1
    return cursor


def _japanese(text: str) -> list[str]:
    try:
        import nagisa
    except ImportError as error:
        raise MissingExtraError(
            f'aligning Japanese needs the extra: pip install "asrlab[{EXTRA}]"'
        ) from error
    words: list[str] = nagisa.tagging(text).words
    return words


@lru_cache(maxsize=1)
def _korean_tokenizer() -> Any:
    """soynlp's, with the reference's dictionary if that is installed; without it words are cut at spaces."""
    try:
        with warnings.catch_warnings():
            # Python finds fault with how soynlp compares texts, each time it compiles it.
            warnings.simplefilter("ignore", SyntaxWarning)
            from soynlp.tokenizer import LTokenizer
    except ImportError as error:
        raise MissingExtraError(f'aligning Korean needs the extra: pip install "asrlab[{EXTRA}]"') from error
    dictionary = korean_dictionary()
    return LTokenizer(scores=_scores(dictionary)) if dictionary is not None else LTokenizer()


def korean_dictionary() -> Path | None:
    """The reference's list of Korean words, of which its package is the only source; none of its code is run."""
    try:
        files = distribution(DICTIONARY_PACKAGE).files or []
    except PackageNotFoundError:
        return None
    found = [Path(str(file.locate())) for file in files if file.name == DICTIONARY_FILE]
    return next((path for path in found if path.is_file()), None)


def _scores(dictionary: Path) -> dict[str, float]:
    """A line begins with its word."""
    lines = dictionary.read_text(encoding="utf-8").splitlines()
    return {line.split()[0]: 1.0 for line in lines if line.strip()}
