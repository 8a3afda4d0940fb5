"""Tasks as Label Studio's own validator wants them: the schema and the rules below are those of its SDK 2.1.2.

`LabelInterface(config).validate_prediction(prediction, return_errors=True)` of label-studio-sdk says the same; it is
no dependency, as it asks for an older numpy.
"""

import json
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema
import pytest
from hypothesis import given, settings

from asrlab.errors import OptionError
from asrlab.export.formats.label_studio import write_label_studio
from asrlab.export.utterances import LabeledRecording
from tests.datasets import MemoryDataSet, clipped, recording, utterance
from tests.unit.export.formats.hard_texts import HARD_TEXTS, texts

PLACE = {"start": {"type": "number", "minimum": 0}, "end": {"type": "number"}, "channel": {"type": "integer"}}
STRINGS = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 1}
REGION = {
    "type": "object",
    "required": ["id", "from_name", "to_name", "type", "value"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "to_name": {"const": "audio"},
        "original_length": {"type": "number", "exclusiveMinimum": 0},
        "score": {"type": "number", "minimum": 0, "maximum": 1},
    },
    "oneOf": [
        {
            "properties": {
                "from_name": {"const": name},
                "type": {"const": kind},
                "value": {
                    "type": "object",
                    "required": ["start", "end", field],
                    "properties": {**PLACE, field: STRINGS},
                    "additionalProperties": False,
                },
            }
        }
        for name, kind, field in (("labels", "labels", "labels"), ("transcription", "textarea", "text"))
    ],
}
PREDICTION = {
    "type": "object",
    "required": ["model_version", "result"],
    "properties": {
        "model_version": {"type": "string", "minLength": 1},
        "score": {"type": "number", "minimum": 0, "maximum": 1},
        "result": {"type": "array", "items": REGION, "minItems": 1},
    },
    "additionalProperties": False,
}
TASKS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["data", "predictions"],
        "properties": {
            "data": {
                "type": "object",
                "required": ["audio"],
                "additionalProperties": {"type": "string", "minLength": 1},
            },
            "predictions": {"type": "array", "items": PREDICTION, "minItems": 1, "maxItems": 1},
        },
        "additionalProperties": False,
    },
}


