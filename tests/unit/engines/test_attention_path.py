"""The path through the attention, held against transformers' own and against trying all paths."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers.models.whisper.generation_whisper import _dynamic_time_warping

from asrlab.engines.attention_path import cheapest_path


def cost_of(cost: np.ndarray, tokens: np.ndarray, frames: np.ndarray) -> float:
    return float(cost[tokens, frames].sum())


@settings(max_examples=60, deadline=None)
@given(rows=st.integers(1, 30), columns=st.integers(1, 60), seed=st.integers(0, 2**32 - 1))
def test_the_path_is_transformers_own(rows: int, columns: int, seed: int) -> None:
    cost = np.random.default_rng(seed).normal(size=(rows, columns))
    tokens, frames = cheapest_path(cost)
    their_tokens, their_frames = _dynamic_time_warping(cost)
    assert tokens.tolist() == their_tokens.tolist()
    assert frames.tolist() == their_frames.tolist()


@settings(max_examples=40, deadline=None)
@given(rows=st.integers(1, 5), columns=st.integers(1, 5), seed=st.integers(0, 2**32 - 1))
def test_no_other_path_is_cheaper(rows: int, columns: int, seed: int) -> None:
    cost = np.random.default_rng(seed).integers(-5, 6, size=(rows, columns)).astype(float)

    def cheapest_from(row: int, column: int) -> float:
        if (row, column) == (rows - 1, columns - 1):
            return float(cost[row, column])
        steps = [(row + 1, column), (row, column + 1), (row + 1, column + 1)]
        return float(cost[row, column]) + min(
            cheapest_from(r, c) for r, c in steps if r < rows and c < columns
        )

    assert cost_of(cost, *cheapest_path(cost)) == pytest.approx(cheapest_from(0, 0))


def test_the_path_goes_from_corner_to_corner_by_single_steps() -> None:
    tokens, frames = cheapest_path(np.random.default_rng(0).normal(size=(40, 500)))
    assert (tokens[0], frames[0], tokens[-1], frames[-1]) == (0, 0, 39, 499)
    assert set(np.diff(tokens)) <= {0, 1}
    assert set(np.diff(frames)) <= {0, 1}


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0)])
def test_nothing_has_no_path(shape: tuple[int, int]) -> None:
    tokens, frames = cheapest_path(np.zeros(shape))
    assert len(tokens) == len(frames) == 0
