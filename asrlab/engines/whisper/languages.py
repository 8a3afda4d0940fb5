"""The languages Whisper knows, by tag and by name; importing this loads transformers, but no torch."""

from collections.abc import Mapping

from transformers.models.whisper.tokenization_whisper import LANGUAGES, TO_LANGUAGE_CODE

from asrlab.errors import OptionError

# OpenAI's English-only models have one token less.
MULTILINGUAL_VOCABULARY = 51_865


def whisper_language_tag(language: str, *, is_multilingual: bool) -> str:
    """Whisper's tag for a BCP-47 tag or an English name.

    Raises OptionError for a language that Whisper, or an English-only checkpoint, does not know.
    """
    wanted = language.strip().lower()
    tag = TO_LANGUAGE_CODE.get(wanted, wanted if wanted in LANGUAGES else wanted.split("-")[0])
    if tag not in LANGUAGES:
        names = ", ".join(sorted(LANGUAGES))
        raise OptionError(f"Whisper does not know the language {language!r}; it knows {names}")
    if not is_multilingual and tag != "en":
        raise OptionError(
            f"this checkpoint knows English only, not {language!r}: give a multilingual --model"
        )
    return tag


def language_name(tag: str) -> str:
    """Whisper's own name of a language, capitalised."""
    return str(LANGUAGES[tag]).title()


def is_multilingual(generation: Mapping[str, object], vocab_size: int) -> bool:
    """Whether a checkpoint takes language tokens: as its generation config says, else by its vocabulary."""
    said = generation.get("is_multilingual")
    return vocab_size >= MULTILINGUAL_VOCABULARY if said is None else bool(said)
