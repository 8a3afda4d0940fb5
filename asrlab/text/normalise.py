"""Text as a word error rate compares it: spelling, case, punctuation and the writing of numbers taken away.

Only for comparing. What is stored in the catalog is never normalised: the way back does not exist.
"""

from functools import lru_cache
from typing import Protocol

from asrlab.errors import MissingExtraError
from asrlab.text.terms import UNSPACED_SCRIPTS, script_of


class Normaliser(Protocol):
    """A pure function from a text as written to the text to compare, words parted by single spaces."""

    def __call__(self, text: str, /) -> str: ...


def english(text: str) -> str:
    """Whisper's English standardisation (Radford et al. 2022, appendix C): what the field's figures use.

    Lower case, no punctuation, no fillers ("uh"), contractions written out, American spelling, and numbers as
    digits: "twenty one" and "21", "second" and "2nd", "one oh one" and "101" count the same. Anything in
    square, round or angle brackets goes, so a note such as "[beep]" leaves nothing.

    Its limits, kept so that figures stay comparable: spoken single digits are joined ("five five five" is
    "555") but digits written apart are not ("5 5 5" stays three words), and a lone 1 becomes "one".

    Raises MissingExtraError.
    """
    words = _english_standardisation()(text).split()
    # It leaves the dots of "press ..." standing as a word, which nobody says.
    return " ".join(word for word in words if word.strip("."))


def basic(text: str) -> str:
    """Whisper's standardisation for every other language: lower case, no punctuation, nothing in brackets.

    Diacritics stay, and so do numbers as they are written. Raises MissingExtraError.
    """
    return " ".join(_basic_standardisation()(text).split())


def parted(text: str) -> str:
    """As `basic`, with a space around each character of a script that writes none: its words can't be told."""
    return " ".join(
        "".join(f" {each} " if script_of(each) in UNSPACED_SCRIPTS else each for each in basic(text)).split()
    )


def normaliser_of(language: str | None) -> Normaliser:
    """The one that texts in this language (a BCP-47 tag) are compared by."""
    primary = (language or "").partition("-")[0].lower()
    return english if primary == "en" else parted


@lru_cache(maxsize=1)
def _english_standardisation() -> Normaliser:
    try:
        from whisper_normalizer.english import EnglishTextNormalizer
    except ImportError as error:
        raise _missing() from error
    standardise: Normaliser = EnglishTextNormalizer()
    return standardise


@lru_cache(maxsize=1)
def _basic_standardisation() -> Normaliser:
    try:
        from whisper_normalizer.basic import BasicTextNormalizer
    except ImportError as error:
        raise _missing() from error
    standardise: Normaliser = BasicTextNormalizer()
    return standardise


def _missing() -> MissingExtraError:
    return MissingExtraError(
        "normalising text needs the package whisper-normalizer: pip install 'asrlab[eval]'"
    )
