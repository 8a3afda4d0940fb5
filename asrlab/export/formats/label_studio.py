"""Label Studio's tasks with predictions, and the labeling configuration that they are made for.

Format: https://labelstud.io/guide/predictions, and the template "Automatic Speech Recognition using Segments"
(https://labelstud.io/templates/automatic_speech_recognition_segments): of each utterance a region with the label of
its voice, and the text that belongs to it; the two have one id.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from asrlab.audio.remote.urls import is_url
from asrlab.domain.time import MS_PER_SECOND
from asrlab.export.files import json_line, written_whole
from asrlab.export.formats.protocol import AudioNeed, DataSet, Format, refuse
from asrlab.export.utterances import LabeledRecording, TimedWord, Utterance
from asrlab.export.voices import voice_of
from asrlab.export.xml_text import xml_fault

TASKS = "tasks.json"
CONFIG = "label_config.xml"
LOCAL_FILES = "/data/local-files/?d="
"""Where Label Studio serves files of its machine: a path below its LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT."""

ANY_VOICE = "Speech"
SCORE_DIGITS = 6

_CONFIG = """<View>
  <Labels name="labels" toName="audio">
{labels}  </Labels>
  <Audio name="audio" value="$audio"/>
  <TextArea name="transcription" toName="audio" rows="2" editable="true" perRegion="true"
            maxSubmissions="1"/>
</View>
"""


def write_label_studio(data: DataSet, folder: Path) -> list[Path]:
    """Write `label_config.xml` and `tasks.json`, a task for each recording, or for each clip.

    Refuses what the databases of Label Studio and its configuration can't hold: a zero character in a text, and what
    is not XML in a speaker's name.
    """
    tasks, config = folder / TASKS, folder / CONFIG
    voices = {ANY_VOICE}
    with written_whole(tasks) as task_file, written_whole(config) as config_file:
        separator = "[\n"
        for recording in data.recordings():
            for utterance in recording.utterances:
                _check(recording, utterance)
                voices.add(_label(utterance))
            for task in _tasks(data, recording):
                task_file.write(separator + json_line(task).rstrip("\n"))
                separator = ",\n"
        task_file.write("[]\n" if separator == "[\n" else "\n]\n")
        labels = (f"    <Label value={quoteattr(voice)}/>\n" for voice in sorted(voices))
        config_file.write(_CONFIG.format(labels="".join(labels)))
    return [tasks, config]


def _check(recording: LabeledRecording, utterance: Utterance) -> None:
    if "\0" in utterance.text or any("\0" in word[0] for word in utterance.timed):
        refuse("label-studio", recording, utterance, "it holds a zero character")
    if fault := xml_fault(utterance.speaker or ""):
        refuse("label-studio", recording, utterance, f"in the speaker's name, {fault}")


def _tasks(data: DataSet, recording: LabeledRecording) -> Iterator[dict[str, object]]:
    if data.audio.is_clipped:
        for utterance in recording.utterances:
            path, _ = data.audio.place(recording, utterance)
            regions = list(_regions(recording, utterance, is_clip=True))
            yield _task(recording.key_of(utterance), path, recording, [utterance], regions)
        return
    whole = [
        region
        for utterance in recording.utterances
        for region in _regions(recording, utterance, is_clip=False)
    ]
    yield _task(recording.key, data.audio.whole(recording), recording, recording.utterances, whole)


def _task(
    key: str,
    path: str,
    recording: LabeledRecording,
    utterances: Sequence[Utterance],
    regions: Sequence[dict[str, object]],
) -> dict[str, object]:
    told = {
        "audio": path if is_url(path) else LOCAL_FILES + quote(path.removeprefix("/")),
        "id": key,
        "recording": recording.source.content_hash,
        "corpus": recording.corpus,
        "license": recording.license,
    }
    prediction = {
        "model_version": ", ".join(sorted({each.engine or each.origin for each in utterances})),
        "score": _mean(each.confidence for each in utterances),
        "result": regions,
    }
    return {"data": _known(told), "predictions": [_known(prediction)]}


def _regions(
    recording: LabeledRecording, utterance: Utterance, *, is_clip: bool
) -> Iterator[dict[str, object]]:
    """The utterance's two entries; a clip has a clock of its own, and one channel."""
    zero_ms = utterance.start_ms if is_clip else 0
    entry = {
        "id": recording.key_of(utterance),
        "to_name": "audio",
        "original_length": utterance.duration if is_clip else recording.source.duration,
    }
    place = _known(
        {
            "start": (utterance.start_ms - zero_ms) / MS_PER_SECOND,
            "end": (utterance.end_ms - zero_ms) / MS_PER_SECOND,
            "channel": None if is_clip else utterance.channel,
        }
    )
    yield _known(
        {
            **entry,
            "from_name": "labels",
            "type": "labels",
            "value": {**place, "labels": [_label(utterance)]},
            "score": utterance.confidence,
            "meta": _meta(utterance, zero_ms),
        }
    )
    yield {
        **entry,
        "from_name": "transcription",
        "type": "textarea",
        "value": {**place, "text": [utterance.text]},
    }


def _meta(utterance: Utterance, zero_ms: int) -> dict[str, object]:
    """What Label Studio keeps with a region, and gives back."""
    return _known(
        {
            "speaker": utterance.speaker,
            "language": utterance.language,
            "origin": utterance.origin,
            "engine": utterance.engine,
            "verdict": utterance.verdict,
            "flags": utterance.flags.split(",") if utterance.flags else None,
            "words": [_word(word, zero_ms) for word in utterance.timed] or None,
        }
    )


def _word(word: TimedWord, zero_ms: int) -> dict[str, object]:
    text, start, end, score, flags = word
    return _known(
        {
            "word": text,
            "start": (start - zero_ms) / MS_PER_SECOND,
            "end": (end - zero_ms) / MS_PER_SECOND,
            "score": score,
            "flags": flags.split(",") if flags else None,
        }
    )


def _label(utterance: Utterance) -> str:
    return voice_of(utterance) or ANY_VOICE


def _mean(confidences: Iterable[float | None]) -> float | None:
    known = [each for each in confidences if each is not None]
    return round(sum(known) / len(known), SCORE_DIGITS) if known else None


def _known(entry: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in entry.items() if value is not None}


FORMATS = (
    Format(
        "label-studio",
        "Label Studio's tasks with predictions",
        write_label_studio,
        AudioNeed.REFERENCE,
        words=True,
    ),
)
