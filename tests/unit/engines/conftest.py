"""Real Whisper weights and real speech for the tests of engines."""

from collections.abc import Sequence
from importlib import metadata
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from asrlab.engines.protocol import EngineOptions, Waveform
from asrlab.engines.whisper.aligner import WhisperAligner
from asrlab.engines.whisper.engine import WhisperEngine
from asrlab.engines.whisper.factory import whisper_aligner, whisper_engine

RATE_HZ = 16_000


@pytest.fixture(scope="session")
def speech() -> Waveform:
    """44 s of read English at 16 kHz."""
    path = metadata.distribution("moonshine-voice").locate_file("moonshine_voice/assets/two_cities.wav")
    samples, rate = soundfile.read(Path(str(path)), dtype="float32")
    return np.asarray(soxr.resample(samples, rate, RATE_HZ), dtype=np.float32)


@pytest.fixture(scope="session")
def clips(speech: Waveform) -> Sequence[Waveform]:
    """Pieces of it of 3 to 10 s, cut in its pauses."""
    borders = [1.0, 4.8, 8.5, 16.9, 20.0, 28.7]
    return [speech[round(a * RATE_HZ) : round(b * RATE_HZ)] for a, b in pairwise(borders)]


@pytest.fixture(scope="session")
def engine() -> WhisperEngine:
    opened = whisper_engine.open(EngineOptions(device="cpu"))
    assert isinstance(opened, WhisperEngine)
    return opened


@pytest.fixture(scope="session")
def aligner() -> WhisperAligner:
    opened = whisper_aligner.open(EngineOptions(device="cpu"))
    assert isinstance(opened, WhisperAligner)
    return opened
