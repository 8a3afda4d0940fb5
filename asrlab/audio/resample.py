"""From a file's own rate and channels to mono 16 kHz, in memory or block by block."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import soxr

from asrlab.audio.protocol import Frames
from asrlab.domain.audio import ENGINE_SAMPLING_RATE_HZ

Waveform = npt.NDArray[np.float32]


def to_mono(frames: Frames, channel: int | None) -> Waveform:
    """One channel (from 0), or the mean of all for None."""
    if channel is None:
        return frames[:, 0].copy() if frames.shape[1] == 1 else frames.mean(axis=1, dtype=np.float32)
    return np.ascontiguousarray(frames[:, channel])


def resample(waveform: Waveform, sampling_rate: int, target_rate: int = ENGINE_SAMPLING_RATE_HZ) -> Waveform:
    """At `target_rate` Hz, exactly `round(n * target_rate / sampling_rate)` samples long.

    soxr's HQ recipe is what librosa's "soxr_hq" calls; librosa itself takes seconds to import.
    """
    if sampling_rate == target_rate or len(waveform) == 0:
        return waveform
    length = round(len(waveform) * target_rate / sampling_rate)
    resampled: Waveform = soxr.resample(waveform, sampling_rate, target_rate, quality="HQ")
    # soxr rounds a sample more or less at some rates.
    missing = length - len(resampled)
    return np.pad(resampled, (0, missing)) if missing > 0 else resampled[:length]


def resample_blocks(blocks: Iterable[Waveform], sampling_rate: int) -> Iterator[Waveform]:
    """The same for a stream, with flat memory: a block comes out a little later than it went in."""
    if sampling_rate == ENGINE_SAMPLING_RATE_HZ:
        yield from blocks
        return
    stream = soxr.ResampleStream(
        sampling_rate, ENGINE_SAMPLING_RATE_HZ, num_channels=1, dtype="float32", quality="HQ"
    )
    for block in blocks:
        resampled = stream.resample_chunk(block)
        if len(resampled):
            yield resampled
    last = stream.resample_chunk(np.zeros(0, dtype=np.float32), last=True)
    if len(last):
        yield last
