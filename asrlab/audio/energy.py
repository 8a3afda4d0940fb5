"""Loudness over time: RMS of every 10 ms, by which quiet places are found."""

import numpy as np
import numpy.typing as npt

from asrlab.audio.resample import Waveform
from asrlab.domain.audio import ENGINE_SAMPLING_RATE_HZ
from asrlab.domain.time import Seconds

FRAME_SECONDS: Seconds = 0.010
FRAME_SAMPLES = round(FRAME_SECONDS * ENGINE_SAMPLING_RATE_HZ)


class EnergyMeter:
    """Fed consecutive blocks of one 16 kHz stream; 400 bytes of memory for each second of audio."""

    def __init__(self) -> None:
        self._rest: Waveform = np.zeros(0, dtype=np.float32)
        self._energies = bytearray()

    def feed(self, block: Waveform) -> None:
        """Measure a block of any length, shape (samples,)."""
        samples = np.concatenate([self._rest, block]) if len(self._rest) else block
        whole = len(samples) // FRAME_SAMPLES * FRAME_SAMPLES
        self._energies += _rms(samples[:whole].reshape(-1, FRAME_SAMPLES)).tobytes()
        self._rest = samples[whole:].copy()

    def energies(self) -> npt.NDArray[np.float32]:
        """RMS per frame so far, shape (frames,); a last incomplete frame counts as one, over what it has."""
        measured = np.frombuffer(bytes(self._energies), dtype=np.float32)
        return np.append(measured, _rms(self._rest[None])) if len(self._rest) else measured


def _rms(frames: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.sqrt(np.mean(np.square(frames), axis=1, dtype=np.float32))
