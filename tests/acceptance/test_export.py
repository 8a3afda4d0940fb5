"""`asrlab export` in a user's shell: every format, said twice the same, and what is refused in one line."""

import json
from pathlib import Path

import pysubs2
import pytest
import soundfile
import webvtt
from lhotse import CutSet, RecordingSet, SupervisionSet
from lhotse.kaldi import load_kaldi_data_dir
from praatio import textgrid

from tests.acceptance.conftest import Asrlab
from tests.acceptance.test_label import FAKE, write_good_files


@pytest.fixture
def labeled(asrlab: Asrlab) -> Asrlab:
    write_good_files(asrlab.folder / "audio", 2)
    asrlab.run("label", "audio", "--inline", *FAKE)
    return asrlab


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*")}


@pytest.mark.parametrize("form", ["nemo", "lhotse", "kaldi", "srt", "vtt", "qwen3-asr", "textgrid"])
def test_every_format_is_read_by_its_reader_and_repeated_byte_for_byte(labeled: Asrlab, form: str) -> None:
    assert "2 utterances in" in labeled.run("export", form, "--out", "out")
    out = labeled.folder / "out"
    before = files(out)
    texts = {row["text"] for row in labeled.query("SELECT text FROM v_current")}
    assert set(_texts(out, form)) == texts
    labeled.run("export", form, "--out", "out")
    assert files(out) == before
    assert not [name for name in before if name.startswith(".")]


def _texts(out: Path, form: str) -> list[str]:
    if form == "nemo":
        return [
            json.loads(line)["text"]
            for line in (out / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
        ]
    if form == "lhotse":
        recordings = RecordingSet.from_file(out / "recordings.jsonl.gz")
        supervisions = SupervisionSet.from_file(out / "supervisions.jsonl.gz")
        cuts = CutSet.from_manifests(recordings, supervisions)
        return [supervision.text for cut in cuts for supervision in cut.supervisions]
    if form == "kaldi":
        _, supervisions, _ = load_kaldi_data_dir(out, 16_000)
        return [supervision.text for supervision in supervisions]
    if form == "srt":
        return [pysubs2.load(str(path))[0].plaintext for path in out.glob("*.srt")]
    if form == "vtt":
        return [webvtt.read(str(path))[0].text for path in out.glob("*.vtt")]
    if form == "textgrid":
        grids = [
            textgrid.openTextgrid(str(path), includeEmptyIntervals=False) for path in out.glob("*.TextGrid")
        ]
        return [entry.label for grid in grids for entry in grid.getTier("segments").entries]
    entries = [json.loads(line) for line in (out / "train.jsonl").read_text(encoding="utf-8").splitlines()]
    assert all(soundfile.info(entry["audio"]).samplerate == 16_000 for entry in entries)
    return [entry["text"].removeprefix("language English<asr_text>") for entry in entries]


def test_bad_input_is_one_line_and_exit_code_1(labeled: Asrlab) -> None:
    (labeled.folder / "file").write_bytes(b"")
    refused = (
        ("kaldi", "--out", "file/out"),
        ("srt", "--out", "out", "--where", "confidence > 2"),
        ("lhotse", "--out", "out", "--where", "nothing = 1"),
    )
    for arguments in refused:
        labeled.run("export", *arguments, code=1)
        assert len(labeled.errors.splitlines()) == 1, labeled.errors
    labeled.run("export", "powerpoint", "--out", "out", code=2)
    labeled.run("export", "srt", "--out", "out", "--clips", "wav", code=1)
    assert "holds no audio" in labeled.errors
    labeled.run("export", "srt", "--out", "out", "--shar", code=1)
    assert "has no --shar" in labeled.errors
    (labeled.folder / "audio" / "tone001.wav").write_bytes(b"RIFF")
    labeled.run("export", "qwen3-asr", "--out", "out", code=1)
    assert len(labeled.errors.splitlines()) == 1
    assert "tone001.wav" in labeled.errors
    assert not list((labeled.folder / "out").rglob("train.jsonl"))
