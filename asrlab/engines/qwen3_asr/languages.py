"""The languages Qwen3-ASR can be forced to, and those its aligner was trained for; no torch here."""

from collections.abc import Sequence

from asrlab.errors import OptionError
from asrlab.text.languages import language_tag

# In the reference's order. 22 Chinese dialects are recognised as well, but can't be asked for.
SUPPORTED_LANGUAGES = (
    *("Chinese", "English", "Cantonese", "Arabic", "German", "French", "Spanish", "Portuguese", "Indonesian"),
    *("Italian", "Korean", "Russian", "Thai", "Vietnamese", "Japanese", "Turkish", "Hindi", "Malay", "Dutch"),
    *("Swedish", "Danish", "Finnish", "Polish", "Czech", "Filipino", "Persian", "Greek", "Romanian"),
    *("Hungarian", "Macedonian"),
)
ALIGNER_LANGUAGES = (
    *("Chinese", "English", "Cantonese", "French", "German", "Italian", "Japanese", "Korean", "Portuguese"),
    *("Russian", "Spanish"),
)
_OF_TAG: dict[str | None, str] = {language_tag(name): name for name in SUPPORTED_LANGUAGES}
# Tagalog's own tag, and Norwegian-like twins of a tag that people write.
_OF_TAG |= {"tl": "Filipino", "cmn": "Chinese"}


class UnsupportedLanguageError(OptionError, ValueError):
    """A language the model can't be forced to; the message lists those it can."""


def normalize_language_name(language: str | None) -> str:
    """The first letter large, the rest small, as the reference writes names. Raises ValueError for nothing.

    >>> normalize_language_name(" cHINese ")
    'Chinese'
    """
    if language is None:
        raise ValueError("language is None")
    name = language.strip()
    if not name:
        raise ValueError("language is empty")
    return name[:1].upper() + name[1:].lower()


def validate_language(name: str, supported: Sequence[str] = SUPPORTED_LANGUAGES) -> None:
    """Raise UnsupportedLanguageError unless `name` is one of the canonical names."""
    if name not in supported:
        raise UnsupportedLanguageError(f"Unsupported language: {name}. Supported: {list(supported)}")


def canonical_language(language: str, supported: Sequence[str] = SUPPORTED_LANGUAGES) -> str:
    """The model's name for an English name in any case, or a BCP-47 tag ("en", "pt-BR", "yue").

    Raises UnsupportedLanguageError for what it can't be forced to, ValueError for an empty text.
    """
    name = normalize_language_name(language)
    if name not in supported:
        tag = language_tag(language)
        name = _OF_TAG.get(tag) or _OF_TAG.get((tag or "").partition("-")[0]) or name
    validate_language(name, supported)
    return name


def tag_of_language(name: str) -> str | None:
    """The BCP-47 tag of a name the model gave; None for one that has none, or for several.

    >>> tag_of_language("German"), tag_of_language("Chinese,English")
    ('de', None)
    """
    return language_tag(name) if normalize_or_empty(name) in SUPPORTED_LANGUAGES else None


def normalize_or_empty(language: str | None) -> str:
    """The normalised name, "" for nothing."""
    return normalize_language_name(language) if language and language.strip() else ""
