"""Arrays of samples, as people pass them in Python, to mono waveforms in [-1, 1]."""

from typing import Any

import numpy as np
import numpy.typing as npt

from asrlab.audio.resample import Waveform, resample

# An array of shape (8, 100) holds 8 channels, one of shape (9, 100) nine samples of 100 channels (the reference's rule).
MAX_LEADING_CHANNELS = 8


def waveform_of(samples: npt.NDArray[Any], sampling_rate: int) -> Waveform:
    """Mono, 16 kHz, float32, no louder than 1.

    samples: shape (n,), (n, channels) or (channels, n); integers are scaled by their type's range.
    Raises ValueError for another shape, a rate below 1, NaN or infinity; TypeError for what is no number.
    """
    if sampling_rate < 1:
        raise ValueError(f"Unsupported sampling rate: {sampling_rate}")
    waveform = resample(to_mono(scaled(samples)), sampling_rate)
    if not np.isfinite(waveform).all():
        raise ValueError("audio holds NaN or infinite samples")
    return within_range(waveform)


def scaled(samples: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Floats as they are; integers by their type's range (unsigned ones are centred first), in float32."""
    kind = samples.dtype.kind
    if kind == "f":
        return samples.astype(np.float32)
    if kind not in "iu":
        raise TypeError(f"Unsupported audio sample type: {samples.dtype}")
    half = float(1 << (8 * samples.dtype.itemsize - 1))
    centred = samples.astype(np.float64) - (half if kind == "u" else 0.0)
    return (centred / half).astype(np.float32)


def to_mono(samples: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """The mean of the channels; one-dimensional audio as it is."""
    if samples.ndim == 1:
        return samples.astype(np.float32)
    if samples.ndim != 2:
        raise ValueError(f"Unsupported audio ndim={samples.ndim}")
    if samples.shape[0] <= MAX_LEADING_CHANNELS and samples.shape[1] > samples.shape[0]:
        samples = samples.T
    mean: npt.NDArray[np.float32] = np.mean(samples, axis=-1).astype(np.float32)
    return mean


def within_range(waveform: npt.NDArray[Any]) -> Waveform:
    """Divided by its peak if that is above 1, as the reference's float_range_normalize; float32."""
    waveform = waveform.astype(np.float32)
    peak = float(np.max(np.abs(waveform))) if waveform.size else 0.0
    return np.clip(waveform / np.float32(peak), -1.0, 1.0).astype(np.float32) if peak > 1.0 else waveform
