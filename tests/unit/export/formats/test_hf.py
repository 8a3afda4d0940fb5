"""The package datasets reads the audiofolder and the Parquet files that we mean; DuckDB reads the tables too."""

import io
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import datasets
import duckdb
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from pyarrow import parquet

from asrlab.export.formats.hf import FORMATS, write_audiofolder, write_parquet
from asrlab.export.utterances import LabeledRecording
from tests.datasets import RATE_HZ, MemoryDataSet, clipped, recording, utterance
from tests.unit.export.formats.hard_texts import HARD_TEXTS, texts
from tests.unit.export.formats.hf_reader import load

Writer = Callable[[MemoryDataSet, Path], Sequence[Path]]

# What a reader of JSON Lines or CSV would take for another type.
LOOKALIKES = ("2024-01-01", "17", "null", "true")


def one_word(folder: Path) -> LabeledRecording:
    """0 -- [1 hello 1.4 world 2] -- 3 s."""
    said = utterance(
        1, 2, "hello world", words=[("hello", 1, 1.4), ("world", 1.4, 2)], channel=1, speaker="anna"
    )
    return recording(folder, "a.wav", 3.0, said, channels=2)


def expected(held: LabeledRecording) -> dict[str, object]:
    return {
        "id": f"{held.key}-00001000-00002000-c1",
        "text": "hello world",
        "language": "en",
        "speaker": "anna",
        "duration": 1.0,
        "recording": held.source.content_hash,
        "start": 1.0,
        "channel": 1,
        "confidence": 0.75,
        "origin": "engine",
        "engine": "fake",
        "flags": None,
        "verdict": None,
        "context": None,
        "corpus": "default",
        "license": None,
        "words": [
            {"word": "hello", "start": 0.0, "end": 0.4, "score": 0.5, "flags": None},
            {"word": "world", "start": 0.4, "end": 1.0, "score": 0.5, "flags": None},
        ],
    }


def test_datasets_finds_each_clip_of_an_audiofolder_by_split(tmp_path: Path) -> None:
    out = tmp_path / "out"
    train = one_word(tmp_path)
    test = recording(
        tmp_path, "b.wav", 5.0, *(utterance(i, i + 1, each) for i, each in enumerate(LOOKALIKES))
    )
    write_audiofolder(clipped(out / "train", train), out / "train")
    write_audiofolder(clipped(out / "test", test), out / "test")
    found = load(out, tmp_path / "cache")
    assert set(found) == {"train", "test"}
    (row,) = found["train"]
    audio = row.pop("audio")
    assert row == expected(train)
    heard, _ = soundfile.read(audio["path"])
    whole, _ = soundfile.read(train.source.uri)
    assert np.array_equal(heard, whole[RATE_HZ : 2 * RATE_HZ, 1])
    assert [each["text"] for each in found["test"]] == list(LOOKALIKES)


def test_datasets_finds_the_audio_in_parquet_files(tmp_path: Path) -> None:
    out = tmp_path / "out"
    held = one_word(tmp_path)
    write_parquet(clipped(out, held), out)
    # As the stage does: what was packed is removed.
    shutil.rmtree(out / "clips")
    found = load(out, tmp_path / "cache")["train"]
    (row,) = found
    audio = row.pop("audio")
    assert row == expected(held)
    assert audio["path"] == f"{held.key}-00001000-00002000-c1.wav"
    heard, rate = soundfile.read(io.BytesIO(audio["bytes"]))
    assert (len(heard), rate) == (RATE_HZ, RATE_HZ)


def test_the_features_stand_in_the_files_schema(tmp_path: Path) -> None:
    (path,) = write_parquet(clipped(tmp_path, one_word(tmp_path / "audio")), tmp_path)
    features = datasets.Features.from_arrow_schema(parquet.read_schema(path))
    assert features["audio"] == datasets.Audio()
    assert features["text"] == datasets.Value("string")
    assert features["channel"] == datasets.Value("int32")
    assert features.arrow_schema.remove_metadata() == parquet.read_schema(path).remove_metadata()


