"""Words of a text with their times, as the catalog holds them: whole milliseconds on the recording's clock."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word with its times. flags: comma-separated. run_id: of the run that found the times, None for nobody's."""

    word: str
    start_ms: int
    end_ms: int
    score: float | None = None
    confidence: float | None = None
    flags: str = ""
    run_id: int | None = None


@dataclass(frozen=True, slots=True)
class PendingSpan:
    """Words in a row that await alignment. first_word: the position of the first.

    start_ms, end_ms: from the end of the word before to the start of the one after, which stay; perhaps no time at all.
    """

    first_word: int
    num_words: int
    start_ms: int
    end_ms: int


def shares_of(words: Sequence[str], start_ms: int, end_ms: int) -> Iterator[tuple[int, int]]:
    """Start and end of each word (ms) where nothing but the stretch of them all is known: it is shared by letters."""
    total = sum(len(word) for word in words) or 1
    done = 0
    for word in words:
        first, done = done, done + len(word)
        yield (
            start_ms + (end_ms - start_ms) * first // total,
            start_ms + (end_ms - start_ms) * done // total,
        )