def written(data: MemoryDataSet, folder: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """The tasks, valid, and the labels that the configuration offers."""
    tasks_path, config_path = write_label_studio(data, folder)
    tasks = json.loads(tasks_path.read_text(encoding="utf-8"))
    jsonschema.validate(tasks, TASKS)
    root = ElementTree.parse(config_path).getroot()
    assert [(each.tag, each.get("name"), each.get("toName"), each.get("value")) for each in root] == [
        ("Labels", "labels", "audio", None),
        ("Audio", "audio", None, "$audio"),
        ("TextArea", "transcription", "audio", None),
    ]
    labels = [each.get("value", "") for each in root.iter("Label")]
    used = {
        label
        for task in tasks
        for region in task["predictions"][0]["result"]
        for label in region["value"].get("labels", ())
    }
    assert used <= set(labels)
    assert len(set(labels)) == len(labels)
    return tasks, labels


def a_call(folder: Path) -> LabeledRecording:
    """0 -- [0.5 hello 0.9 "world" 1.5] anna -- [1.2 yes 2] on channel 1 -- 2.5 s."""
    words = [("hello", 0.5, 0.9), ('"world"', 0.9, 1.5)]
    return recording(
        folder,
        "two & cities.wav",
        2.5,
        utterance(0.5, 1.5, 'hello "world"', words=words, speaker="anna", channel=0),
        utterance(1.2, 2, "yes", channel=1)._replace(confidence=0.25, engine=None, origin="human"),
        channels=2,
    )


def test_a_recording_is_a_task_with_a_region_and_a_text_for_each_utterance(tmp_path: Path) -> None:
    held = a_call(tmp_path)
    ((task,), labels) = written(MemoryDataSet([held]), tmp_path)
    assert labels == ["Channel 2", "Speech", "anna"]
    (prediction,) = task["predictions"]
    assert (prediction["model_version"], prediction["score"]) == ("fake, human", 0.5)
    region, text, *others = prediction["result"]
    assert region == {
        "id": f"{held.key}-00000500-00001500-c0",
        "to_name": "audio",
        "original_length": 2.5,
        "from_name": "labels",
        "type": "labels",
        "value": {"start": 0.5, "end": 1.5, "channel": 0, "labels": ["anna"]},
        "score": 0.75,
        "meta": {
            "speaker": "anna",
            "language": "en",
            "origin": "engine",
            "engine": "fake",
            "words": [
                {"word": "hello", "start": 0.5, "end": 0.9, "score": 0.5},
                {"word": '"world"', "start": 0.9, "end": 1.5, "score": 0.5},
            ],
        },
    }
    assert text["id"] == region["id"]
    assert text["value"] == {"start": 0.5, "end": 1.5, "channel": 0, "text": ['hello "world"']}
    assert [each["value"].get("labels", each["value"].get("text")) for each in others] == [
        ["Channel 2"],
        ["yes"],
    ]


def test_a_file_of_this_machine_is_named_as_label_studio_serves_it(tmp_path: Path) -> None:
    ((task,), _) = written(MemoryDataSet([a_call(tmp_path)]), tmp_path)
    asked = urlsplit(task["data"]["audio"])
    assert asked.path == "/data/local-files/"
    assert parse_qs(asked.query) == {"d": [f"{tmp_path}/two & cities.wav".removeprefix("/")]}


@pytest.mark.parametrize(
    ("path", "served"),
    [
        ("audio/0123.wav", "/data/local-files/?d=audio/0123.wav"),
        ("https://host.example/a%20b.wav?c=1", "https://host.example/a%20b.wav?c=1"),
        ("s3://bucket/a.wav", "s3://bucket/a.wav"),
    ],
)
def test_a_relative_path_is_served_and_a_url_stays_one(tmp_path: Path, path: str, served: str) -> None:
    held = a_call(tmp_path)
    there = replace(held, source=replace(held.source, uri=path))
    ((task,), _) = written(MemoryDataSet([there], is_portable=True), tmp_path)
    assert task["data"]["audio"] == served


def test_a_clip_is_a_task_with_a_clock_of_its_own(tmp_path: Path) -> None:
    held = a_call(tmp_path)
    tasks, labels = written(clipped(tmp_path / "out", held), tmp_path / "out")
    assert labels == ["Channel 2", "Speech", "anna"]
    key = f"{held.key}-00000500-00001500-c0"
    assert tasks[0]["data"]["audio"] == f"/data/local-files/?d=clips/{key}.wav"
    region, text = tasks[0]["predictions"][0]["result"]
    assert region["value"] == {"start": 0.0, "end": 1.0, "labels": ["anna"]}
    assert text["value"] == {"start": 0.0, "end": 1.0, "text": ['hello "world"']}
    assert region["meta"]["words"][0] == {"word": "hello", "start": 0.0, "end": 0.4, "score": 0.5}
    assert (tasks[0]["data"]["id"], region["id"], region["original_length"]) == (key, key, 1.0)


def test_several_recordings_are_one_list_and_equal_bytes_each_time(tmp_path: Path) -> None:
    held = [recording(tmp_path, f"{name}.wav", 1.0, utterance(0, 1, name)) for name in "abc"]
    tasks, _ = written(MemoryDataSet(held), tmp_path / "once")
    assert [task["data"]["id"] for task in tasks] == sorted(each.key for each in held)
    again = write_label_studio(MemoryDataSet(held), tmp_path / "again")
    assert [path.read_bytes() for path in again] == [
        (tmp_path / "once" / path.name).read_bytes() for path in again
    ]


def test_no_recording_is_an_empty_list(tmp_path: Path) -> None:
    assert written(MemoryDataSet([]), tmp_path) == ([], ["Speech"])


def test_each_task_is_a_line_even_where_texts_break_lines(tmp_path: Path) -> None:
    said = [utterance(index, index + 1, text) for index, text in enumerate(HARD_TEXTS)]
    tasks_path, _ = write_label_studio(
        MemoryDataSet([recording(tmp_path, "a.wav", len(said), *said)]), tmp_path
    )
    assert len(tasks_path.read_text(encoding="utf-8").splitlines()) == 3


def is_xml(character: str) -> bool:
    return character in "\t\n\r" or (character >= " " and character not in "\ufffe\uffff")


@given(text=texts, word=texts, speaker=texts)
@settings(max_examples=40, deadline=None)
def test_any_text_comes_back_as_it_was_or_is_refused_by_name(
    tmp_path_factory: pytest.TempPathFactory, text: str, word: str, speaker: str
) -> None:
    out = tmp_path_factory.mktemp("label-studio")
    said = utterance(0, 0.01, text, words=[(word, 0, 0.01)], speaker=speaker)
    data = MemoryDataSet([recording(out, "a.wav", 0.01, said)])
    if "\0" in text + word or not all(map(is_xml, speaker)):
        with pytest.raises(OptionError, match=r"label-studio can't hold the text at 0 s of .*a\.wav"):
            write_label_studio(data, out)
        return
    ((task,), labels) = written(data, out)
    region, transcription = task["predictions"][0]["result"]
    assert transcription["value"]["text"] == [text]
    assert region["meta"]["words"][0]["word"] == word
    assert region["value"]["labels"] == [speaker]
    assert speaker in labels


@pytest.mark.parametrize(("text", "speaker"), [("a\0b", None), ("a", "anna\x1b")])
def test_what_its_database_or_its_configuration_can_not_hold_is_refused(
    tmp_path: Path, text: str, speaker: str | None
) -> None:
    held = recording(tmp_path, "a.wav", 1.0, utterance(0, 1, text, speaker=speaker))
    with pytest.raises(OptionError, match="label-studio can't hold"):
        write_label_studio(MemoryDataSet([held]), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
