"""Time stamps that must not run backwards: the longest run that does not, and the others placed around it."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

# So many outliers in a row take over a neighbour's value; more are spread between both.
SHORT_BLOCK = 2


@dataclass(frozen=True, slots=True)
class Repaired:
    """values: non-decreasing, one per value given. kept: whether each value is the one given, not replaced."""

    values: list[int]
    kept: list[bool]


def repair_timestamps(values: Sequence[float]) -> Repaired:
    """Replace the values outside the longest non-decreasing subsequence, as the reference's fix_timestamp.

    One or two outliers in a row take the nearer neighbour's value, more are interpolated; all are cut to
    integers. O(n log n), where the reference compares every pair.
    """
    kept = _longest_run(values)
    repaired: list[float] = list(values)
    first = 0
    while first < len(values):
        if kept[first]:
            first += 1
            continue
        end = first
        while end < len(values) and not kept[end]:
            end += 1
        left = repaired[first - 1] if first else None
        right = values[end] if end < len(values) else None
        repaired[first:end] = _between(left, right, end - first)
        first = end
    return Repaired([int(value) for value in repaired], kept)


def _between(left: float | None, right: float | None, count: int) -> list[float]:
    """`count` values between two neighbours, of which one at least is there."""
    if left is None or right is None:
        only = right if left is None else left
        assert only is not None
        return [only] * count
    if count <= SHORT_BLOCK:
        return [left if place + 1 <= count - place else right for place in range(count)]
    step = (right - left) / (count + 1)
    return [left + step * (place + 1) for place in range(count)]


def _longest_run(values: Sequence[float]) -> list[bool]:
    """Which values make up a longest non-decreasing subsequence: of several the one the reference finds.

    Values that end runs of the same length decrease from first to last (a later one that did not would end a
    longer run), so the first of them that a value may follow is found by bisection.
    """
    # For each length: the indices that end a run of it, in order, and their values negated (increasing).
    ends: list[list[int]] = []
    negated: list[list[float]] = []
    # The least value that ends a run of each length; non-decreasing.
    least: list[float] = []
    before: list[int] = []
    for index, value in enumerate(values):
        length = bisect_right(least, value)
        if length == len(ends):
            ends.append([])
            negated.append([])
            least.append(value)
        least[length] = value
        ends[length].append(index)
        negated[length].append(-value)
        before.append(-1 if length == 0 else ends[length - 1][_first_at_most(negated[length - 1], value)])
    kept = [False] * len(values)
    index = ends[-1][0] if ends else -1
    while index >= 0:
        kept[index] = True
        index = before[index]
    return kept


def _first_at_most(negated: Sequence[float], value: float) -> int:
    """The first place in decreasing values (given negated) that holds one not above `value`."""
    low, high = 0, len(negated) - 1
    while low < high:
        middle = (low + high) // 2
        if -negated[middle] <= value:
            high = middle
        else:
            low = middle + 1
    return low
