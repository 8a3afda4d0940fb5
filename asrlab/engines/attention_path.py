"""Dynamic time warping of tokens against frames, along anti-diagonals so that numpy does the inner loop.

The recurrence is Whisper's (openai/whisper, timing.py): each cell is its cost plus the cheapest of its left,
upper and diagonal neighbours. Of equal ones the diagonal is taken first (Whisper's comparison lets the left one win
there, which may miss the cheapest path; costs of real attention are never equal).
"""

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.floating]
Indices = npt.NDArray[np.int64]

_DIAGONAL, _UP, _LEFT = 0, 1, 2


def cheapest_path(cost: Matrix) -> tuple[Indices, Indices]:
    """The cheapest monotonic path through `cost`, shape (tokens, frames), from its first to its last cell.

    Returns token and frame indices along the path, both non-decreasing, each of shape (length of the path,).
    """
    rows, columns = cost.shape
    if rows == 0 or columns == 0:
        empty = np.zeros(0, dtype=np.int64)
        return empty, empty
    total = np.full((rows + 1, columns + 1), np.inf, dtype=np.float64)
    trace = np.zeros((rows + 1, columns + 1), dtype=np.int8)
    total[0, 0] = 0.0
    trace[0, :] = _LEFT
    trace[:, 0] = _UP
    for diagonal in range(2, rows + columns + 1):
        row = np.arange(max(1, diagonal - columns), min(rows, diagonal - 1) + 1)
        column = diagonal - row
        across, up, left = total[row - 1, column - 1], total[row - 1, column], total[row, column - 1]
        best = np.minimum(np.minimum(across, up), left)
        step = np.where(across == best, _DIAGONAL, np.where(up == best, _UP, _LEFT))
        total[row, column] = cost[row - 1, column - 1] + best
        trace[row, column] = step
    return _walk_back(trace, rows, columns)


def _walk_back(trace: npt.NDArray[np.int8], row: int, column: int) -> tuple[Indices, Indices]:
    tokens: list[int] = []
    frames: list[int] = []
    while row > 0 or column > 0:
        tokens.append(row - 1)
        frames.append(column - 1)
        step = trace[row, column]
        row -= step != _LEFT
        column -= step != _UP
    return np.array(tokens[::-1], dtype=np.int64), np.array(frames[::-1], dtype=np.int64)
