"""How a written English word may be said: numbers, signs and abbreviations as the words a voice would speak.

A written word often has several readings ("1999" as a year, as a number, digit by digit), so all of them are given
and the audio decides. Only for comparing text with sound: what is stored in the catalog stays as it was written.
"""

import math
import re
import unicodedata
from collections.abc import Iterable
from itertools import product

from asrlab.errors import MissingExtraError

Reading = tuple[str, ...]
"""Lower-case words of letters and apostrophes, one after the other."""

# A hyphenated chain of numbers multiplies its readings; past this many the rest adds cost and no sense.
MAX_READINGS = 24
# Longer runs of digits are read out one by one; no number that long is said otherwise.
MAX_CARDINAL_DIGITS = 15

_ABBREVIATIONS: dict[str, tuple[Reading, ...]] = {
    "mr": (("mister",),),
    "mrs": (("missus",),),
    "ms": (("miz",), ("miss",)),
    "dr": (("doctor",), ("drive",)),
    "st": (("saint",), ("street",)),
    "prof": (("professor",),),
    "jr": (("junior",),),
    "sr": (("senior",),),
    "vs": (("versus",),),
    "etc": (("et", "cetera"),),
    "no": (("no",), ("number",)),
    "approx": (("approximately",),),
    "dept": (("department",),),
    "km": (("kilometers",), ("kilometer",)),
    "kg": (("kilograms",), ("kilogram",)),
    "ft": (("feet",), ("foot",)),
    "mph": (("miles", "per", "hour"),),
}
_SIGNS: dict[str, tuple[Reading, ...]] = {
    "&": (("and",),),
    "@": (("at",),),
    "%": (("percent",),),
    "+": (("plus",), ("and",)),
    "=": (("equals",), ("is",)),
    "#": (("number",), ("hash",), ("pound",)),
    "°": (("degrees",), ("degree",)),
    "*": (("star",), ()),
    "/": ((), ("slash",), ("or",)),
    "_": ((), ("underscore",)),
}
_CURRENCIES: dict[str, tuple[Reading, ...]] = {
    "$": (("dollars",), ("dollar",)),
    "£": (("pounds",), ("pound",)),
    "€": (("euros",), ("euro",)),
    "¥": (("yen",),),
}
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_VOWELS = frozenset("aeiouy")
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "`": "'"})
_INITIALS = re.compile(r"(?:[A-Za-z]\.){2,}(?:[A-Za-z]\b)?(?:'?s)?")
_PIECE = re.compile(
    r"(?P<money>[$£€¥])(?P<amount>\d[\d,]*(?:\.\d+)?)"
    r"|(?P<clock>\d{1,2}:\d{2})(?!\d)"
    r"|(?P<ordinal>\d[\d,]*)(?:st|nd|rd|th)(?![a-z])"
    r"|(?P<decade>\d+)'?s(?![a-z])"
    r"|(?P<number>\d[\d,]*(?:\.\d+)?|\.\d+)"
    r"|(?P<word>[a-z]+(?:'[a-z]+)*'?)"
    r"|(?P<dot>(?<=[a-z0-9])\.(?=[a-z0-9]))"
    r"|(?P<dash>(?<=\d)[-\u2010-\u2014](?=[$£€¥]?\d))"
    r"|(?P<minus>(?<![a-z0-9])[-\u2212](?=[$£€¥]?\d))"
    r"|(?P<sign>[&@%+=#°*/_])",
    re.IGNORECASE | re.ASCII,
)


def readings(written: str) -> tuple[Reading, ...]:
    """The ways `written`, one word without white space, may be said; likelier ones first, () for no sound at all.

    >>> readings("well-known,")
    (('well', 'known'),)

    Characters outside the Latin script and European digits have no reading. Raises MissingExtraError for a number.
    """
    plain = _plain(written)
    if initials := _INITIALS.fullmatch(plain.strip("\"'()[]{},;:!?")):
        return (_letters(initials.group()),)
    parts = [found for match in _PIECE.finditer(plain) if (found := _part(match))]
    if not parts:
        return ()
    said = _unique(tuple(word for part in chosen for word in part) for chosen in _few(parts))
    return tuple(reading for reading in said if reading)


def _few(parts: list[tuple[Reading, ...]]) -> Iterable[tuple[Reading, ...]]:
    """The combinations of the parts' readings, at most MAX_READINGS; a long chain keeps each part's first ones."""
    while math.prod(len(part) for part in parts) > MAX_READINGS:
        widest = max(len(part) for part in parts)
        parts = [part[: widest - 1] for part in parts]
    return product(*parts)


def _plain(written: str) -> str:
    """Without marks on letters, ligatures and curled apostrophes: "Café" is "Cafe"."""
    decomposed = unicodedata.normalize("NFKD", written.translate(_APOSTROPHES))
    return "".join(character for character in decomposed if unicodedata.category(character) != "Mn")


