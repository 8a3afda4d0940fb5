"""The likeliest path of a token sequence through a CTC model's frames.

Graves et al. 2006, "Connectionist Temporal Classification": each frame says a token or the blank; a token may last
several frames, blanks may stand anywhere, and between two equal tokens one must. States of a text of L tokens:

    blank  t1  blank  t2  blank  …  tL  blank        (2 L + 1)
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class TokenSpan:
    """Where one token is said: frames [first, end), and the mean log-probability it has there."""

    first: int
    end: int
    logprob: float


def align_tokens(
    logprobs: npt.NDArray[np.float32], tokens: Sequence[int], blank: int
) -> list[TokenSpan] | None:
    """The spans of the tokens on the likeliest path, in order; None when there are too few frames for one.

    logprobs: of shape (frames, vocabulary). tokens: none of them the blank.
    """
    if not tokens:
        return []
    states = np.full(2 * len(tokens) + 1, blank)
    states[1::2] = tokens
    path = _best_path(logprobs[:, states].astype(np.float64), _may_skip(states, blank))
    if path is None:
        return None
    spans: list[TokenSpan] = []
    for index, token in enumerate(tokens):
        frames = np.flatnonzero(path == 2 * index + 1)
        first, end = int(frames[0]), int(frames[-1]) + 1
        spans.append(TokenSpan(first, end, float(logprobs[first:end, token].mean())))
    return spans


def _may_skip(states: npt.NDArray[np.int64], blank: int) -> npt.NDArray[np.bool_]:
    """Whether a state can be reached past the blank before it: a token that differs from the token before it."""
    may = np.zeros(len(states), dtype=bool)
    may[2:] = (states[2:] != blank) & (states[2:] != states[:-2])
    return may


def _best_path(
    scores: npt.NDArray[np.float64], may_skip: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64] | None:
    """The state of each frame. scores: of shape (frames, states)."""
    frames, count = scores.shape
    if frames == 0:
        return None
    best = np.full(count, -np.inf)
    best[:2] = scores[0, :2]
    # How many states each one was reached over: 0, 1 or 2.
    steps = np.zeros((frames, count), dtype=np.uint8)
    reached = np.empty((3, count))
    for frame in range(1, frames):
        reached[0] = best
        reached[1, 0], reached[1, 1:] = -np.inf, best[:-1]
        reached[2, :2], reached[2, 2:] = -np.inf, best[:-2]
        reached[2, ~may_skip] = -np.inf
        steps[frame] = reached.argmax(axis=0)
        best = reached.max(axis=0) + scores[frame]
    state = count - 1 if best[-1] >= best[-2] else count - 2
    if not np.isfinite(best[state]):
        return None
    path = np.empty(frames, dtype=np.int64)
    for frame in range(frames - 1, -1, -1):
        path[frame] = state
        state -= int(steps[frame, state])
    return path
