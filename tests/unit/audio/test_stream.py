"""A stream holds all of the file, at 16 kHz, in memory that does not grow with it."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asrlab.audio.probe import probe
from asrlab.audio.read import read_spans
from asrlab.audio.stream import stream_blocks
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import TimeSpan
from asrlab.errors import AudioError

Make = Callable[[str], Path]


@pytest.mark.parametrize("block_seconds", [10.0, 0.37])
def test_stream_is_as_long_as_the_file(healthy: Path, block_seconds: float) -> None:
    blocks = list(stream_blocks(healthy, channel=None, block_seconds=block_seconds))
    assert sum(len(block) for block in blocks) == pytest.approx(probe(healthy).duration * 16000, abs=1)
    assert all(block.dtype == np.float32 and block.ndim == 1 and len(block) for block in blocks)


@pytest.mark.parametrize("name", ["16.wav", "extensible.wav", "a.opus", "cbr.mp3", "a.m4a"])
def test_stream_is_what_reading_at_once_gives(make: Make, name: str) -> None:
    streamed = np.concatenate(list(stream_blocks(make(name), channel=0, block_seconds=0.2)))
    (at_once,) = read_spans(make(name), [TimeSpan(0, 1.9)], channel=0)
    # Away from the cut at 1.9 s, whose filter rings.
    assert np.allclose(streamed[:30000], at_once[:30000], atol=1e-4)


def test_block_size_does_not_change_the_samples(make: Make) -> None:
    one, many = (
        np.concatenate(list(stream_blocks(make("16.wav"), channel=None, block_seconds=seconds)))
        for seconds in (10.0, 0.031)
    )
    assert np.allclose(one, many, atol=1e-6)


@pytest.mark.parametrize("name", ["u8.wav", "faststart.m4a"])
def test_blocks_are_as_long_as_asked(make: Make, name: str) -> None:
    lengths = [len(block) for block in stream_blocks(make(name), channel=None, block_seconds=0.5)]
    assert set(lengths[:-1]) == {8000}
    assert 0 < lengths[-1] <= 8000


@pytest.mark.parametrize(
    ("format_name", "subtype"), [("WAV", "PCM_16"), ("FLAC", "PCM_16"), ("MP3", "MPEG_LAYER_III")]
)
def test_memory_stays_flat(tmp_path: Path, format_name: str, subtype: str) -> None:
    path = tmp_path / "six_minutes"
    soundfile.write(path, np.zeros(6 * 60 * 22050, np.float32), 22050, format=format_name, subtype=subtype)
    tracemalloc.start()
    try:
        for _ in stream_blocks(path, channel=None):
            pass
        probe(path)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Ten seconds are 0.9 MB; the whole file would be 32 MB.
    assert peak < 12e6


def test_missing_file_has_vanished(tmp_path: Path) -> None:
    with pytest.raises(AudioError) as caught:
        next(stream_blocks(tmp_path / "gone.wav", channel=None))
    assert caught.value.reason == FailureReason.VANISHED


def test_channel_that_is_not_there_is_refused(make: Make) -> None:
    with pytest.raises(AudioError, match="no channel 7"):
        next(stream_blocks(make("16.wav"), channel=7))
