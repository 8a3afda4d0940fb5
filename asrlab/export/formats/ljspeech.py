"""LJSpeech's layout, which trainers of voices read: `metadata.csv` and mono WAV clips in `wavs`.

`id|text|normalised text`, without a header and without quotes (https://keithito.com/LJ-Speech-Dataset); readers find
`wavs/<id>.wav`. Numbers are not spelled out.
"""

import re
from pathlib import Path

from asrlab.errors import OptionError
from asrlab.export.files import written_whole
from asrlab.export.formats.protocol import AudioNeed, DataSet, Format, refuse
from asrlab.text.cleaning import composed_text

FILE_NAME = "metadata.csv"
CLIPS = "wavs"
SUFFIX = ".wav"

# All that str.splitlines breaks at: readers in Python split by it, or by csv's and pandas's fewer.
_UNFIT = re.compile("[|\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029\0]")


def write_ljspeech(data: DataSet, folder: Path) -> list[Path]:
    """Write `metadata.csv`; the last column is the text composed (NFC), its white space single spaces.

    Raises OptionError for a text with `|` or a line break, and for clips that are not mono WAV.
    """
    target = folder / FILE_NAME
    with written_whole(target) as file:
        for recording in data.recordings():
            for utterance in recording.utterances:
                unfit = _UNFIT.search(utterance.text)
                if unfit is not None:
                    refuse("ljspeech", recording, utterance, f"it holds {_named(unfit.group())}")
                clip = data.audio.file(recording, utterance)
                if clip.suffix != SUFFIX or data.audio.num_channels(recording) != 1:
                    raise OptionError(
                        "ljspeech's readers take mono WAV files only: ask for --clips wav of one channel"
                    )
                file.write(f"{clip.stem}|{utterance.text}|{composed_text(utterance.text)}\n")
    return [target]


def _named(character: str) -> str:
    return "|" if character == "|" else f"a line break or the like (U+{ord(character):04X})"


FORMATS = (Format("ljspeech", "LJSpeech's layout for voices", write_ljspeech, AudioNeed.CLIPS, clips=CLIPS),)
