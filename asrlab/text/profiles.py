"""Text profiles: named, versioned rules that make of a text as written what a model is trained on.

What a released version does never changes: another rule is a version of its own, so that a release can be made again.
New Unicode versions bring characters, and with them rules for those; none changes what it says of an older one.
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from asrlab.text.cleaning import composed_text
from asrlab.text.punctuation import without_punctuation

DOTLESS_LANGUAGES = frozenset({"tr", "az"})
"""Of the Latin script those that write i with and without a dot as two letters."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A version of rules for texts. rule: a pure function of the text and its BCP-47 tag, None when not known."""

    name: str
    summary: str
    rule: Callable[[str, str | None], str]

    def apply(self, text: str, language: str | None = None) -> str:
        """The text by the rules, "" when nothing of it stays; applied again, it changes nothing more."""
        return self.rule(text, language)


def tagged(text: str, language: str | None) -> str:
    """The text behind Whisper's tag of its language; as it is where that is not known.

    >>> tagged("hello", "en-US"), tagged("hello", None)
    ('<|en|>hello', 'hello')
    """
    return f"<|{_primary(language)}|>{text}" if language else text


def _as_is(text: str, language: str | None) -> str:
    return text


def _nfc_1(text: str, language: str | None) -> str:
    return composed_text(text)


def _cased_1(text: str, language: str | None) -> str:
    return without_punctuation(composed_text(text))


def _lower_1(text: str, language: str | None) -> str:
    return _lower(composed_text(text), language)


def _bare_1(text: str, language: str | None) -> str:
    return without_punctuation(_lower(composed_text(text), language))


def _lower(text: str, language: str | None) -> str:
    """In lower case. Not folded: ß stays ß, and Σ at the end of a word becomes ς.

    In Turkish and Azerbaijani I becomes ı. İ becomes i in every language: Unicode's i with a second dot on top of it
    is a letter that no language writes.
    """
    if language and _primary(language) in DOTLESS_LANGUAGES:
        text = text.replace("I", "ı")
    lower = text.replace("İ", "i").lower()
    return lower if lower.isascii() else unicodedata.normalize("NFC", lower)


def _primary(language: str) -> str:
    """What Whisper's tags name: the language without its script and region."""
    return language.replace("_", "-").split("-")[0].lower()


PROFILES: Mapping[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile("as-is", "nothing is changed", _as_is),
        Profile("nfc-1", "composed (NFC), single spaces, without characters that nobody sees", _nfc_1),
        Profile("cased-1", "nfc-1 without punctuation", _cased_1),
        Profile("lower-1", "nfc-1 in lower case", _lower_1),
        Profile("bare-1", "nfc-1 in lower case without punctuation", _bare_1),
    )
}
"""Every version there is, by name."""
