"""What formats write: recordings with their utterances, plain values that know nothing of files or SQL.

A million utterances pass through an export, so they are tuples of plain values (NamedTuple, not dataclasses): twenty
microseconds is all that one may cost.
"""

from dataclasses import dataclass
from typing import NamedTuple

from asrlab.domain.audio import AudioSource
from asrlab.domain.labels import AlignedWord
from asrlab.domain.time import MS_PER_SECOND, Seconds, TimeSpan

KEY_DIGITS = 16
"""Of a recording's content hash, in keys and file names."""

TimedWord = tuple[str, int, int, float | None, str]
"""A word as written, start and end in ms on the recording's clock, the aligner's score, flags as text."""


class Utterance(NamedTuple):
    """What an export writes as one: the text of a segment, of several merged ones, or of a part of one.

    start_ms, end_ms: on the recording's clock, within it, padding included. channel: from 0, None for the mean of
    all. text: by the export's text profile, never blank. timed: the words in time order, () where none are known or
    the format asks for none. language: BCP-47. flags: comma-separated, "" for none. context: what the engine was told
    to expect. segment_ids, transcript_ids: the catalog's, several when merged. parts: the texts that were merged, before
    any profile, () for one by itself.
    """

    start_ms: int
    end_ms: int
    channel: int | None
    text: str
    language: str | None
    speaker: str | None
    confidence: float | None
    origin: str
    engine: str | None
    flags: str
    verdict: str | None
    context: str | None
    segment_ids: tuple[int, ...]
    transcript_ids: tuple[int, ...]
    timed: tuple[TimedWord, ...] = ()
    parts: tuple[str, ...] = ()

    @property
    def span(self) -> TimeSpan:
        return TimeSpan.from_ms(self.start_ms, self.end_ms)

    @property
    def start(self) -> Seconds:
        return self.start_ms / MS_PER_SECOND

    @property
    def duration(self) -> Seconds:
        return (self.end_ms - self.start_ms) / MS_PER_SECOND

    @property
    def words(self) -> tuple[AlignedWord, ...]:
        """The words with their times on the recording's clock."""
        return tuple(
            AlignedWord(word, TimeSpan.from_ms(start, end), score, tuple(flags.split(",")) if flags else ())
            for word, start, end, score, flags in self.timed
        )


@dataclass(frozen=True, slots=True)
class LabeledRecording:
    """A recording, where its audio is, and its selected utterances by start, end and channel.

    metadata: what manifests said of it, as JSON text.
    """

    recording_id: int
    source: AudioSource
    corpus: str
    license: str | None
    metadata: str
    utterances: tuple[Utterance, ...]

    @property
    def key(self) -> str:
        """The beginning of the content hash: the same in every catalog, wherever the audio lies."""
        return self.source.content_hash[:KEY_DIGITS]

    def key_of(self, utterance: Utterance) -> str:
        """`<hash>-<start ms>-<end ms>`, with `-c<channel>` for an utterance of one channel; sorts by time.

        No two utterances of an export have the same: of one interval and channel there is one text.
        """
        name = f"{self.source.content_hash[:KEY_DIGITS]}-{utterance.start_ms:08}-{utterance.end_ms:08}"
        return name if utterance.channel is None else f"{name}-c{utterance.channel}"
