"""What is in an export, counted in one pass: for its card, its lock file and its report."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from asrlab.domain.time import MS_PER_SECOND, SECONDS_PER_HOUR, Seconds
from asrlab.export.utterances import LabeledRecording

SECONDS_PER_MINUTE = 60
UNKNOWN = "unknown"
NOT_REVIEWED = "not reviewed"
LONGEST_BIN_S = 40
"""Durations are counted by whole seconds; what is longer stands in the last bin."""

Facet = tuple[str | None, str | None, str, str | None]


@dataclass(slots=True)
class Statistics:
    """Counts of one split. durations: utterances by whole seconds, the last bin open. *_ms: milliseconds.

    by_license: milliseconds by corpus and licence.
    """

    num_recordings: int = 0
    num_utterances: int = 0
    num_words: int = 0
    audio_ms: int = 0
    speakers: set[str] = field(default_factory=set)
    durations: list[int] = field(default_factory=lambda: [0] * (LONGEST_BIN_S + 1))
    by_license: Counter[tuple[str, str]] = field(default_factory=Counter)
    _facets: dict[Facet, int] = field(default_factory=dict)

    @property
    def audio_seconds(self) -> Seconds:
        return self.audio_ms / MS_PER_SECOND

    def add(self, recording: LabeledRecording) -> None:
        self.num_recordings += 1
        total = words = 0
        facets, durations = self._facets, self.durations
        for utterance in recording.utterances:
            length = utterance.end_ms - utterance.start_ms
            total += length
            facet = (utterance.language, utterance.engine, utterance.origin, utterance.verdict)
            facets[facet] = facets.get(facet, 0) + length
            durations[min(length // MS_PER_SECOND, LONGEST_BIN_S)] += 1
            words += len(utterance.timed)
        self.num_words += words
        self.speakers.update({each.speaker for each in recording.utterances if each.speaker is not None})
        self.num_utterances += len(recording.utterances)
        self.audio_ms += total
        self.by_license[recording.corpus, recording.license or UNKNOWN] += total

    @property
    def by_language(self) -> dict[str, int]:
        """Milliseconds, the most first."""
        return self._by(lambda facet: facet[0] or UNKNOWN)

    @property
    def by_writer(self) -> dict[str, int]:
        """The same by who wrote the text: an engine, or people, or a file."""
        return self._by(lambda facet: facet[1] or facet[2] if facet[2] == "engine" else facet[2])

    @property
    def by_verdict(self) -> dict[str, int]:
        return self._by(lambda facet: facet[3] or NOT_REVIEWED)

    def _by(self, name_of: Callable[[Facet], str]) -> dict[str, int]:
        found: Counter[str] = Counter()
        for facet, length in self._facets.items():
            found[name_of(facet)] += length
        return most_first(found)


def length_text(length_ms: int) -> str:
    """A length for people: `2.41 h`, below an hour `5.2 min`, below a minute `9.0 s`."""
    seconds = length_ms / MS_PER_SECOND
    if seconds < SECONDS_PER_MINUTE:
        return f"{seconds:.1f} s"
    if seconds < SECONDS_PER_HOUR:
        return f"{seconds / SECONDS_PER_MINUTE:.1f} min"
    return f"{seconds / SECONDS_PER_HOUR:,.2f} h"


def most_first(counts: Mapping[str, int]) -> dict[str, int]:
    """The greatest first, equal ones by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def statistics_of(recordings: Iterable[LabeledRecording]) -> Statistics:
    """Counted over all of them."""
    found = Statistics()
    for recording in recordings:
        found.add(recording)
    return found
