"""Common Voice's layout: `validated.tsv` and `clips`.

The columns of its releases since 17. Its TSV knows no quotes (readers take csv.QUOTE_NONE): a quotation mark is one,
and a tab or line break can't be told.
"""

import hashlib
import json
import re
from pathlib import Path

from asrlab.export.files import written_whole
from asrlab.export.formats.protocol import AudioNeed, DataSet, Format, refuse
from asrlab.export.ids import speaker_key
from asrlab.export.utterances import LabeledRecording, Utterance

FILE_NAME = "validated.tsv"
COLUMNS = (
    *("client_id", "path", "sentence_id", "sentence", "sentence_domain", "up_votes", "down_votes"),
    *("age", "gender", "accents", "variant", "locale", "segment"),
)
SPEAKER_FACTS = ("age", "gender", "accents", "variant")
"""What a manifest may have said of the recording under the same name."""
_VOTES = {"accepted": (1, 0), "corrected": (1, 0), "rejected": (0, 1)}

# A tab, and all that str.splitlines breaks at.
_UNFIT = re.compile("[\t\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029\0]")


def write_commonvoice(data: DataSet, folder: Path) -> list[Path]:
    """Write `validated.tsv`, a clip a line. Raises OptionError for a text with a tab or a line break."""
    target = folder / FILE_NAME
    with written_whole(target) as file:
        file.write("\t".join(COLUMNS) + "\n")
        for recording in data.recordings():
            facts = _speaker_facts(recording.metadata)
            for utterance in recording.utterances:
                clip = data.audio.file(recording, utterance)
                file.write("\t".join(_fields(recording, utterance, clip.name, facts)) + "\n")
    return [target]


def _fields(recording: LabeledRecording, utterance: Utterance, clip: str, facts: list[str]) -> list[str]:
    """In the order of COLUMNS. A sentence's id is its SHA-256; a review is one vote."""
    text = utterance.text
    unfit = _UNFIT.search(text)
    if unfit is not None:
        refuse(
            "commonvoice", recording, utterance, f"it holds a tab or line break (U+{ord(unfit.group()):04X})"
        )
    up, down = _VOTES.get(utterance.verdict or "", (0, 0))
    client = _client(recording, utterance)
    sentence_id = hashlib.sha256(text.encode()).hexdigest()
    return [client, clip, sentence_id, text, "", str(up), str(down), *facts, utterance.language or "", ""]


def _client(recording: LabeledRecording, utterance: Utterance) -> str:
    """Who speaks, as an id; where nobody knows, the recording and its channel."""
    if utterance.speaker is not None:
        return speaker_key(utterance.speaker)
    return recording.key if utterance.channel is None else f"{recording.key}_c{utterance.channel}"


def _speaker_facts(metadata: str) -> list[str]:
    """Of a recording's metadata those that Common Voice has a column for, "" when not told."""
    known = json.loads(metadata)
    return [
        " ".join(value.split()) if isinstance(value := known.get(name), str) else "" for name in SPEAKER_FACTS
    ]


FORMATS = (Format("commonvoice", "Common Voice's TSV and clips", write_commonvoice, AudioNeed.CLIPS),)