def test_no_row_is_dropped_and_only_the_last_file_is_smaller(tmp_path: Path) -> None:
    out = tmp_path / "out"
    held = [
        recording(
            tmp_path, f"{name}.wav", 1.0, *(utterance(i / 10, (i + 1) / 10, f"{name}{i}") for i in range(3))
        )
        for name in "ab"
    ]
    written = write_parquet(replace(clipped(out, *held), shard_size=4), out)
    assert [path.name for path in written] == ["data-00000-of-00002.parquet", "data-00001-of-00002.parquet"]
    assert [parquet.read_metadata(path).num_rows for path in written] == [4, 2]
    rows = duckdb.sql(f"SELECT text, audio.path, octet_length(audio.bytes) FROM '{out}/*.parquet'").fetchall()
    assert {text for text, _, _ in rows} == {f"{name}{i}" for name in "ab" for i in range(3)}
    assert {size for _, _, size in rows} == {44 + 2 * RATE_HZ // 10}


def test_a_row_group_ends_before_its_audio_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asrlab.export.parquet.GROUP_BYTES", 50_000)
    held = recording(tmp_path / "audio", "a.wav", 5.0, *(utterance(i, i + 1, "x") for i in range(5)))
    (path,) = write_parquet(clipped(tmp_path, held), tmp_path)
    metadata = parquet.read_metadata(path)
    assert [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)] == [2, 2, 1]


def test_what_is_first_known_late_is_still_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asrlab.export.formats.hf.METADATA_GROUP_ROWS", 1)
    late = utterance(1, 2, "y", speaker="anna", words=[("y", 1, 2)])
    held = recording(tmp_path / "audio", "a.wav", 2.0, utterance(0, 1, "x"), late)
    (path,) = write_audiofolder(clipped(tmp_path, held), tmp_path)
    rows = parquet.read_table(path).to_pylist()
    assert [row["speaker"] for row in rows] == [None, "anna"]
    assert [len(row["words"]) for row in rows] == [0, 1]


@given(text=texts)
@settings(max_examples=40, deadline=None)
def test_any_text_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    out = tmp_path_factory.mktemp("hf")
    said = utterance(0, 0.01, text, speaker=text, words=[(text, 0, 0.01)])
    data = clipped(out, recording(out / "audio", "a.wav", 0.01, said))
    for path in (*write_audiofolder(data, out), *write_parquet(data, out)):
        (row,) = parquet.read_table(path).to_pylist()
        assert row["text"] == row["speaker"] == row["words"][0]["word"] == text


def test_duckdb_reads_hard_texts_as_they_were(tmp_path: Path) -> None:
    said = [utterance(index, index + 1, text) for index, text in enumerate(HARD_TEXTS)]
    held = recording(tmp_path / "audio", "a.wav", len(said), *said)
    for path in (
        *write_audiofolder(clipped(tmp_path, held), tmp_path),
        *write_parquet(clipped(tmp_path, held), tmp_path),
    ):
        rows = duckdb.sql(f"SELECT text FROM '{path}' ORDER BY start").fetchall()
        assert [text for (text,) in rows] == list(HARD_TEXTS)


@pytest.mark.parametrize("write", [write_audiofolder, write_parquet])
def test_files_are_equal_bytes_wherever_they_are_written(tmp_path: Path, write: Writer) -> None:
    held = one_word(tmp_path)
    (once,), (again,) = (write(clipped(tmp_path / name, held), tmp_path / name) for name in ("1", "2"))
    assert once.read_bytes() == again.read_bytes()


def test_files_of_a_former_export_are_swept_and_others_stay(tmp_path: Path) -> None:
    held = recording(tmp_path / "audio", "a.wav", 1.0, utterance(0, 0.5, "x"), utterance(0.5, 1, "y"))
    data = clipped(tmp_path, held)
    write_parquet(replace(data, shard_size=1), tmp_path)
    (tmp_path / "mine.parquet").write_bytes(b"")
    write_parquet(data, tmp_path)
    assert sorted(path.name for path in tmp_path.glob("*.parquet")) == [
        "data-00000-of-00001.parquet",
        "mine.parquet",
    ]


def test_the_variants_are_named_as_the_command_asks_for_them() -> None:
    assert [(form.name, form.variant) for form in FORMATS] == [("hf", ""), ("hf", "parquet")]
