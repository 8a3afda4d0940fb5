"""Praat's TextGrids: tiers of texts, one a voice, and tiers of their words.

Format: https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html. To Praat a file is its numbers, its texts
in quotes and its flags, one after another, and everything else is comment; so the long and the short form are one, and
a label is kept as it is.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from asrlab.domain.imported import ImportedText
from asrlab.domain.labels import AlignedWord
from asrlab.domain.reference import Reference
from asrlab.domain.time import Seconds, TimeSpan
from asrlab.ingest.imports.protocol import AudioName, Entry, ImportFormat
from asrlab.ingest.imports.told import hash_of
from asrlab.ingest.imports.voices import channel_of, speaker_of
from asrlab.ingest.manifests.rows import BadLine
from asrlab.ingest.sidecars import decoded, utterances_of_words

# A text, a comment to the end of its line, a flag, or what stands free: a number may carry a unit.
_TOKEN = re.compile(r'"((?:[^"]|"")*)"|(![^\n]*)|(<[^>\s]*>)|(?<!\S)([-+]?\d[\d.eE+-]*)[^\s"]*|[^\s"!]+|[!]')
_WORDS = "words"
_UNKNOWN = "segments"
"""What the export calls the tier of one of whom nothing is known."""
# Whole names, unlike those of sidecars: to pass over a speaker's tier would lose texts.
_SOUND_TIER = re.compile(
    r"(?:.* - )?(?:phon(?:e|eme|etic)s?|syll(?:able)?s?|mau|kan)", re.IGNORECASE | re.DOTALL
)
_WORD_TIER = re.compile(r"(?:.* - )?(?:words?|ort-mau)", re.IGNORECASE | re.DOTALL)
_MORE = re.compile(r"(.*) \(\d+\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Tier:
    """The labeled intervals of a tier, in seconds, those without a label left out."""

    name: str
    intervals: tuple[tuple[Seconds, Seconds, str], ...]


def read_textgrid(path: Path) -> Iterator[Entry | BadLine]:
    """The texts of each tier; tiers of words alone are joined to utterances at pauses.

    Raises ValueError for what is no TextGrid, or has no tier of texts.
    """
    source = str(path)
    tiers = [tier for tier in tiers_of(decoded(path)) if not _SOUND_TIER.fullmatch(tier.name)]
    if not tiers:
        raise ValueError("no tier of intervals that hold text")
    known = {tier.name for tier in tiers}
    words = {
        tier.name: tier
        for tier in tiers
        if _WORD_TIER.fullmatch(tier.name) and f"{tier.name} - {_WORDS}" not in known
    }
    texts = [tier for tier in tiers if tier.name not in words]
    if not texts:
        texts = [
            Tier(_without_words(tier.name), tuple(utterances_of_words(tier.intervals)))
            for tier in words.values()
        ]
    names = {tier.name for tier in texts}
    audio = AudioName(stem=path.stem, content_hash=hash_of(path.stem.rpartition(".")[2]))
    for tier in texts:
        own = words.get(f"{tier.name} - {_WORDS}") or words.get(_WORDS if _is_only(tier, texts) else "")
        voice = _voice(tier.name, names)
        for entry in _texts(tier, own.intervals if own else (), voice, source):
            yield entry if isinstance(entry, BadLine) else Entry(entry, audio)


def _texts(
    tier: Tier, words: Sequence[tuple[Seconds, Seconds, str]], voice: str, source: str
) -> Iterator[ImportedText | BadLine]:
    left = list(words)[::-1]
    for start, end, label in tier.intervals:
        own: list[AlignedWord] = []
        while left and left[-1][0] < end:
            first, last, text = left.pop()
            if first >= start:
                own.append(AlignedWord(text, TimeSpan(first, last)))
        place = f"{source}:{tier.name}:{start:g}"
        yield ImportedText(
            Reference(
                source, place, start, end, label, speaker=speaker_of(voice), metadata=MappingProxyType({})
            ),
            channel=channel_of(voice),
            words=tuple(own),
        )


def _voice(name: str, names: set[str]) -> str:
    """Who is heard in a tier; `anna (2)` holds what anna says over herself."""
    match = _MORE.fullmatch(name)
    return match[1] if match and match[1] in names else name


def _is_only(tier: Tier, texts: Sequence[Tier]) -> bool:
    """Whether words without a name are this tier's."""
    return len(texts) == 1 or tier.name == _UNKNOWN


def _without_words(name: str) -> str:
    """Aligners call the tiers of several speakers `NAME - words`."""
    return name.rpartition(" - ")[0] or name


def tiers_of(text: str) -> list[Tier]:
    """The interval tiers of a TextGrid, in order. Raises ValueError for what is none."""
    tokens = _Tokens(text)
    try:
        if tokens.text() != "ooTextFile" or tokens.text() != "TextGrid":
            raise ValueError("no TextGrid: it does not begin as one")
        tokens.number(), tokens.number()
        if tokens.flag() != "<exists>":
            return []
        return [tier for tier in [_tier(tokens) for _ in range(tokens.count())] if tier is not None]
    except StopIteration as error:
        raise ValueError("no TextGrid: it breaks off") from error


def _tier(tokens: "_Tokens") -> Tier | None:
    kind, name = tokens.text(), tokens.text()
    tokens.number(), tokens.number()
    if kind == "TextTier":
        for _ in range(tokens.count()):
            tokens.number(), tokens.text()
        return None
    if kind != "IntervalTier":
        raise ValueError(f"no TextGrid: a tier of the class {kind!r}")
    intervals = [(tokens.number(), tokens.number(), tokens.text()) for _ in range(tokens.count())]
    return Tier(name, tuple(each for each in intervals if each[2].strip() and each[1] > each[0]))


class _Tokens:
    """What Praat sees of a file, drawn one after another; raises StopIteration at its end."""

    def __init__(self, text: str) -> None:
        self._matches = _TOKEN.finditer(text.replace("\r\n", "\n"))

    def text(self) -> str:
        return self._next(1, "a text").replace('""', '"')

    def flag(self) -> str:
        return self._next(3, "a flag")

    def number(self) -> float:
        return float(self._next(4, "a number"))

    def count(self) -> int:
        return int(self.number())

    def _next(self, group: int, what: str) -> str:
        for match in self._matches:
            found = next((number for number in (1, 3, 4) if match[number] is not None), None)
            if found is None:
                continue
            if found != group:
                raise ValueError(f"no TextGrid: {match[0][:40]!r} stands where {what} belongs")
            return match[group]
        raise StopIteration


FORMATS = (ImportFormat("textgrid", (("*.TextGrid", "*.textgrid"),), read_textgrid),)
