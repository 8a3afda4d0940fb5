"""Where long audio is cut: at the quietest place near the cap; the pieces join to the input exactly."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from asrlab.domain.time import Seconds
from asrlab.engines.protocol import Waveform

Chunking = Literal["reference", "asrlab"]

# asrlab's own cap. Long chunks decode slower: each step reads the keys and values of all audio before it. 30 s are seven
# times as fast as 1200 s (docs/benchmarks.md).
CHUNK_SECONDS: Seconds = 30.0
# How far from the cap a pause is looked for, and over how much audio loudness is summed.
SEARCH_SECONDS = 5.0
WINDOW_SECONDS = 0.1
# The model was not trained on less.
MIN_SECONDS = 0.5


def chunk_bounds(
    waveform: Waveform, sampling_rate: int, max_seconds: Seconds, chunking: Chunking = "asrlab"
) -> list[tuple[int, int]]:
    """First and end sample of each chunk, in order, without gap or overlap.

    "reference" looks for the quietest place on both sides of the cap, as qwen-asr's split_audio_into_chunks, so a
    chunk may be longer by 5 s; "asrlab" looks only before it, so none ever is. No chunk for no audio.
    """
    total = len(waveform)
    if total == 0:
        return []
    if chunking == "reference" and total / float(sampling_rate) <= max_seconds:
        return [(0, total)]
    longest = max(1, int(max_seconds * sampling_rate))
    search = max(1, int(SEARCH_SECONDS * sampling_rate))
    window = max(4, int(WINDOW_SECONDS * sampling_rate))
    after = search if chunking == "reference" else 0
    # Never the first half of a chunk: with a cap below 10 s it would shrink to nothing.
    before = search if chunking == "reference" else min(search, longest // 2)
    bounds: list[tuple[int, int]] = []
    first = 0
    while total - first > longest:
        cap = first + longest
        cut = _quietest(waveform, max(first, cap - before), min(total, cap + after), window, cap)
        cut = min(max(cut, first + 1), total)
        bounds.append((first, cut))
        first = cut
    return [*bounds, (first, total)]


def at_least_half_a_second(waveform: Waveform, sampling_rate: int) -> Waveform:
    """The waveform, zero-padded at its end to 0.5 s if it is shorter."""
    missing = int(MIN_SECONDS * sampling_rate) - len(waveform)
    return np.pad(waveform, (0, missing)) if missing > 0 else waveform


def _quietest(waveform: Waveform, first: int, end: int, window: int, fallback: int) -> int:
    """The quietest sample of the quietest window in [first, end); the first of several."""
    if end - first <= window:
        return fallback
    loudness: npt.NDArray[np.float32] = np.abs(waveform[first:end])
    # As the reference sums, in single precision: another order of additions could choose another window.
    sums = np.convolve(loudness, np.ones(window, dtype=np.float32), mode="valid")
    start = int(np.argmin(sums))
    return first + start + int(np.argmin(loudness[start : start + window]))
