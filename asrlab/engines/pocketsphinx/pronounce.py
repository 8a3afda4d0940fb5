"""How a spoken English word sounds: CMU's dictionary, and for what it does not hold a grapheme-to-phoneme model.

Sounds are the 39 of the dictionary (ARPABET without stress), as a string parted by spaces: "W AA Z".
"""

import re
from functools import lru_cache

from hama import G2PModel
from pocketsphinx import Decoder

# hama writes IPA; diacritics, length and stress marks it adds are passed over. Longest first.
_ARPABET = {
    "tʃ": "CH", "t͡ʃ": "CH", "dʒ": "JH", "d͡ʒ": "JH", "aɪ": "AY", "aʊ": "AW", "eɪ": "EY", "oʊ": "OW", "əʊ": "OW",
    "ɔɪ": "OY", "ɔʏ": "OY", "juː": "Y UW", "ts": "T S", "p": "P", "b": "B", "t": "T", "d": "D", "k": "K", "c": "K",
    "g": "G", "ɡ": "G", "f": "F", "v": "V", "θ": "TH", "ð": "DH", "s": "S", "z": "Z", "ʃ": "SH", "ʒ": "ZH",
    "ç": "HH", "x": "HH", "χ": "HH", "h": "HH", "m": "M", "n": "N", "ŋ": "NG", "ɲ": "N Y", "l": "L", "ɫ": "L",
    "ʎ": "L Y", "r": "R", "ɹ": "R", "ɾ": "D", "ʁ": "R", "ʀ": "R", "j": "Y", "w": "W", "ʍ": "W", "ʔ": "T",
    "iː": "IY", "i": "IY", "ɪ": "IH", "ʏ": "IH", "e": "EY", "ɛ": "EH", "ø": "ER", "œ": "ER", "æ": "AE", "a": "AA",
    "ɑ": "AA", "ɒ": "AA", "ɐ": "AH", "ʌ": "AH", "ə": "AH", "ɜ": "ER", "ɝ": "ER", "ɚ": "ER", "ɔ": "AO", "o": "OW",
    "ʊ": "UH", "u": "UW", "ɨ": "IH", "ʉ": "UW", "y": "UW",
}  # fmt: skip
_SOUND = re.compile("|".join(sorted(_ARPABET, key=len, reverse=True)))
_UNVOICED = frozenset({"P", "T", "K", "F", "TH"})
_SIBILANTS = frozenset({"S", "Z", "SH", "ZH", "CH", "JH"})
# A word of this many letters may well be said letter by letter, whatever a model makes of it.
MAX_LETTERS_SPELLED = 5


class Pronouncer:
    """Pronunciations by word; the same word always gives the same ones."""

    def __init__(self, dictionary: Decoder) -> None:
        """dictionary: a decoder that has loaded the dictionary; only looked up, never changed."""
        self._dictionary = dictionary

    def sounds(self, word: str) -> tuple[str, ...]:
        """The pronunciations of a word as `spoken_english` writes it, () for one nobody can say."""
        if known := self._known(word):
            return known
        base, apostrophe, ending = word.rpartition("'")
        if apostrophe and ending == "s" and (stems := self.sounds(base)):
            return tuple(f"{stem} {_genitive(stem)}" for stem in stems)
        guessed = _guessed(word)
        spelled = self._spelled(word) if len(word) <= MAX_LETTERS_SPELLED or not guessed else ""
        return tuple(dict.fromkeys(found for found in (guessed, spelled) if found))

    def _known(self, word: str) -> tuple[str, ...]:
        found: list[str] = []
        while sounds := self._dictionary.lookup_word(word if not found else f"{word}({len(found) + 1})"):
            found.append(sounds)
        return tuple(found)

    def _spelled(self, word: str) -> str:
        return " ".join(
            self._dictionary.lookup_word(f"{letter}.") or "" for letter in word if letter.isalpha()
        )


def _genitive(stem: str) -> str:
    last = stem.rpartition(" ")[2]
    if last in _SIBILANTS:
        return "AH Z"
    return "S" if last in _UNVOICED else "Z"


@lru_cache(maxsize=10_000)
def _guessed(word: str) -> str:
    """What the model of hama reads, "" for nothing."""
    letters = "".join(letter for letter in word if letter.isalpha())
    if not letters:
        return ""
    return " ".join(_ARPABET[sound] for sound in _SOUND.findall(_model().predict(letters).ipa))


@lru_cache(maxsize=1)
def _model() -> G2PModel:
    # Its weights are loaded for the first unknown word only.
    return G2PModel()
