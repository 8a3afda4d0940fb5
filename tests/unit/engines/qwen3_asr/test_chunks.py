"""Long audio is cut where the reference cuts it, or never longer than asked."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrlab.engines.qwen3_asr.chunks import Chunking, at_least_half_a_second, chunk_bounds


def made(case: dict[str, Any]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """By the formula of the goldens."""
    random = np.random.RandomState(case["seed"])
    samples = random.randint(-case["amplitude"], case["amplitude"] + 1, case["n"])
    for first, end, value in case["set"]:
        samples[first:end] = value
    assert int(np.abs(samples).sum()) == case["sum_abs"]
    return (samples / 32768).astype(np.float32)


def test_the_references_table(expected: dict[str, Any]) -> None:
    for case in expected["functions"]["split_audio_into_chunks"]["cases"]:
        waveform, rate = made(case), case["sr"]
        bounds = chunk_bounds(waveform, rate, case["max_chunk_sec"], "reference")
        assert bounds == [(chunk["start"], chunk["end"]) for chunk in case["output"]]
        assert [first / rate for first, _ in bounds] == pytest.approx(
            [chunk["offset_sec"] for chunk in case["output"]]
        )
        if len(bounds) > 1:
            lengths = [len(at_least_half_a_second(waveform[first:end], rate)) for first, end in bounds]
            assert lengths == [chunk["length_after_padding"] for chunk in case["output"]]


@given(
    st.integers(0, 120_000),
    st.sampled_from([0.5, 2.0, 7.3, 30.0]),
    st.sampled_from(["asrlab", "reference"]),
    st.integers(0, 5),
)
def test_chunks_join_to_the_input(total: int, cap: float, chunking: Chunking, seed: int) -> None:
    rate = 1000
    waveform = np.random.default_rng(seed).normal(size=total).astype(np.float32)
    bounds = chunk_bounds(waveform, rate, cap, chunking)
    assert [first for first, _ in bounds] == [0, *(end for _, end in bounds[:-1])][: len(bounds)]
    assert (bounds[-1][1] if bounds else 0) == total
    assert all(first < end for first, end in bounds)
    if chunking == "asrlab":
        assert all(end - first <= cap * rate for first, end in bounds)
        # No crumbs but the last: a cut lies in the second half before the cap.
        assert all(end - first >= cap * rate / 2 - 1 for first, end in bounds[:-1])
