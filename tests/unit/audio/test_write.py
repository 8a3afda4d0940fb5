"""What is written can be read again."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from asrlab.audio.probe import probe
from asrlab.audio.read import read_spans
from asrlab.audio.write import wav_bytes, write_pcm16, write_wav
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


def test_blocks_of_16_bit_audio_come_back_bit_for_bit(tmp_path: Path) -> None:
    samples = np.arange(-32768, 32768).astype(np.int16)
    waveform = (samples / 32768).astype(np.float32)
    path = tmp_path / "a.wav"
    with path.open("wb") as file:
        write_pcm16(file, np.array_split(waveform, 7), 8000)
    read, rate = soundfile.read(path, dtype="int16")
    assert rate == 8000
    assert np.array_equal(read, samples)
    assert path.stat().st_size == wav_bytes(len(samples))


def test_loud_blocks_are_clipped_not_wrapped(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with path.open("wb") as file:
        write_pcm16(file, [np.array([2.0, -2.0], np.float32)], 8000)
    assert soundfile.read(path, dtype="int16")[0].tolist() == [32767, -32768]


def test_no_blocks_are_a_wav_without_samples(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with path.open("wb") as file:
        write_pcm16(file, [], 8000)
    assert soundfile.info(path).frames == 0
    assert path.stat().st_size == wav_bytes(0)
