"""Time on a recording's clock: seconds, half-open `[start, end)`, whole milliseconds."""

from dataclasses import dataclass
from typing import Self

Seconds = float

MS_PER_SECOND = 1000
SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, slots=True, order=True)
class TimeSpan:
    """An interval `[start, end)` in seconds, rounded to 1 ms, never negative in time or length.

    Two spans that touch do not overlap: the end of one is the start of the next.

    >>> TimeSpan(0.25, 1.5).duration
    1.25
    """

    start: Seconds
    end: Seconds

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", round(self.start * MS_PER_SECOND) / MS_PER_SECOND)
        object.__setattr__(self, "end", round(self.end * MS_PER_SECOND) / MS_PER_SECOND)
        if not 0 <= self.start <= self.end:
            raise ValueError(f"a time span must be ordered and not negative, got [{self.start}, {self.end})")

    @classmethod
    def from_ms(cls, start_ms: int, end_ms: int) -> Self:
        return cls(start_ms / MS_PER_SECOND, end_ms / MS_PER_SECOND)

    @property
    def start_ms(self) -> int:
        return round(self.start * MS_PER_SECOND)

    @property
    def end_ms(self) -> int:
        return round(self.end * MS_PER_SECOND)

    @property
    def duration_ms(self) -> int:
        return self.end_ms - self.start_ms

    @property
    def duration(self) -> Seconds:
        return self.duration_ms / MS_PER_SECOND

    def sample_range(self, sampling_rate: int) -> tuple[int, int]:
        """First sample and one past the last; spans that touch share no sample and leave none out."""
        return (
            self.start_ms * sampling_rate // MS_PER_SECOND,
            self.end_ms * sampling_rate // MS_PER_SECOND,
        )

    def overlaps(self, other: "TimeSpan") -> bool:
        return self.start_ms < other.end_ms and other.start_ms < self.end_ms

    def shifted(self, by: Seconds) -> "TimeSpan":
        return TimeSpan(self.start + by, self.end + by)
