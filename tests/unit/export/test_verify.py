"""What `asrlab verify` finds of an export: how much a reader reads, and what does not belong to it."""

import json
from pathlib import Path
from typing import Any

import pytest

from asrlab.export import FORMATS, export, request_of
from asrlab.export.lock import FILE_NAME
from asrlab.verify import verify_folder
from tests.factories import write_tone
from tests.unit.export.conftest import Corpus, Said

CUT = 'She said "no --> yes", and left.'
EVERY = [(form, variant) for form, variants in FORMATS.items() for variant in variants]


@pytest.fixture
def labeled(corpus: Corpus, tmp_path: Path) -> Corpus:
    """Two recordings of three utterances with words, two of them at once; a long one has several cues."""
    long = " ".join(["A sentence of some words."] * 12)
    for number in range(2):
        said = (
            Said(0, 2, CUT, tuple((word, at / 10, at / 10 + 0.1) for at, word in enumerate(CUT.split()))),
            Said(1.5, 2.5, "words", (("words", 0.1, 0.4),)),
            Said(3, 6, long, tuple((word, at / 20, at / 20 + 0.05) for at, word in enumerate(long.split()))),
        )
        corpus.label(write_tone(tmp_path / "audio" / f"{number}.wav", 6.0, 200.0 + number), *said)
    return corpus


@pytest.mark.parametrize(("form", "variant"), EVERY)
def test_a_reader_of_every_format_finds_the_utterances(
    labeled: Corpus, tmp_path: Path, form: str, variant: str
) -> None:
    out = tmp_path / "out"
    export(labeled.catalog, request_of(form, out, variant=variant))
    report = verify_folder(out)
    assert report.problems == []
    (fact,) = (fact for fact in report.facts if fact.startswith("6 utterances"))
    assert f"as a reader of {form} finds them" in fact


@pytest.mark.parametrize(
    ("form", "given", "extra"),
    [
        ("textgrid", {}, "extra.TextGrid"),
        ("csv", {}, "extra.csv"),
        ("nemo", {"clips": "wav"}, "clips/extra.wav"),
        ("nemo", {"clips": "wav"}, "clips/below/notes.md"),
        ("nemo", {}, "plots/extra.svg"),
        ("nemo", {}, "EXTRA.JSONL"),
    ],
)
def test_a_file_that_the_lock_does_not_name_is_reported(
    labeled: Corpus, tmp_path: Path, form: str, given: dict[str, Any], extra: str
) -> None:
    out = tmp_path / "out"
    export(labeled.catalog, request_of(form, out, **given))
    (out / extra).parent.mkdir(exist_ok=True)
    (out / extra).write_text("x", encoding="utf-8")
    assert verify_folder(out).problems == [f"not of this release: {out / extra}"]


def test_notes_and_another_formats_files_beside_are_somebodys_own(labeled: Corpus, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(labeled.catalog, request_of("csv", out))
    export(labeled.catalog, request_of("rttm", out))
    (out / "notes.md").write_text("mine", encoding="utf-8")
    (out / "own").mkdir()
    (out / "own" / "other.rttm").write_text("mine", encoding="utf-8")
    (out / "plots" / ".hidden").write_text("mine", encoding="utf-8")
    assert verify_folder(out).problems == []


@pytest.mark.parametrize("name", ["0.TextGrid", "README.md", "plots/languages.svg"])
def test_a_file_taken_out_of_the_list_is_reported(labeled: Corpus, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    export(labeled.catalog, request_of("textgrid", out))
    lock = json.loads((out / FILE_NAME).read_text(encoding="utf-8"))
    lock["files"] = [each for each in lock["files"] if each["path"] != name]
    (out / FILE_NAME).write_text(json.dumps(lock), encoding="utf-8")
    problems = verify_folder(out).problems
    assert f"not of this release: {out / name}" in problems
    assert any("its list of files was changed" in problem for problem in problems)


def test_a_readme_of_somebody_else_is_left_alone(labeled: Corpus, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "README.md").write_text("mine", encoding="utf-8")
    export(labeled.catalog, request_of("srt", out))
    assert verify_folder(out).problems == []


@pytest.mark.parametrize(
    ("form", "name"), [("textgrid", "0.TextGrid"), ("srt", "0.srt"), ("rttm", "all.rttm")]
)
def test_a_reader_that_finds_less_is_a_problem(labeled: Corpus, tmp_path: Path, form: str, name: str) -> None:
    out = tmp_path / "out"
    export(labeled.catalog, request_of(form, out, where="segment_id IN (1, 2, 4, 5)"))
    (out / name).write_text("", encoding="utf-8")
    problems = verify_folder(out).problems
    assert any(f"a reader of {form} finds" in problem for problem in problems), problems
