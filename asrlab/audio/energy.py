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
        """RMS per frame, shape (frames,); a last incomplete frame counts as one, over what it has.

        Ends the stream: what is returned is the meter's own memory (29 MB for 20 hours), which can't grow any more.
        """
        if len(self._rest):
            self._energies += _rms(self._rest[None]).tobytes()
            self._rest = self._rest[:0]
        return np.frombuffer(self._energies, dtype=np.float32)


def _rms(frames: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.sqrt(np.mean(np.square(frames), axis=1, dtype=np.float32))
