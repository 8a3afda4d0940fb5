"""What an export writes: the recordings of a selection with their segments, and the words when a format asks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from asrlab.catalog import Catalog
from asrlab.catalog.selection import LabeledSegment, words_of_transcripts
from asrlab.domain.audio import AudioSource
from asrlab.domain.labels import AlignedWord


@dataclass(frozen=True, slots=True)
class LabeledRecording:
    """A recording, where its audio is now, and its selected segments by start."""

    recording_id: int
    source: AudioSource
    segments: tuple[LabeledSegment, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """The recordings to export, by file; every segment has a text, every file was there a moment ago."""

    recordings: tuple[LabeledRecording, ...]
    catalog: Catalog

    @property
    def segments(self) -> Iterator[LabeledSegment]:
        return (segment for recording in self.recordings for segment in recording.segments)

    @property
    def num_segments(self) -> int:
        return sum(len(recording.segments) for recording in self.recordings)

    def words(self, recording: LabeledRecording) -> Mapping[int, tuple[AlignedWord, ...]]:
        """The aligned words of a recording's transcripts, by transcript, on the recording's clock.

        Read when asked for: the words of a year of audio would not fit in memory at once.
        """
        with self.catalog.reading() as session:
            return words_of_transcripts(session, [segment.transcript_id for segment in recording.segments])
