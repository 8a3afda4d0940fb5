"""What engines and aligners say of a piece of audio."""

from dataclasses import dataclass

from asrlab.domain.time import TimeSpan

# Flags: closed vocabulary, stored with a transcript or a word.
FLAG_TRUNCATED = "truncated"  # decoding stopped at the token budget, not at the end of the text
FLAG_REPETITION = "repetition"  # the text repeats itself endlessly
FLAG_CONTEXT_ECHO = "context_echo"  # the text is nothing but words of the context
FLAG_EMPTY = "empty"  # speech was detected and no text came out
FLAG_NOT_COVERED = "not_covered"  # there is speech for which the text has no word
FLAG_INTERPOLATED = "interpolated"  # the word's times were not seen, but placed between its neighbours
FLAG_MISMATCH = "mismatch"  # the aligner refused the text: the audio does not say it


@dataclass(frozen=True, slots=True)
class WordConfidence:
    """One word of a hypothesis as written, with the engine's confidence in [0, 1]."""

    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class AlignedWord:
    """One word of a given text with its span, in seconds from the start of the waveform aligned.

    `score` in [0, 1] says how sure the aligner is of the place, None when it can't tell.
    """

    text: str
    span: TimeSpan
    score: float | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What an engine heard in one waveform.

    `raw_text` is the decoded output before any repair. `language` is the engine's own name for it and
    `language_tag` the BCP-47 tag; either may be None when the engine does not tell. `confidence` is the
    mean over the words, None for an empty text or an engine that gives none.
    `aligned` holds the words with their times where the engine tells them too, else nothing.
    `finish_reason` is "stop" (the model ended the text) or "length" (the budget ended it).
    """

    text: str
    raw_text: str
    language: str | None = None
    language_tag: str | None = None
    confidence: float | None = None
    words: tuple[WordConfidence, ...] = ()
    aligned: tuple[AlignedWord, ...] = ()
    finish_reason: str = "stop"
    flags: tuple[str, ...] = ()
