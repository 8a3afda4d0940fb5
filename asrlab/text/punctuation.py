"""Punctuation taken away, but for what belongs to a word or a number: don't, e-mail, 3.14, 12:30, −5, צה"ל.

Text profiles are made of this: what it does to a text must never change, see asrlab.text.profiles.
"""

import re
import unicodedata
from functools import lru_cache

# Of category P, and read aloud: they stay, as currency signs and other symbols do.
_READ_ALOUD = "&%@#§‰‱\u066a\u0609\u060a\ufe60\ufe6a\ufe6b\ufe5f＆％＠＃"
_GERESH = "\u05f3"  # makes another letter of the one before it
# Symbols that stand for quotation marks.
_QUOTING_SYMBOLS = "`\u00b4"
_LAST_WITH_PUNCTUATION = 0x1FFFF  # no plane above holds any
_BEYOND_BMP = re.compile("[\U00010000-\U0010ffff]")

# One of these between two letters or digits is part of the word (after UAX #29, MidLetter and MidNumLet; hyphens and
# slashes are ours, and the Tibetan mark between syllables).
_IN_WORDS = frozenset(".'’‘:·\u0387‧․＇．：﹒_-‐‑\u058a\u05be/\u05f4\u0f0b＿－")
# … and one of these between two digits (MidNum, and the dash of ranges).
_IN_NUMBERS = frozenset(",;–،٫٬，；⁄")
# Written over the vowel that is stressed, called or asked, inside the word.
_ARMENIAN_TONES = frozenset("\u055b\u055c\u055e\u055f")
_OPENING = frozenset({"Ps", "Pi"})

# Scripts that write no spaces: CJK ideographs (with their variation selectors) and kana, Thai, Lao, Myanmar, Khmer.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3007\u3031-\u3035\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua9e0-\ua9fe\uaa60-\uaa7f\uf900-\ufaff\uff66-\uff9f"
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff\U000e0100-\U000e01ef]"
)
# Their digits stand among their letters.
_DIGIT = re.compile(r"\d")
_HEBREW = re.compile("[\u05d0-\u05ea]")
_MINUS = ("-", "－")
_STRAIGHT_QUOTES = ("'", '"')
_SIGN = re.compile(r"[-－]?\.?\Z")


def without_punctuation(text: str) -> str:
    """The text without punctuation, composed (NFC), in single spaces.

    A space takes the place of what is taken, but in scripts that write none. Apostrophes and hyphens go from the
    beginning and end of a word, dots from its end. Symbols (+, $, °, emoji) and what is read aloud (&, %, @, #) stay.
    """
    while True:
        bare = " ".join(_punctuation_in(text).sub(_what_stays, text).split())
        if bare.isascii() or unicodedata.is_normalized("NFC", bare):
            return bare
        # A mark behind what was taken is now behind a letter, and may stand beside other punctuation.
        text = unicodedata.normalize("NFC", bare)


def _punctuation_in(text: str) -> re.Pattern[str]:
    if text.isascii():
        return _punctuation(0x7F)
    return _punctuation(_LAST_WITH_PUNCTUATION if _BEYOND_BMP.search(text) else 0xFFFF)


@lru_cache(maxsize=3)
def _punctuation(last: int) -> re.Pattern[str]:
    """Runs of punctuation up to this character: `re` is twenty times slower with a set that leaves the BMP."""
    kept = _READ_ALOUD + _GERESH
    every = [
        character
        for character in map(chr, range(last + 1))
        if character in _QUOTING_SYMBOLS
        or (unicodedata.category(character)[0] == "P" and character not in kept)
    ]
    return re.compile(f"[{re.escape(''.join(every))}]+")


def _what_stays(match: re.Match[str]) -> str:
    """What takes the place of a run of punctuation."""
    text, (first, end) = match.string, match.span()
    after = text[end : end + 1]
    if not after or after.isspace():
        return " "
    before = "" if first == 0 or text[first - 1].isspace() else text[first - 1]
    run = match[0]
    if before and len(run) == 1 and _joins(before, run, after):
        return run
    sign = _sign(run, before) if _DIGIT.match(after) else ""
    if not before:
        return f" {sign}"
    if _UNSPACED.match(before) or (_UNSPACED.match(after) and not sign):
        return sign
    if run in _ARMENIAN_TONES:
        return ""
    return sign if _is_symbol(before) and run == sign else f" {sign}"


def _joins(before: str, mark: str, after: str) -> bool:
    """Whether a mark between two characters, neither of them space or punctuation, is part of a word or number."""
    if _DIGIT.match(before) and _DIGIT.match(after) and (mark in _IN_NUMBERS or mark in _IN_WORDS):
        return True
    if mark == '"':
        return bool(_HEBREW.match(before) and _HEBREW.match(after))
    return mark in _IN_WORDS and not (_UNSPACED.match(before) or _UNSPACED.match(after))


def _sign(run: str, before: str) -> str:
    """The minus and the decimal point that a number begins with, "" for a dash, or a full stop before it."""
    found = _SIGN.search(run)
    sign = found[0] if found else ""
    rest = run[: len(run) - len(sign)]
    if rest:
        is_open = unicodedata.category(rest[-1]) in _OPENING or (before == "" and rest in _STRAIGHT_QUOTES)
    else:
        is_open = before == "" or _is_symbol(before) or (bool(_UNSPACED.match(before)) and sign[:1] in _MINUS)
    return sign if is_open else ""


def _is_symbol(character: str) -> bool:
    return character != "" and (unicodedata.category(character)[0] == "S" or character in _READ_ALOUD)
