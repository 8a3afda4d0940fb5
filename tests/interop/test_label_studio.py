"""A real Label Studio server takes the tasks as they are, plays the audio, and its export corrects the catalog."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.interop.conftest import python_of
from tests.interop.corpus import spoken
from tests.interop.label_studio import LabelStudio, label_studio
from tests.process import Asrlab

pytestmark = pytest.mark.interop

CORRECTED = 'corrected: „<i>ü</i>” & "quotes" 😀 שלום 日本\nand a second line'
# Of a WAV, what follows its header.
BYTES = "bytes=44-1043"


@pytest.fixture(scope="module", params=["whole", "copied"])
def exported(request: pytest.FixtureRequest, place: Asrlab) -> Path:
    """The folder of an export that names audio where it lies, and of one that has it beside."""
    flags = ["--copy-audio"] if request.param == "copied" else []
    out = place.folder / f"tasks-{request.param}"
    # A text that was corrected after the former export has no words yet.
    place.run("align", "--aligner", "fake")
    place.run("export", "label-studio", "--out", out, *flags)
    return out


@pytest.fixture(scope="module")
def server(place: Asrlab, exported: Path) -> Iterator[LabelStudio]:
    """Started as docs/formats.md says."""
    root = exported if (exported / "audio").exists() else Path("/")
    with label_studio(python_of("label-studio"), place.folder / f"server-{exported.name}", root) as running:
        yield running


@pytest.fixture
def project(server: LabelStudio, exported: Path, place: Asrlab) -> int:
    """A project of its own for each test, with all tasks."""
    beside = exported / "audio"
    config = (exported / "label_config.xml").read_text(encoding="utf-8")
    made = server.make_project(config, beside if beside.exists() else place.folder / "audio")
    told = server.import_tasks(made, exported / "tasks.json")
    count = len(tasks_of(exported))
    assert (told["task_count"], told["prediction_count"], told["annotation_count"]) == (count, count, 0)
    return made


def tasks_of(folder: Path) -> list[dict[str, Any]]:
    tasks: list[dict[str, Any]] = json.loads((folder / "tasks.json").read_text(encoding="utf-8"))
    return tasks


def texts_of(result: list[dict[str, Any]]) -> dict[str, str]:
    """The text of each region, by the region's id."""
    return {entry["id"]: entry["value"]["text"][0] for entry in result if entry["type"] == "textarea"}


def test_tasks_and_predictions_come_back_unchanged(
    server: LabelStudio, project: int, exported: Path, place: Asrlab
) -> None:
    sent, kept = tasks_of(exported), server.tasks(project)
    assert [task["data"] for task in kept] == [task["data"] for task in sent]
    for given, task in zip(sent, kept, strict=True):
        (prediction,) = task["predictions"]
        assert {name: prediction[name] for name in given["predictions"][0]} == given["predictions"][0]
    regions = [entry for task in kept for entry in task["predictions"][0]["result"]]
    said = spoken(place)
    assert texts_of(regions) == {key: utterance.text for key, utterance in said.items()}
    words = {entry["id"]: entry["meta"]["words"] for entry in regions if entry["type"] == "labels"}
    assert {key: [word["word"] for word in each] for key, each in words.items()} == {
        key: utterance.text.split() for key, utterance in said.items()
    }


def test_the_audio_plays(server: LabelStudio, project: int, place: Asrlab) -> None:
    """Its page asks for a part of the file at a time."""
    sources = {utterance.key[:16]: Path(utterance.path) for utterance in spoken(place).values()}
    for task in server.tasks(project):
        data = sources[task["data"]["id"]].read_bytes()
        whole = server.client.get(task["data"]["audio"])
        assert (whole.status_code, whole.content) == (200, data)
        assert whole.headers["content-type"].startswith("audio/")
        part = server.client.get(task["data"]["audio"], headers={"Range": BYTES})
        assert (part.status_code, part.content) == (206, data[44:1044])


def test_a_text_corrected_in_label_studio_becomes_the_newest_version(
    server: LabelStudio, project: int, exported: Path, place: Asrlab
) -> None:
    before = spoken(place)
    task = server.tasks(project)[1]
    (prediction,) = task["predictions"]
    corrected = f"{CORRECTED} in {exported.name}"
    result = as_the_page_sends(prediction["result"])
    key = next(iter(texts_of(result)))
    entry = next(entry for entry in result if entry["id"] == key and entry["type"] == "textarea")
    entry["value"]["text"] = [corrected]
    entry["origin"] = "prediction-changed"
    server.annotate(task["id"], prediction["id"], result)

    file = place.folder / f"{exported.name}.json"
    file.write_bytes(server.export_json(project))
    said = place.run("import", "label-studio", file)
    assert "1 new versions, 0 new segments" in said
    after = spoken(place)
    assert {each: utterance.text for each, utterance in after.items()} == {
        **{each: utterance.text for each, utterance in before.items()},
        key: corrected,
    }
    (newest,) = place.query(
        f"SELECT origin, author, verdict FROM v_current WHERE text LIKE '% in {exported.name}'"
    )
    assert (newest["origin"], newest["verdict"]) == ("human", "corrected")
    assert newest["author"].startswith("label-studio:")
    assert "0 new versions, 0 new segments" in place.run("import", "label-studio", file)


def as_the_page_sends(result: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The annotation that the page of 1.23.2 makes of a prediction.

    It tells of each entry where it is from, rounds the length, gives all a channel, and the text its region's meta.
    """
    metas = {entry["id"]: entry["meta"] for entry in result if "meta" in entry}
    return [
        {
            **copy.deepcopy(entry),
            "original_length": round(entry["original_length"], 6),
            "value": {"channel": 0, **entry["value"]},
            "meta": metas[entry["id"]],
            "origin": "prediction",
        }
        for entry in result
    ]
