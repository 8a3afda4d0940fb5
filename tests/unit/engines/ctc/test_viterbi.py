"""The search against all paths there are, on cases small enough to write them all down."""

from itertools import groupby, product

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asrlab.engines.ctc.viterbi import align_tokens

BLANK = 0


def collapsed(path: tuple[int, ...]) -> list[int]:
    """What a path says: repeated tokens joined, blanks left out."""
    return [token for token, _ in groupby(path) if token != BLANK]


def all_paths(logprobs: npt.NDArray[np.float32], tokens: list[int]) -> dict[tuple[int, ...], float]:
    """Every path that says the tokens, with its log-probability."""
    frames, size = logprobs.shape
    return {
        path: sum(float(logprobs[frame, token]) for frame, token in enumerate(path))
        for path in product(range(size), repeat=frames)
        if collapsed(path) == tokens
    }


def random_logprobs(seed: int, frames: int, size: int) -> npt.NDArray[np.float32]:
    values = np.random.default_rng(seed).normal(0, 2, (frames, size))
    return (values - np.log(np.exp(values).sum(axis=1, keepdims=True))).astype(np.float32)


cases = st.tuples(
    st.integers(0, 2**31), st.integers(1, 6), st.lists(st.integers(1, 3), min_size=1, max_size=4)
)


@given(cases)
@settings(max_examples=300, deadline=None)
def test_the_path_is_the_likeliest_of_all(case: tuple[int, int, list[int]]) -> None:
    seed, frames, tokens = case
    logprobs = random_logprobs(seed, frames, 4)
    paths = all_paths(logprobs, tokens)
    spans = align_tokens(logprobs, tokens, BLANK)
    if not paths:
        assert spans is None
        return
    assert spans is not None
    path = [BLANK] * frames
    for token, span in zip(tokens, spans, strict=True):
        path[span.first : span.end] = [token] * (span.end - span.first)
    assert collapsed(tuple(path)) == tokens
    assert paths[tuple(path)] == pytest.approx(max(paths.values()), abs=1e-4)


@given(cases)
@settings(max_examples=200, deadline=None)
def test_spans_are_in_order_and_tell_their_own_probability(case: tuple[int, int, list[int]]) -> None:
    seed, frames, tokens = case
    logprobs = random_logprobs(seed, frames, 4)
    spans = align_tokens(logprobs, tokens, BLANK)
    if spans is None:
        return
    borders = [border for span in spans for border in (span.first, span.end)]
    assert borders == sorted(borders)
    assert all(span.first < span.end for span in spans)
    assert borders[-1] <= frames
    for token, span in zip(tokens, spans, strict=True):
        assert span.logprob == pytest.approx(float(logprobs[span.first : span.end, token].mean()), abs=1e-5)


@pytest.mark.parametrize(
    ("frames", "tokens", "fits"),
    [
        (0, [1], False),
        (2, [1, 2, 1], False),
        (3, [1, 2, 1], True),
        (3, [1, 1], True),
        (2, [1, 1], False),
        (0, [], True),
    ],
)
def test_a_text_needs_a_frame_a_token_and_one_between_equal_ones(
    frames: int, tokens: list[int], fits: bool
) -> None:
    assert (align_tokens(random_logprobs(1, frames, 3), tokens, BLANK) is not None) is fits


def test_tokens_that_are_impossible_have_no_path() -> None:
    logprobs = np.full((5, 3), -np.inf, dtype=np.float32)
    logprobs[:, BLANK] = 0.0
    assert align_tokens(logprobs, [1], BLANK) is None


def test_a_long_text_is_placed_where_it_was_put() -> None:
    """A thousand tokens at known frames, with the right one likely and the rest not."""
    rng = np.random.default_rng(3)
    tokens = [int(token) for token in rng.integers(1, 30, 1000)]
    lengths = rng.integers(1, 5, 1000)
    truth: list[tuple[int, int]] = []
    path: list[int] = []
    for token, length in zip(tokens, lengths, strict=True):
        path += [BLANK] * 2
        truth.append((len(path), len(path) + int(length)))
        path += [token] * int(length)
    logprobs = np.full((len(path), 30), np.log(0.1 / 29), dtype=np.float32)
    logprobs[range(len(path)), path] = np.log(0.9)
    spans = align_tokens(logprobs, tokens, BLANK)
    assert spans is not None
    assert [(span.first, span.end) for span in spans] == truth
