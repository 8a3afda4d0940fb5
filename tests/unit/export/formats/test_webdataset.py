"""The package webdataset reads the shards that we mean, text for text and sample for sample."""

import io
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings

from asrlab.export.formats.webdataset import write_webdataset
from tests.datasets import clipped, recording, utterance
from tests.unit.export.formats.hard_texts import texts
from tests.unit.export.formats.webdataset_reader import samples


def test_a_sample_is_audio_text_and_all_that_is_known(tmp_path: Path) -> None:
    """0 -- [1 hello 1.4 world 2] -- 3 s."""
    said = utterance(
        1, 2, "hello world", words=[("hello", 1, 1.4), ("world", 1.4, 2)], channel=1, speaker="anna"
    )
    held = recording(tmp_path, "a.wav", 3.0, said, channels=2)
    (sample,) = samples(*write_webdataset(clipped(tmp_path / "out", held), tmp_path / "out"))
    key = f"{held.key}-00001000-00002000-c1"
    assert (sample["__key__"], sample["txt"]) == (key, "hello world")
    assert sample["json"] == {
        "id": key,
        "recording": held.source.content_hash,
        "start": 1.0,
        "duration": 1.0,
        "channel": 1,
        "text": "hello world",
        "language": "en",
        "speaker": "anna",
        "confidence": 0.75,
        "origin": "engine",
        "engine": "fake",
        "corpus": "default",
        "words": [
            {"word": "hello", "start": 0.0, "end": 0.4, "score": 0.5},
            {"word": "world", "start": 0.4, "end": 1.0, "score": 0.5},
        ],
    }
    heard, _ = soundfile.read(io.BytesIO(sample["wav"]))
    whole, _ = soundfile.read(held.source.uri)
    assert np.array_equal(heard, whole[16_000:32_000, 1])


def test_no_sample_is_dropped_and_only_the_last_shard_is_smaller(tmp_path: Path) -> None:
    out = tmp_path / "out"
    held = [
        recording(
            tmp_path, f"{name}.wav", 1.0, *(utterance(i / 10, (i + 1) / 10, f"{name}{i}") for i in range(3))
        )
        for name in "ab"
    ]
    shards = write_webdataset(replace(clipped(out, *held), shard_size=4), out)
    assert [path.name for path in shards] == ["shard-000000.tar", "shard-000001.tar"]
    assert [len(samples(path)) for path in shards] == [4, 2]
    assert {sample["txt"] for sample in samples(*shards)} == {f"{name}{i}" for name in "ab" for i in range(3)}


@given(text=texts)
@settings(max_examples=50, deadline=None)
def test_any_text_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    out = tmp_path_factory.mktemp("webdataset")
    said = utterance(0, 0.01, text, speaker=text, words=[(text, 0, 0.01)])
    (sample,) = samples(*write_webdataset(clipped(out, recording(out, "a.wav", 0.01, said)), out))
    assert sample["txt"] == sample["json"]["text"] == sample["json"]["speaker"] == text
    assert [word["word"] for word in sample["json"]["words"]] == [text]


def test_shards_are_equal_bytes_wherever_and_whenever_they_are_written(tmp_path: Path) -> None:
    held = recording(tmp_path, "a.wav", 1.0, utterance(0, 1, "x"))
    once, again = (
        write_webdataset(clipped(out, held), out)[0].read_bytes() for out in (tmp_path / "1", tmp_path / "2")
    )
    assert once == again
    with tarfile.open(fileobj=io.BytesIO(once)) as tar:
        assert {(one.mtime, one.uid, one.gid, one.mode) for one in tar} == {(0, 0, 0, 0o644)}


def test_shards_of_a_former_export_are_swept(tmp_path: Path) -> None:
    out = tmp_path / "out"
    data = clipped(out, recording(tmp_path, "a.wav", 1.0, utterance(0, 0.5, "x"), utterance(0.5, 1, "y")))
    write_webdataset(replace(data, shard_size=1), out)
    write_webdataset(data, out)
    assert [path.name for path in out.glob("*.tar")] == ["shard-000000.tar"]
