"""What a format is: a name, what it needs, and a function that writes a data set into a folder."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import NamedTuple, NoReturn, Protocol

from asrlab.domain.time import Seconds
from asrlab.errors import OptionError
from asrlab.export.utterances import LabeledRecording, Utterance


class AudioNeed(Enum):
    """How a format holds audio."""

    NONE = "none"  # it holds none: subtitles, tiers of text
    REFERENCE = "reference"  # it names a file and a place in it, or a clip where clips are asked for
    CLIPS = "clips"  # it has no place within a file: a clip for each utterance, beside the manifest
    PACKED = "packed"  # the clips go into its archives: they are cut into a folder that is removed again
    WAV = "wav"  # mono 16-bit WAV files of whole recordings: the format converts what is none


class Place(NamedTuple):
    """Where an utterance is heard: a path or URI as the manifest writes it, and where in that file it begins."""

    path: str
    offset: Seconds


class Audio(Protocol):
    """The audio of a data set as it is laid out beside the manifest, ready before the format is asked to write."""

    is_clipped: bool
    """Whether each utterance has a file of its own."""

    def place(self, recording: LabeledRecording, utterance: Utterance) -> Place:
        """Where the utterance is heard; its offset is 0 in a clip."""
        ...

    def whole(self, recording: LabeledRecording) -> str:
        """The whole recording's path or URI as the manifest writes it; not with clips."""
        ...

    def file(self, recording: LabeledRecording, utterance: Utterance) -> Path:
        """The utterance's clip on this machine; only with clips."""
        ...

    def sampling_rate(self, recording: LabeledRecording) -> int:
        """Of the file that `place` names, in Hz."""
        ...

    def num_channels(self, recording: LabeledRecording) -> int:
        """Of the file that `place` names."""
        ...

    def num_samples(self, recording: LabeledRecording, utterance: Utterance) -> int:
        """Of the file that `place` names, a channel."""
        ...


class DataSet(Protocol):
    """What is to be written: one split, or all."""

    @property
    def audio(self) -> Audio: ...

    @property
    def shard_size(self) -> int:
        """Utterances in a shard, for formats of several archives."""
        ...

    @property
    def is_portable(self) -> bool:
        """Whether no absolute path may be written (--copy-audio): every path is relative to the folder."""
        ...

    def recordings(self) -> Iterator[LabeledRecording]:
        """The recordings in order of content hash, as often as asked for; never all in memory."""
        ...


@dataclass(frozen=True, slots=True)
class Format:
    """A format. write: writes into a folder that exists and returns the files it wrote, the manifest first.

    variant: "" or what an option of the command chooses, as "tarred". words: whether it writes the words' times.
    clips: the folder that clips are cut into. data_files: which files of a folder Hugging Face's `datasets` is to load,
    "" to leave that to it. A text that the format can't hold is refused (`refuse`), never bent.
    """

    name: str
    summary: str
    write: Callable[[DataSet, Path], Sequence[Path]]
    audio: AudioNeed
    words: bool = False
    variant: str = ""
    clips: str = "clips"
    data_files: str = ""


def refuse(form: str, recording: LabeledRecording, utterance: Utterance, why: str) -> NoReturn:
    """Raise OptionError for an utterance that a format can't hold, naming it."""
    raise OptionError(
        f"{form} can't hold the text at {utterance.start:g} s of {recording.source.uri}: {why}; "
        "leave it out with --where, or choose another format or --text"
    )
