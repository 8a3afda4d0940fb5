"""What is written can be read again."""

from pathlib import Path

import numpy as np
import pytest

from asrlab.audio.probe import probe
from asrlab.audio.read import read_spans
from asrlab.audio.write import write_wav
from asrlab.domain.time import TimeSpan


def test_written_samples_are_read_again(tmp_path: Path) -> None:
    waveform = np.linspace(-0.9, 0.9, 16000, dtype=np.float32)
    write_wav(tmp_path / "a.wav", waveform, 16000)
    (read,) = read_spans(tmp_path / "a.wav", [TimeSpan(0, 1)], channel=None)
    assert np.allclose(read, waveform, atol=1 / 32768)
    assert probe(tmp_path / "a.wav").codec == "pcm_16"


def test_loud_samples_are_clipped_not_wrapped(tmp_path: Path) -> None:
    write_wav(tmp_path / "loud.wav", np.array([2.0, -2.0], np.float32), 16000)
    (read,) = read_spans(tmp_path / "loud.wav", [TimeSpan(0, 0.001)], channel=None)
    assert read == pytest.approx([1, -1], abs=1e-4)


def test_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises((ValueError, RuntimeError, TypeError)):
        write_wav(tmp_path / "bad.wav", np.zeros((2, 2, 2), np.float32), 16000)
    assert list(tmp_path.iterdir()) == []