def _part(match: re.Match[str]) -> tuple[Reading, ...]:
    kind, said = match.lastgroup, match.group()
    if match["money"]:
        return _money(match["money"], match["amount"])
    if kind == "clock":
        return _clock(said)
    if kind == "ordinal":
        return _ordinal(match["ordinal"])
    if kind == "decade":
        return tuple((*reading[:-1], _plural(reading[-1])) for reading in _number(match["decade"]))
    if kind == "number":
        return _number(said)
    if kind == "dot":
        return (("dot",), ("point",))
    if kind == "dash":
        return ((), ("to",))
    if kind == "minus":
        return (("minus",), ("negative",), ())
    if kind == "sign":
        return _SIGNS[said]
    return _word(said)


def _word(said: str) -> tuple[Reading, ...]:
    lower = said.lower()
    word = lower.rstrip("'") or lower
    found: list[Reading] = list(_ABBREVIATIONS.get(word, ()))
    found.append((word,))
    # "US" or "us", "NASA": only the voice knows. No vowel, no word.
    if len(word) > 1 and word.isalpha() and (said.isupper() or not _VOWELS & set(word)):
        found.append(_letters(word))
    return _unique(found)


def _letters(word: str) -> Reading:
    """Letter by letter, as pronouncing dictionaries write them: "u.s." is ("u.", "s.")."""
    return tuple(f"{letter}." for letter in word.lower() if "a" <= letter <= "z")


def _number(written: str) -> tuple[Reading, ...]:
    """A cardinal, a year, pairs, or digit by digit."""
    digits = written.replace(",", "").rstrip(".")
    whole, point, decimals = digits.partition(".")
    if point:
        starts = _number(whole) if whole else (("zero",), ())
        return _unique((*start, "point", *end) for start in starts for end in _digit_by_digit(decimals)[:2])
    one_by_one = _digit_by_digit(whole)
    if len(whole) > MAX_CARDINAL_DIGITS or (len(whole) > 1 and whole.startswith("0")):
        return one_by_one
    cardinal = _spelled(int(whole), "cardinal")
    found = [cardinal, tuple(word for word in cardinal if word != "and")]
    if "," not in written and len(whole) == 4:
        found = [_spelled(int(whole), "year"), *found]
    if "," not in written and len(whole) in (3, 4):
        found.append(_in_pairs(whole))
    if len(whole) > 1:
        found.extend(one_by_one)
    return _unique(found)


def _in_pairs(digits: str) -> Reading:
    """Nine eleven for "911", twelve oh five for "1205"."""
    first, second = digits[:-2], digits[-2:]
    if second == "00":
        return (*_spelled(int(first), "cardinal"), "hundred")
    oh = ("oh",) if second.startswith("0") else ()
    return (*_spelled(int(first), "cardinal"), *oh, *_spelled(int(second), "cardinal"))


def _digit_by_digit(digits: str) -> tuple[Reading, ...]:
    words = tuple(_DIGITS[int(digit)] for digit in digits)
    return _unique([words, tuple("oh" if word == "zero" else word for word in words)])


def _money(sign: str, amount: str) -> tuple[Reading, ...]:
    whole, _, cents = amount.partition(".")
    units = _CURRENCIES[sign]
    found: list[Reading] = []
    for number in _number(whole)[:3]:
        for unit in units:
            if len(cents) == 2 and cents != "00":
                spelled = _spelled(int(cents), "cardinal")
                found += [(*number, *unit, "and", *spelled, "cents"), (*number, *unit, *spelled)]
            elif not cents.strip("0"):
                found.append((*number, *unit))
        found.append(number)  # "$3 million": the unit follows the next word
    if cents:
        found += [(*number, *units[0]) for number in _number(amount)] + list(_number(amount))
    return _unique(found)


def _clock(written: str) -> tuple[Reading, ...]:
    hours, minutes = (int(part) for part in written.split(":"))
    hour = _spelled(hours, "cardinal")
    if minutes == 0:
        return (hour, (*hour, "o'clock"), (*hour, "hundred"))
    minute = _spelled(minutes, "cardinal")
    return ((*hour, "oh", *minute), (*hour, *minute)) if minutes < 10 else ((*hour, *minute),)


def _ordinal(written: str) -> tuple[Reading, ...]:
    digits = written.replace(",", "")
    if len(digits) > MAX_CARDINAL_DIGITS:
        return _digit_by_digit(digits)
    said = _spelled(int(digits), "ordinal")
    return _unique([said, ("the", *said), tuple(word for word in said if word != "and")])


def _spelled(number: int, to: str) -> Reading:
    try:
        from num2words import num2words
    except ImportError as error:
        raise MissingExtraError(
            "spelling numbers needs the package num2words: pip install 'asrlab[pocketsphinx]'"
        ) from error
    said = str(num2words(number, lang="en", to=to))
    return tuple(re.findall(r"[a-z']+", said.lower()))


def _plural(word: str) -> str:
    if word.endswith("y"):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith("x") else "s")


def _unique(found: Iterable[Reading]) -> tuple[Reading, ...]:
    return tuple(dict.fromkeys(found))
