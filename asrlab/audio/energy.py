"""Loudness over time: RMS of every 10 ms, by which quiet places are found."""

import numpy as np
import numpy.typing as npt

from asrlab.audio.resample import Waveform
from asrlab.domain.audio import ENGINE_SAMPLING_RATE_HZ

FRAME_SECONDS = 0.010
FRAME_SAMPLES = int(FRAME_SECONDS * ENGINE_SAMPLING_RATE_HZ)


class EnergyMeter:
    """Fed consecutive blocks of one 16 kHz stream; 400 bytes of memory for each second of audio."""

    def __init__(self) -> None:
        self._rest: Waveform = np.zeros(0, dtype=np.float32)
        self._energies: list[npt.NDArray[np.float32]] = []

    def feed(self, block: Waveform) -> None:
        """Measure a block of any length."""
        samples = np.concatenate([self._rest, block]) if len(self._rest) else block
        whole = len(samples) // FRAME_SAMPLES * FRAME_SAMPLES
        if whole:
            frames = samples[:whole].reshape(-1, FRAME_SAMPLES)
            self._energies.append(np.sqrt(np.mean(np.square(frames), axis=1, dtype=np.float32)))
        self._rest = samples[whole:].copy()

    def energies(self) -> npt.NDArray[np.float32]:
        """RMS per frame so far, shape (frames,); a last incomplete frame counts as one."""
        parts = list(self._energies)
        if len(self._rest):
            parts.append(np.sqrt(np.mean(np.square(self._rest), dtype=np.float32)).reshape(1))
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)
