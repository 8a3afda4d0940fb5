"""Twenty hours through the detector's rule, the loudness meter and the planner: little memory, in seconds."""

import time
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from asrlab.audio.energy import EnergyMeter
from asrlab.domain.recipe import Recipe
from asrlab.domain.time import TimeSpan
from asrlab.engines.silero import WINDOW_SAMPLES, _Hysteresis
from asrlab.segment.plan import plan_segments

RATE_HZ = 16_000
SECONDS = 20 * 3600
CHUNK_WINDOWS = 256
# The loudness takes 29 MB, the regions and segments of the most restless recording the rest.
MOST_BYTES = 120_000_000
MOST_SECONDS = 60

Probabilities = npt.NDArray[np.float32]


def without_end(_first: int) -> Probabilities:
    """Somebody who never pauses."""
    return np.full(CHUNK_WINDOWS, 0.9, dtype=np.float32)


def restless(first: int) -> Probabilities:
    """A word of 0.64 s, then silence of 0.64 s, all day long."""
    return np.where((np.arange(first, first + CHUNK_WINDOWS) // 20) % 2 == 0, 0.9, 0.01).astype(np.float32)


def chunks(probabilities: Callable[[int], Probabilities]) -> Iterator[Probabilities]:
    windows = SECONDS * RATE_HZ // WINDOW_SAMPLES
    for first in range(0, windows, CHUNK_WINDOWS):
        yield probabilities(first)[: windows - first]


def cut(
    probabilities: Callable[[int], Probabilities], recipe: Recipe
) -> tuple[list[TimeSpan], list[TimeSpan]]:
    """Speech and segments, from probabilities instead of a network, and from noise for the loudness."""
    regions = _Hysteresis(recipe)
    for chunk in chunks(probabilities):
        regions.feed(chunk)
    speech = regions.finish(SECONDS * RATE_HZ)
    meter = EnergyMeter()
    second = np.random.default_rng(0).normal(0, 0.1, RATE_HZ).astype(np.float32)
    for _ in range(SECONDS):
        meter.feed(second)
    return speech, plan_segments(speech, meter.energies(), float(SECONDS), recipe)


@pytest.mark.parametrize(
    ("probabilities", "regions"), [(without_end, 1), (restless, 56_250)], ids=["without end", "restless"]
)
def test_twenty_hours_are_cut_in_little_memory(
    probabilities: Callable[[int], Probabilities], regions: int
) -> None:
    recipe = Recipe()
    tracemalloc.start()
    began = time.monotonic()
    try:
        speech, segments = cut(probabilities, recipe)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(speech) == regions
    assert peak < MOST_BYTES
    assert time.monotonic() - began < MOST_SECONDS
    assert max(segment.duration for segment in segments) <= recipe.max_seconds
    assert sum(segment.duration for segment in segments) >= sum(span.duration for span in speech)
    assert all(a.end <= b.start for a, b in pairwise(segments))
