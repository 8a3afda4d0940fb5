"""Words of a text with their times, as the catalog holds them: whole milliseconds on the recording's clock."""

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
    """Words in a row that await alignment. first_word: the position of the first; the stretch they are spoken in."""

    first_word: int
    num_words: int
    start_ms: int
    end_ms: int
