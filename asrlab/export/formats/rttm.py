"""NIST's RTTM: who speaks when, as diarization tools read it.

Format: https://github.com/nryant/dscore#rttm, ten fields a line. Readers part lines at white space, and pandas, with
which pyannote reads, takes some names for none.
"""

from collections.abc import Iterator
from pathlib import Path

from asrlab.domain.time import MS_PER_SECOND
from asrlab.export.files import written_whole
from asrlab.export.formats.protocol import AudioNeed, DataSet, Format
from asrlab.export.ids import speaker_key
from asrlab.export.utterances import LabeledRecording, Utterance

TURNS = "all.rttm"

_TAKEN_FOR_NONE = frozenset({"NA", "NULL", "NaN", "None", "nan", "null"})


def write_rttm(data: DataSet, folder: Path) -> list[Path]:
    """Write `all.rttm`, a turn for each utterance, by recording and time."""
    target = folder / TURNS
    with written_whole(target) as file:
        file.writelines(_lines(data))
    return [target]


def _lines(data: DataSet) -> Iterator[str]:
    for recording in data.recordings():
        for utterance in recording.utterances:
            length = utterance.end_ms - utterance.start_ms
            times = f"{utterance.start_ms / MS_PER_SECOND:.3f} {length / MS_PER_SECOND:.3f}"
            channel = (utterance.channel or 0) + 1
            speaker = _speaker(recording, utterance)
            yield f"SPEAKER {recording.key} {channel} {times} <NA> <NA> {speaker} <NA> <NA>\n"


def _speaker(recording: LabeledRecording, utterance: Utterance) -> str:
    """Who is not known is the recording, or its channel: on two channels of a call are two people."""
    if not utterance.speaker:
        channel = utterance.channel
        return recording.key if channel is None else f"{recording.key}_c{channel}"
    if utterance.speaker in _TAKEN_FOR_NONE:
        return speaker_key(f"speaker {utterance.speaker}")
    return speaker_key(utterance.speaker)


FORMATS = (Format("rttm", "NIST's RTTM, who speaks when", write_rttm, AudioNeed.NONE),)
