"""NeMo's manifests line by line, and its shards as the reader sees them that NeMo reads them with."""

import io
import json
import subprocess
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
import soundfile
import yaml
from hypothesis import given, settings

from asrlab.export.formats.nemo import FORMATS, write_nemo, write_tarred
from asrlab.export.utterances import LabeledRecording
from tests.datasets import MemoryDataSet, clipped, recording, utterance
from tests.unit.export.formats.hard_texts import HARD_TEXTS, texts
from tests.unit.export.formats.webdataset_reader import samples

TARRED = "tarred_audio_manifest.json"


def entries(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def three_recordings(folder: Path) -> list[LabeledRecording]:
    return [
        recording(
            folder, f"{name}.wav", 2.0, utterance(0, 0.5, f"{name} one"), utterance(0.5, 2, f"{name} two")
        )
        for name in ("a", "b", "c")
    ]


def test_a_line_holds_what_nemo_reads_and_what_is_known(tmp_path: Path) -> None:
    """0 -- [1.5 hello 3.25] -- 4 s."""
    said = utterance(1.5, 3.25, "hello", speaker='Anna "B"', channel=1)
    held = recording(tmp_path, "ä b.wav", 4.0, said, channels=2)
    (manifest,) = write_nemo(MemoryDataSet([held]), tmp_path / "out")
    assert entries(manifest) == [
        {
            "audio_filepath": str(tmp_path / "ä b.wav"),
            "offset": 1.5,
            "duration": 1.75,
            "text": "hello",
            "lang": "en",
            "speaker": 'Anna "B"',
            "channel": 1,
            "confidence": 0.75,
            "id": f"{held.source.content_hash[:16]}-00001500-00003250-c1",
        }
    ]


def test_what_is_not_known_is_left_out_but_the_language(tmp_path: Path) -> None:
    said = utterance(0, 1, "x", language=None)._replace(confidence=None)
    (manifest,) = write_nemo(MemoryDataSet([recording(tmp_path, "a.wav", 1.0, said)]), tmp_path / "out")
    (entry,) = entries(manifest)
    assert list(entry) == ["audio_filepath", "offset", "duration", "text", "lang", "id"]
    assert entry["lang"] is None


def test_a_clip_is_named_where_it_lies_and_begins_at_zero(tmp_path: Path) -> None:
    out = tmp_path / "out"
    held = recording(tmp_path, "a.wav", 2.0, utterance(0.5, 1.25, "x"))
    (manifest,) = write_nemo(clipped(out, held), out)
    (entry,) = entries(manifest)
    assert (entry["offset"], entry["duration"]) == (0.0, 0.75)
    assert soundfile.info(out / entry["audio_filepath"]).frames == 12_000


@given(text=texts)
@settings(max_examples=50, deadline=None)
def test_any_text_is_one_line_and_comes_back(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    out = tmp_path_factory.mktemp("nemo")
    held = recording(out, "a.wav", 0.01, utterance(0, 0.01, text, speaker=text, language=None))
    (manifest,) = write_nemo(MemoryDataSet([held]), out)
    (entry,) = entries(manifest)
    assert (entry["text"], entry["speaker"]) == (text, text)


def test_duckdb_reads_hard_texts_as_they_were(tmp_path: Path) -> None:
    said = [utterance(index, index + 1, text) for index, text in enumerate(HARD_TEXTS)]
    held = recording(tmp_path, "a.wav", len(said), *said)
    (manifest,) = write_nemo(MemoryDataSet([held]), tmp_path / "out")
    rows = duckdb.sql(f"SELECT text FROM read_json('{manifest}') ORDER BY \"offset\"").fetchall()
    assert [text for (text,) in rows] == list(HARD_TEXTS)


def test_no_row_is_dropped_and_only_the_last_shard_is_smaller(tmp_path: Path) -> None:
    out = tmp_path / "out"
    data = replace(clipped(out, *three_recordings(tmp_path)), shard_size=4)
    manifest, *_ = write_tarred(data, out)
    assert [entry["shard_id"] for entry in entries(manifest)] == [0, 0, 0, 0, 1, 1]
    assert {entry["text"] for entry in entries(manifest)} == {
        f"{name} {number}" for name in "abc" for number in ("one", "two")
    }
    sharded = [entries(out / "sharded_manifests" / f"manifest_{number}.json") for number in (0, 1)]
    assert [*sharded[0], *sharded[1]] == entries(manifest)


def test_webdataset_finds_the_clip_of_each_line_in_its_shard(tmp_path: Path) -> None:
    out = tmp_path / "out"
    data = replace(clipped(out, *three_recordings(tmp_path)), shard_size=4)
    manifest, *_ = write_tarred(data, out)
    for number in (0, 1):
        lines = {
            entry["audio_filepath"].removesuffix(".wav"): entry
            for entry in entries(manifest)
            if entry["shard_id"] == number
        }
        found = samples(out / f"audio_{number}.tar")
        assert [sample["__key__"] for sample in found] == list(lines)
        for sample in found:
            heard = soundfile.info(io.BytesIO(sample["wav"]))
            assert heard.duration == lines[sample["__key__"]]["duration"]


def test_no_line_of_a_shard_names_a_place_within_its_clip(tmp_path: Path) -> None:
    out = tmp_path / "out"
    manifest, *_ = write_tarred(clipped(out, *three_recordings(tmp_path)), out)
    for entry in entries(manifest):
        assert "offset" not in entry
        assert "-sub" not in entry["audio_filepath"]
    assert {entry["source_audio_offset"] for entry in entries(manifest)} == {0.0, 0.5}


def test_the_metadata_say_how_many_shards_of_which_size(tmp_path: Path) -> None:
    out = tmp_path / "out"
    paths = write_tarred(replace(clipped(out, *three_recordings(tmp_path)), shard_size=4), out)
    metadata = yaml.safe_load(paths[-1].read_text())
    assert metadata["num_samples_per_shard"] == 4
    assert metadata["dataset_config"]["num_shards"] == 2
    assert metadata["created_datetime"] is None


def test_shards_are_equal_bytes_wherever_they_are_written(tmp_path: Path) -> None:
    held = three_recordings(tmp_path)
    once, again = (write_tarred(clipped(out, *held), out) for out in (tmp_path / "once", tmp_path / "again"))
    assert [path.read_bytes() for path in once] == [path.read_bytes() for path in again]


def test_tar_itself_reads_a_shard_whose_members_tell_no_time_and_no_owner(tmp_path: Path) -> None:
    out = tmp_path / "out"
    _, archive, *_ = write_tarred(clipped(out, *three_recordings(tmp_path)), out)
    listed = subprocess.run(["tar", "-tf", archive], check=True, capture_output=True, text=True)
    assert listed.stderr == ""
    with tarfile.open(archive) as tar:
        assert listed.stdout.split() == tar.getnames()
        assert {(one.mtime, one.uid, one.gid, one.uname, one.mode) for one in tar} == {(0, 0, 0, "", 0o644)}


def test_shards_of_a_former_export_are_swept_and_other_files_stay(tmp_path: Path) -> None:
    out = tmp_path / "out"
    data = clipped(out, *three_recordings(tmp_path))
    write_tarred(replace(data, shard_size=2), out)
    for name in ("audio_mine.tar", ".audio_7.tar.x1y2"):
        (out / name).write_bytes(b"")
    write_tarred(replace(data, shard_size=4), out)
    assert sorted(path.name for path in out.iterdir() if path.is_file()) == [
        "audio_0.tar",
        "audio_1.tar",
        "audio_mine.tar",
        "metadata.yaml",
        TARRED,
    ]
    assert len(list((out / "sharded_manifests").iterdir())) == 2


def test_the_variants_are_named_as_the_command_asks_for_them() -> None:
    assert [(form.name, form.variant) for form in FORMATS] == [("nemo", ""), ("nemo", "tarred")]
