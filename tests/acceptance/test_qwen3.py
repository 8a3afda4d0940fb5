"""Qwen3-ASR and its aligner through the command, on tiny random checkpoints: meaningless text, the true way there."""

import csv
from pathlib import Path

import pytest

from asrlab.audio.inputs import load_waveform
from asrlab.engines.protocol import EngineOptions
from asrlab.engines.qwen3_asr.factory import qwen3_engine
from tests.acceptance.conftest import Asrlab

GOLDENS = Path(__file__).parents[1] / "goldens" / "qwen3_asr"
ASR, ALIGNER = GOLDENS / "checkpoints" / "asr-orig", GOLDENS / "checkpoints" / "aligner-hf"
QWEN3 = ("--engine", "qwen3-asr", "--model", ASR, "--aligner", "qwen3", "--aligner-model", ALIGNER)
TEXTS = "SELECT uri, text, raw_text, language, engine, flags FROM v_transcripts ORDER BY uri"
FILES = ("clip_1_00.flac", "clip_2_31.flac", "clip_4_70.flac")
# Random weights seldom end a text; a text that did not end stands in failures.
DONE_WITH_FAILURES = 3


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    folder = tmp_path / "audio"
    folder.mkdir()
    for name in FILES:
        (folder / name).write_bytes((GOLDENS / "audio" / name).read_bytes())
    return folder


def label(asrlab: Asrlab, *arguments: str | Path) -> None:
    process = asrlab.start("label", *arguments, "--no-vad", *QWEN3)
    assert process.wait(timeout=200) in (0, DONE_WITH_FAILURES), (asrlab.folder / "started.log").read_text()
    assert "Traceback" not in (asrlab.folder / "started.log").read_text()


def heard(name: str, language: str | None, context: str) -> str:
    """What the engine itself says of a file."""
    engine = qwen3_engine.open(EngineOptions(model=str(ASR), device="cpu"))
    waveform = load_waveform(str(GOLDENS / "audio" / name))
    return engine.transcribe([waveform], language=language, context=context)[0].raw_text


def test_a_folder_is_labeled_through_the_flow(asrlab: Asrlab, audio: Path) -> None:
    label(asrlab, audio, "--language", "German", "--context", "hot words: foo, bar")
    rows = asrlab.query(TEXTS)
    assert [Path(row["uri"]).name for row in rows] == list(FILES)
    assert {row["engine"] for row in rows} == {"qwen3-asr"}
    assert {row["language"] for row in rows} == {"de"}
    assert [row["raw_text"] for row in rows] == [heard(name, "de", "hot words: foo, bar") for name in FILES]
    runs = asrlab.query("SELECT stage, engine, checkpoint FROM v_runs ORDER BY run_id")
    assert [(run["stage"], run["checkpoint"]) for run in runs] == [
        ("transcribe", str(ASR)),
        ("align", str(ALIGNER)),
    ]
    words = asrlab.query("SELECT word, start_s, end_s, score FROM v_words")
    assert words
    assert all(0 <= word["start_s"] <= word["end_s"] <= 4.7 for word in words)


def test_a_text_that_did_not_end_stands_in_failures(asrlab: Asrlab, audio: Path) -> None:
    label(asrlab, audio, "--inline")
    truncated = [row for row in asrlab.query(TEXTS) if "truncated" in (row["flags"] or "")]
    failures = asrlab.query("SELECT reason, uri, message FROM v_failures WHERE stage = 'transcribe'")
    assert {row["uri"] for row in truncated} == {row["uri"] for row in failures}
    assert {row["reason"] for row in failures} <= {"text_truncated"}


def test_language_and_context_of_a_manifest_reach_the_engine(asrlab: Asrlab, audio: Path) -> None:
    asked = {FILES[0]: ("French", "des mots"), FILES[1]: ("", ""), FILES[2]: ("yue", "")}
    manifest = asrlab.folder / "manifest.csv"
    with manifest.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["audio", "language", "context"])
        table.writerows([f"audio/{name}", *columns] for name, columns in asked.items())
    label(asrlab, manifest, "--inline")
    rows = {Path(row["uri"]).name: row for row in asrlab.query(TEXTS)}
    for name, (language, context) in asked.items():
        assert rows[name]["raw_text"] == heard(name, language or None, context)
    assert (rows[FILES[0]]["language"], rows[FILES[2]]["language"]) == ("fr", "yue")


def test_what_does_not_fit_is_told_in_one_line(asrlab: Asrlab, audio: Path) -> None:
    asrlab.run("label", audio, "--inline", *QWEN3, "--language", "Klingon", code=1)
    assert "Unsupported language: Klingon" in asrlab.errors
    swapped = ("--engine", "qwen3-asr", "--model", ALIGNER, "--aligner", "none")
    asrlab.run("label", audio, "--inline", *swapped, code=1)
    assert "a speech recognizer is needed here" in asrlab.errors
    asrlab.run("label", audio, "--inline", "--engine", "qwen3-asr", "--model", audio, code=1)
    assert "config.json is missing" in asrlab.errors
