"""One split of a spooled selection, or all of it, as a format is given it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from asrlab.export.formats.protocol import Audio
from asrlab.export.spool import RecordingSpool
from asrlab.export.utterances import LabeledRecording

SPLITS = ("train", "dev", "test")
LETTERS = {"train": "t", "dev": "d", "test": "e"}
"""How a release remembers the split of each utterance, in order."""

DROPPED = "-"
"""An utterance that is in no split, because its sentence is in a more held-out one."""


@dataclass(frozen=True, slots=True)
class SpooledDataSet:
    """The utterances of one split. letters: of every utterance spooled, b"" without splits; see `DataSet`."""

    spool: RecordingSpool
    audio: Audio
    shard_size: int
    is_portable: bool
    letters: bytes = b""
    split: str = ""

    def recordings(self) -> Iterator[LabeledRecording]:
        if not self.split:
            yield from self.spool
            return
        wanted = ord(LETTERS[self.split])
        position = 0
        for recording in self.spool:
            end = position + len(recording.utterances)
            kept = tuple(
                utterance
                for utterance, letter in zip(recording.utterances, self.letters[position:end], strict=True)
                if letter == wanted
            )
            position = end
            if kept:
                yield replace(recording, utterances=kept)
