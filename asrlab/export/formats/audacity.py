"""Audacity's label tracks, one file a recording: start, end and text with tabs between them.

Format: https://manual.audacityteam.org/man/importing_and_exporting_labels.html. It has no escapes.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from asrlab.domain.time import MS_PER_SECOND
from asrlab.export.formats.protocol import AudioNeed, DataSet, Format, refuse
from asrlab.export.stems import write_each
from asrlab.export.utterances import LabeledRecording

_UNFIT = {"\t": "a tab", "\n": "a line feed", "\r": "a carriage return", "\0": "a zero character"}
_ANY_UNFIT = re.compile("[\t\n\r\0]")


def write_audacity(data: DataSet, folder: Path) -> Sequence[Path]:
    """Write a `.txt` for each recording, to be imported beside its audio. Refuses a text with a tab or a line break."""
    return write_each(data, folder, ".txt", _labels)


def _labels(recording: LabeledRecording) -> str:
    lines: list[str] = []
    for utterance in recording.utterances:
        if unfit := _ANY_UNFIT.search(utterance.text):
            refuse("audacity", recording, utterance, f"it holds {_UNFIT[unfit.group()]}")
        start, end = utterance.start_ms / MS_PER_SECOND, utterance.end_ms / MS_PER_SECOND
        lines.append(f"{start:.6f}\t{end:.6f}\t{utterance.text}\n")
    return "".join(lines)


FORMATS = (
    Format("audacity", "Audacity's label tracks, one file a recording", write_audacity, AudioNeed.NONE),
)
