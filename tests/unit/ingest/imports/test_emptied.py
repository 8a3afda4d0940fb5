"""Whoever empties a text in a file says that nothing is said there; a text that is missing says nothing."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from asrlab.catalog.query import run_query
from asrlab.errors import OptionError
from asrlab.export import export, request_of
from asrlab.ingest import ingest_files
from asrlab.ingest.importing import import_texts
from tests.unit.export.conftest import Corpus, Said, everything
from tests.unit.export.conftest import corpus as corpus
from tests.unit.ingest.imports.conftest import NewCatalog
from tests.unit.ingest.imports.test_annotations import annotated, brought, tasks_of
from tests.unit.ingest.imports.test_round_trip import write_noise

CURRENT = "SELECT text, origin FROM v_current ORDER BY start_s"
VERSIONS = "SELECT COUNT(*) FROM v_transcripts"


def labeled(corpus: Corpus, folder: Path) -> None:
    words = (("thank", 0.0, 0.5), ("you", 0.5, 1.0))
    corpus.label(
        write_noise(folder / "a.wav", 5.0, 1), Said(0.5, 2.0, "thank you", words), Said(2.5, 3.5, "second")
    )


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write_lines(path: Path, lines: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


@pytest.mark.parametrize("empty", ["", " \n"])
@pytest.mark.parametrize("form", ["nemo", "jsonl"])
def test_an_emptied_line_empties_its_segments_text(
    corpus: Corpus, tmp_path: Path, form: str, empty: str
) -> None:
    labeled(corpus, tmp_path)
    export(corpus.catalog, request_of(form, tmp_path / "out"))
    manifest = tmp_path / "out" / ("manifest.jsonl" if form == "nemo" else "utterances.jsonl")
    first, second = lines_of(manifest)
    write_lines(manifest, [{**first, "text": empty}, second])
    for versions in (1, 0):
        outcome = import_texts(corpus.catalog, form, tmp_path / "out")
        assert (outcome.texts, outcome.versions, outcome.segments, outcome.failures) == (2, versions, 0, {})
    assert run_query(corpus.catalog, CURRENT).rows == (("", "import"), ("second", "engine"))
    # The engine's own.
    assert run_query(corpus.catalog, "SELECT COUNT(*) FROM v_words").rows == ((2,),)

    exported = export(corpus.catalog, request_of(form, tmp_path / "again"))
    assert (exported.num_utterances, exported.left_out) == (1, {"empty_text": (1, 1_500)})
    before = everything(tmp_path / "again")
    assert import_texts(corpus.catalog, form, tmp_path / "again").versions == 0
    export(corpus.catalog, request_of(form, tmp_path / "again"))
    assert everything(tmp_path / "again") == before


def test_an_emptied_cell_of_a_table_is_an_empty_text(corpus: Corpus, tmp_path: Path) -> None:
    labeled(corpus, tmp_path)
    export(corpus.catalog, request_of("csv", tmp_path / "out"))
    table = tmp_path / "out" / "utterances.csv"
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[0]["text"] = ""
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert import_texts(corpus.catalog, "csv", tmp_path / "out").versions == 1
    assert run_query(corpus.catalog, CURRENT).rows == (("", "import"), ("second", "engine"))


def test_a_text_that_is_missing_says_nothing_and_an_empty_one_needs_a_text(
    corpus: Corpus, tmp_path: Path
) -> None:
    labeled(corpus, tmp_path)
    line = {"audio_filepath": "a.wav", "offset": 0.5, "duration": 1.5}
    write_lines(tmp_path / "m.jsonl", [line, {**line, "text": None}])
    outcome = import_texts(corpus.catalog, "nemo", tmp_path / "m.jsonl")
    assert (outcome.texts, outcome.versions, outcome.failures) == (0, 0, {})
    write_lines(tmp_path / "m.jsonl", [{**line, "offset": 3.0, "text": ""}])
    outcome = import_texts(corpus.catalog, "nemo", tmp_path / "m.jsonl")
    assert (outcome.versions, outcome.segments, len(outcome.failures)) == (0, 0, 1)
    ((reason, why),) = run_query(corpus.catalog, "SELECT reason, message FROM v_failures").rows
    assert (reason, str(why).endswith("m.jsonl:1: no text, and none stands there that it could empty")) == (
        "bad_reference",
        True,
    )
    assert run_query(corpus.catalog, VERSIONS).rows == ((2,),)


@pytest.mark.parametrize("cleared", [[""], [], ["\n"]])
def test_a_text_area_that_an_annotator_cleared_is_their_correction(
    corpus: Corpus, tmp_path: Path, cleared: list[str]
) -> None:
    (task,) = tasks_of(corpus, tmp_path)
    annotation = annotated(task, ["", "second"], "anna", "2026-01-02T00:00:00Z")
    area = next(entry for entry in annotation["result"] if entry["type"] == "textarea")
    area["value"]["text"] = cleared
    task["annotations"] = [annotation]
    for versions in (1, 0):
        assert brought(corpus.catalog, [task], tmp_path / "back.json").versions == versions
    assert run_query(corpus.catalog, CURRENT).rows == (("", "human"), ("second", "engine"))
    verdicts = "SELECT verdict, reviewer FROM v_reviews ORDER BY verdict"
    assert run_query(corpus.catalog, verdicts).rows == (("accepted", "anna"), ("corrected", "anna"))


def test_a_folder_that_is_none_is_one_error(new_catalog: NewCatalog, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.srt").write_text("1\n00:00:00,500 --> 00:00:02,000\nx\n", encoding="utf-8")
    catalog = new_catalog()
    with pytest.raises(OptionError, match="nowhere is no folder"):
        import_texts(catalog, "srt", tmp_path, tmp_path / "nowhere")
    assert run_query(catalog, "SELECT COUNT(*) FROM v_failures").rows == ((0,),)


def test_a_recording_that_got_another_place_is_not_new(new_catalog: NewCatalog, tmp_path: Path) -> None:
    catalog = new_catalog()
    for number in (1, 2):
        write_noise(tmp_path / "out" / f"{number}.wav", 2.0, number)
    known = write_noise(tmp_path / "known.wav", 2.0, 1)
    ingest_files(catalog, [str(known)], "default")
    write_lines(
        tmp_path / "out" / "m.jsonl", [{"audio_filepath": f"{each}.wav", "text": "x"} for each in (1, 2)]
    )
    outcome = import_texts(catalog, "nemo", tmp_path / "out" / "m.jsonl")
    assert (len(outcome.recording_ids), outcome.new_recordings, outcome.failures) == (2, 1, {})
