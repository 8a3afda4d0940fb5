"""An export into a folder of a former one leaves nothing of that behind but what is somebody else's."""

import json
from pathlib import Path

import pytest

from asrlab.errors import OptionError
from asrlab.export import export, request_of
from asrlab.export.lock import FILE_NAME
from asrlab.ingest import ingest_files
from tests.factories import write_tone
from tests.unit.export.conftest import Corpus, Said


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def labeled(corpus: Corpus, folder: Path) -> None:
    for number in range(12):
        path = write_tone(folder / f"{number}.wav", 1.0, 200.0 + number)
        corpus.label(path, Said(0, 1, f"text {number}"))


def test_splits_of_a_former_export_are_gone_with_their_folders(corpus: Corpus, tmp_path: Path) -> None:
    labeled(corpus, tmp_path / "audio")
    out = tmp_path / "out"
    export(corpus.catalog, request_of("nemo", out, split="0.5/0.5"))
    assert {"train/manifest.jsonl", "test/manifest.jsonl"} <= names(out)
    export(corpus.catalog, request_of("nemo", out))
    assert {"manifest.jsonl", FILE_NAME} <= names(out)
    assert not (out / "train").exists()
    assert not (out / "test").exists()


def test_files_called_after_recordings_go_unless_somebody_changed_them(
    corpus: Corpus, tmp_path: Path
) -> None:
    labeled(corpus, tmp_path / "audio")
    out = tmp_path / "out"
    export(corpus.catalog, request_of("srt", out))
    (out / "1.srt").write_text("mine now", encoding="utf-8")
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    export(corpus.catalog, request_of("srt", out, where="text = 'text 3'"))
    assert {name for name in names(out) if name.endswith((".srt", ".txt"))} == {"1.srt", "3.srt", "notes.txt"}


def test_another_formats_files_stay(corpus: Corpus, tmp_path: Path) -> None:
    labeled(corpus, tmp_path / "audio")
    out = tmp_path / "out"
    export(corpus.catalog, request_of("nemo", out))
    export(corpus.catalog, request_of("rttm", out))
    assert {"manifest.jsonl", "all.rttm"} <= names(out)


def test_audio_that_has_become_a_recordings_is_never_replaced(corpus: Corpus, tmp_path: Path) -> None:
    labeled(corpus, tmp_path / "audio")
    out = tmp_path / "out"
    export(corpus.catalog, request_of("nemo", out, copy_audio=True))
    copies = names(out / "audio")
    (tmp_path / "audio" / "0.wav").unlink()
    ingest_files(corpus.catalog, [str(out / "audio" / name) for name in copies], "default")
    for others in ({}, {"copy_audio": True}):
        with pytest.raises(OptionError, match="choose another folder"):
            export(corpus.catalog, request_of("nemo", out, **others))
    assert names(out / "audio") == copies


def test_a_lock_that_names_files_elsewhere_removes_none(corpus: Corpus, tmp_path: Path) -> None:
    labeled(corpus, tmp_path / "audio")
    out = tmp_path / "out"
    export(corpus.catalog, request_of("nemo", out))
    outside = tmp_path / "outside"
    outside.write_bytes(b"")
    lock = json.loads((out / FILE_NAME).read_text(encoding="utf-8"))
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    lock["files"].append({"path": "../outside", "sha256": empty, "bytes": 0})
    (out / FILE_NAME).write_text(json.dumps(lock), encoding="utf-8")
    export(corpus.catalog, request_of("nemo", out))
    assert outside.exists()
