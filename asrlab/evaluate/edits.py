"""How much of one text must be changed to make another, in words and in characters; counts of several add up."""

from dataclasses import dataclass
from functools import lru_cache

from asrlab.errors import MissingExtraError
from asrlab.text.normalise import normaliser_of


@dataclass(frozen=True, slots=True)
class Edits:
    """words, characters: of the references, normalised; a space counts as a character."""

    words: int = 0
    word_edits: int = 0
    characters: int = 0
    character_edits: int = 0

    def __add__(self, other: "Edits") -> "Edits":
        return Edits(
            self.words + other.words,
            self.word_edits + other.word_edits,
            self.characters + other.characters,
            self.character_edits + other.character_edits,
        )

    @property
    def wer(self) -> float | None:
        """Edited words ÷ words of the references; may be above 1, None without any."""
        return self.word_edits / self.words if self.words else None

    @property
    def cer(self) -> float | None:
        """Edited characters ÷ characters of the references; may be above 1, None without any."""
        return self.character_edits / self.characters if self.characters else None


# Kept, because figures over the same texts are asked for again and again.
@lru_cache(maxsize=4_096)
def count_edits(reference: str, hypothesis: str, language: str | None) -> Edits:
    """The edits that turn the hypothesis into the reference, both normalised as their language is.

    Raises MissingExtraError without the packages of the extra `eval`.
    """
    normalise = normaliser_of(language)
    said = normalise(reference)
    heard = said if reference == hypothesis else normalise(hypothesis)
    if said == heard:
        return Edits(len(said.split()), 0, len(said), 0)
    try:
        import jiwer
    except ImportError as error:
        raise MissingExtraError(
            "a word error rate needs the package jiwer: pip install 'asrlab[eval]'"
        ) from error
    words = jiwer.process_words([said], [heard])
    characters = jiwer.process_characters([said], [heard])
    return Edits(
        words.hits + words.substitutions + words.deletions,
        words.substitutions + words.deletions + words.insertions,
        characters.hits + characters.substitutions + characters.deletions,
        characters.substitutions + characters.deletions + characters.insertions,
    )
