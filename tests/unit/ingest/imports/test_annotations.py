"""What people annotated in Label Studio is theirs: versions of origin human under their names, made of what counted."""

import json
from pathlib import Path
from typing import Any

from asrlab.catalog import Catalog
from asrlab.catalog.query import run_query
from asrlab.export import export, request_of
from asrlab.ingest.importing import ImportOutcome, import_texts
from tests.unit.export.conftest import Corpus, Said
from tests.unit.export.conftest import corpus as corpus
from tests.unit.ingest.imports.test_round_trip import write_noise

VERSIONS = """
SELECT t.segment_id, t.version, t.origin, t.author, t.text, p.version AS parent, v.verdict, v.reviewer
FROM v_transcripts t LEFT JOIN v_transcripts p ON p.transcript_id = t.parent_id
LEFT JOIN v_reviews v ON v.transcript_id = t.transcript_id ORDER BY t.segment_id, t.version, v.review_id
"""


def tasks_of(corpus: Corpus, folder: Path) -> list[dict[str, Any]]:
    """A task of two regions, as the export writes it."""
    corpus.label(
        write_noise(folder / "a.wav", 4.0, 1), Said(0.5, 2.0, "frist words"), Said(2.5, 3.5, "second")
    )
    export(corpus.catalog, request_of("label-studio", folder / "out"))
    tasks: list[dict[str, Any]] = json.loads((folder / "out" / "tasks.json").read_text(encoding="utf-8"))
    return tasks


def annotated(task: dict[str, Any], texts: list[str], by: object, when: str) -> dict[str, Any]:
    """The annotation that a person makes of the prediction."""
    result = json.loads(json.dumps(task["predictions"][0]["result"]))
    areas = [entry for entry in result if entry["type"] == "textarea"]
    for entry, text in zip(areas, texts, strict=True):
        entry["value"]["text"] = [text]
    return {"id": 1, "completed_by": by, "updated_at": when, "was_cancelled": False, "result": result}


def brought(catalog: Catalog, tasks: list[dict[str, Any]], path: Path) -> ImportOutcome:
    path.write_text(json.dumps(tasks), encoding="utf-8")
    outcome = import_texts(catalog, "label-studio", path)
    assert not outcome.failures, run_query(catalog, "SELECT message FROM v_failures").rows
    return outcome


def test_a_corrected_text_is_its_annotators_and_an_unchanged_one_accepted(
    corpus: Corpus, tmp_path: Path
) -> None:
    (task,) = tasks_of(corpus, tmp_path)
    anna = {"id": 3, "email": "anna@example.org", "first_name": "Anna"}
    task["annotations"] = [annotated(task, ["first words\n", "second"], anna, "2026-01-02T00:00:00Z")]
    # As an export of all tasks names them.
    task["predictions"] = [5]
    assert brought(corpus.catalog, [task], tmp_path / "back.json").versions == 1
    after = run_query(corpus.catalog, VERSIONS).rows
    first, second = after[0][0], after[-1][0]
    assert after == (
        (first, 1, "engine", "fake", "frist words", None, None, None),
        (first, 2, "human", "anna@example.org", "first words", 1, "corrected", "anna@example.org"),
        (second, 1, "engine", "fake", "second", None, "accepted", "anna@example.org"),
    )
    assert brought(corpus.catalog, [task], tmp_path / "back.json").versions == 0
    assert run_query(corpus.catalog, VERSIONS).rows == after

    task["annotations"].append(
        annotated(task_of(task), ["First words.", "second"], 7, "2026-01-03T00:00:00Z")
    )
    assert brought(corpus.catalog, [task], tmp_path / "back.json").versions == 1
    newest = run_query(corpus.catalog, VERSIONS).rows[2]
    assert newest[1:7] == (3, "human", "label-studio:7", "First words.", 2, "corrected")
    task["annotations"].pop()
    assert brought(corpus.catalog, [task], tmp_path / "back.json").versions == 0


def task_of(task: dict[str, Any]) -> dict[str, Any]:
    """The task as if its annotation were the prediction."""
    return {"predictions": [{"result": task["annotations"][0]["result"]}]}


def test_a_cancelled_annotation_and_a_bare_prediction_are_no_persons(corpus: Corpus, tmp_path: Path) -> None:
    (task,) = tasks_of(corpus, tmp_path)
    skipped = annotated(task, ["skipped", "skipped too"], 1, "2026-01-02T00:00:00Z")
    task["annotations"] = [{**skipped, "was_cancelled": True}]
    assert brought(corpus.catalog, [task], tmp_path / "back.json").versions == 0
    origins = run_query(corpus.catalog, "SELECT DISTINCT origin FROM v_transcripts").rows
    assert origins == (("engine",),)
    assert run_query(corpus.catalog, "SELECT COUNT(*) FROM v_reviews").rows == ((0,),)


def test_a_comment_beside_a_text_is_no_text(corpus: Corpus, tmp_path: Path) -> None:
    (task,) = tasks_of(corpus, tmp_path)
    annotation = annotated(task, ["first words", "second"], "anna", "2026-01-02T00:00:00Z")
    area = next(entry for entry in annotation["result"] if entry["type"] == "textarea")
    comment = {**area, "from_name": "comment", "value": {**area["value"], "text": ["noisy"]}}
    rating = {**area, "from_name": "quality", "type": "choices", "value": {"choices": ["bad"]}}
    annotation["result"] += [comment, rating]
    task["annotations"] = [annotation]
    assert brought(corpus.catalog, [task], tmp_path / "back.json").versions == 1
    texts = run_query(corpus.catalog, "SELECT text FROM v_current ORDER BY start_s").rows
    assert texts == (("first words",), ("second",))
