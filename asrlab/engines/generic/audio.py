"""A waveform as a processor of transformers takes it."""

import numpy as np

from asrlab.audio.resample import resample
from asrlab.domain.audio import ENGINE_SAMPLING_RATE_HZ
from asrlab.domain.time import Seconds
from asrlab.engines.protocol import Waveform

# Convolutions and spectra have no frame for less.
MIN_SECONDS: Seconds = 0.1


def audio_at(waveform: Waveform, sampling_rate: int) -> Waveform:
    """The waveform at the processor's rate, zero-padded to a tenth of a second."""
    short = round(MIN_SECONDS * ENGINE_SAMPLING_RATE_HZ) - len(waveform)
    whole = np.pad(waveform, (0, short)) if short > 0 else waveform
    return resample(whole, ENGINE_SAMPLING_RATE_HZ, sampling_rate)
