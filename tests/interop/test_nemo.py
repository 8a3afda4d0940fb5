"""NeMo's own readers see what was exported: every utterance, its text, its place, its samples."""

import json
import math
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr

from tests.factories import RATE_HZ
from tests.interop.conftest import python_of
from tests.interop.corpus import HARD_TEXTS, Spoken, samples_of, spoken
from tests.process import Asrlab

pytestmark = pytest.mark.interop

SHARD_SIZE = 5
SHARDS = "_OP_0..3_CL_"
# Starting NeMo takes most of it.
TIME_LIMIT_S = 600
# Half a step of 16 bits, and what float32 loses.
STEP = 0.51 / 2**15
# A clip is resampled by itself: near its ends a resampler hears less than in the whole.
EDGE_SAMPLES = 200
RESAMPLED = 1e-3


@dataclass(frozen=True, slots=True)
class Read:
    """An item as NeMo read it. samples: float32 of shape (channels, samples)."""

    item: dict[str, Any]
    samples: np.ndarray


@dataclass(frozen=True, slots=True)
class Everything:
    """What all readers read, by the reader's name, and what there was to read, in the order of an export."""

    said: list[Spoken]
    read: dict[str, list[Read]]


@pytest.fixture(scope="module")
def everything(place: Asrlab) -> Everything:
    """One process reads all: starting NeMo costs more than reading."""
    place.run("export", "nemo", "--out", "plain")
    place.run("export", "nemo", "--out", "moved", "--copy-audio")
    place.run("export", "nemo", "--tarred", "--shard-size", str(SHARD_SIZE), "--out", "tarred")
    shards = (f"tarred/sharded_manifests/manifest_{SHARDS}.json", f"tarred/audio_{SHARDS}.tar")
    jobs = [
        ("item_by_item", "read/plain-items", "plain/manifest.jsonl"),
        ("lhotse", "read/plain-cuts", "plain/manifest.jsonl"),
        ("item_by_item", "read/moved-items", "moved/manifest.jsonl"),
        ("lhotse", "read/moved-cuts", "moved/manifest.jsonl"),
        ("lhotse_tarred", "read/shards", *shards),
        ("lhotse_tarred", "read/one-manifest", "tarred/tarred_audio_manifest.json", shards[1]),
        ("training", "read/training", *shards),
    ]
    done = subprocess.run(
        [python_of("nemo"), Path(__file__).with_name("read_nemo.py"), json.dumps(jobs)],
        cwd=place.folder,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-5000:]
    # NeMo tells of a clip that it leaves out, and goes on.
    assert "Skip" not in done.stderr, done.stderr
    said = list(spoken(place).values())
    assert {utterance.text for utterance in said} >= set(HARD_TEXTS)
    return Everything(said, {Path(out).name: items_in(place.folder / out) for _, out, *_ in jobs})


def items_in(folder: Path) -> list[Read]:
    lines = (folder / "items.jsonl").read_text(encoding="utf-8").splitlines()
    return [Read(json.loads(line), np.load(folder / f"{number}.npy")) for number, line in enumerate(lines)]


def pairs(everything: Everything, name: str) -> list[tuple[Spoken, Read]]:
    """Each utterance with what was read in its place; none is missing, none is there twice."""
    return list(zip(everything.said, everything.read[name], strict=True))


def assert_same_samples(read: np.ndarray, said: np.ndarray, rate_hz: int) -> None:
    """Equal samples; where a millisecond is no whole number of them, from one earlier or later, as NeMo rounds."""
    slack = 0 if rate_hz % 1000 == 0 else 1
    length = min(read.shape[1], said.shape[1]) - slack
    assert abs(read.shape[1] - said.shape[1]) <= slack
    assert read.shape[0] == said.shape[0]
    begins = [(first, second) for first in range(slack + 1) for second in range(slack + 1)]
    assert any(
        np.array_equal(read[:, first : first + length], said[:, second : second + length])
        for first, second in begins
    )


@pytest.mark.parametrize("name", ["plain-items", "moved-items"])
def test_nemos_reader_of_manifests_reads_every_line(everything: Everything, name: str) -> None:
    for said, read in pairs(everything, name):
        item = read.item
        assert (item["text"], item["lang"], item["speaker"]) == (said.text, said.language, said.speaker)
        assert item["offset"] == said.start
        assert item["duration"] == pytest.approx(said.end - said.start, abs=1e-9)
        if name == "plain-items":
            assert item["audio_file"] == said.path
        samples, rate_hz = samples_of(said)
        assert item["rate_hz"] == rate_hz
        assert_same_samples(read.samples, samples, rate_hz)


@pytest.mark.parametrize("name", ["plain-cuts", "moved-cuts"])
def test_nemos_lhotse_adapter_reads_every_line(everything: Everything, name: str) -> None:
    for said, read in pairs(everything, name):
        samples, rate_hz = samples_of(said)
        assert read.item["rate_hz"] == rate_hz
        # Of a whole number of samples, as Lhotse makes them.
        assert read.item["offset"] == pytest.approx(said.start, abs=1 / rate_hz)
        assert read.item["duration"] == pytest.approx(said.end - said.start, abs=1 / rate_hz)
        assert read.item["supervised"] == [0, read.item["duration"]]
        assert_told(said, read)
        assert_same_samples(read.samples, samples, rate_hz)


@pytest.mark.parametrize("name", ["shards", "one-manifest", "training"])
def test_nemo_reads_every_clip_of_tarred_shards(everything: Everything, name: str) -> None:
    for number, (said, read) in enumerate(pairs(everything, name)):
        assert read.item["rate_hz"] == RATE_HZ
        assert read.item["offset"] == 0
        assert read.item["duration"] == pytest.approx(said.end - said.start, abs=1 / RATE_HZ)
        assert read.item["fields"]["shard_id"] == number // SHARD_SIZE
        assert read.item["fields"]["source_audio_offset"] == said.start
        assert_told(said, read)
        assert_same_sound(read.samples, said)


def assert_told(said: Spoken, read: Read) -> None:
    fields = read.item["fields"]
    assert (read.item["text"], read.item["lang"]) == (said.text, said.language)
    assert (fields["id"], fields.get("channel"), fields.get("speaker")) == (
        said.key,
        said.channel,
        said.speaker,
    )


def assert_same_sound(read: np.ndarray, said: Spoken) -> None:
    """One channel at 16 kHz, in 16 bits: the utterance's own, or the mean of all."""
    source, rate_hz = soundfile.read(said.path, dtype="float32", always_2d=True)
    mono = source.mean(axis=1) if said.channel is None else source[:, said.channel]
    length = round((said.end - said.start) * RATE_HZ)
    assert read.shape == (1, length)
    if rate_hz == RATE_HZ:
        begin = round(said.start * RATE_HZ)
        np.testing.assert_allclose(read[0], mono[begin : begin + length], rtol=0, atol=STEP)
        return
    # It begins at a sample of the source, before or after a start between two.
    inner = slice(EDGE_SAMPLES, length - EDGE_SAMPLES)
    begins = {math.floor(said.start * rate_hz), math.ceil(said.start * rate_hz)}
    apart = [
        np.abs(read[0, inner] - soxr.resample(mono[begin:], rate_hz, RATE_HZ)[inner]).max()
        for begin in begins
    ]
    assert min(apart) < RESAMPLED
