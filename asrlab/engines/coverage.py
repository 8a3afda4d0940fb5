"""Whether a text speaks of all the speech in a clip: what Silero hears against where the words were placed.

An aligner has to put every word somewhere, and stretches those it has over speech that nobody wrote down. So a word
covers no more than it can take to say it, and what speech is left over is counted (benchmarks/coverage.py).
"""

import unicodedata
from collections.abc import Iterable, Sequence

from asrlab.domain.labels import AlignedWord
from asrlab.domain.recipe import Recipe
from asrlab.domain.time import MS_PER_SECOND, Seconds, TimeSpan
from asrlab.engines.protocol import Waveform
from asrlab.engines.silero import open_silero

# So much speech without a word was not written down; and so much in a clip without a text is no cough.
MAX_UNCOVERED: Seconds = 0.8
MIN_SPEECH: Seconds = 0.5
# Borders are some tens of milliseconds off, and voices ring on.
_REACH_MS = 200
# What it takes at most to say a word, and each of its letters; a digit or sign is a word of several letters.
_WORD_MS, _LETTER_MS, _LETTERS_OF_A_SIGN = 200, 100, 4


def speech_in(waveform: Waveform) -> list[TimeSpan]:
    """Where somebody speaks in a clip of 16 kHz; takes 1.5 ms of one core a second."""
    return open_silero(Recipe()).speech([waveform])


def has_speech(waveform: Waveform) -> bool:
    """Whether a text is to be expected of a clip."""
    return sum(span.duration for span in speech_in(waveform)) >= MIN_SPEECH


def uncovered_seconds(speech: Sequence[TimeSpan], words: Iterable[AlignedWord]) -> Seconds:
    """How much of the speech no word can account for. Both in order, on one clock.

    >>> uncovered_seconds([TimeSpan(0, 10)], [AlignedWord("Hi,", TimeSpan(1, 4)), AlignedWord("10", TimeSpan(8, 9))])
    7.8
    """
    covered = [_covered_ms(word) for word in words]
    left = 0
    for span in speech:
        cursor = span.start_ms
        for first, end in covered:
            left += max(min(first, span.end_ms) - cursor, 0)
            cursor = max(cursor, min(end, span.end_ms))
        left += span.end_ms - cursor
    return left / MS_PER_SECOND


def _covered_ms(word: AlignedWord) -> tuple[int, int]:
    kinds = [unicodedata.category(character)[0] for character in word.text]
    letters = kinds.count("L") + _LETTERS_OF_A_SIGN * (kinds.count("N") + kinds.count("S"))
    end = min(word.span.end_ms, word.span.start_ms + _WORD_MS + _LETTER_MS * letters)
    return word.span.start_ms - _REACH_MS, end + _REACH_MS
