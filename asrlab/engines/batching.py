"""Clips in batches of like length, a batch that does not fit halved, and the answers in the order asked."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from asrlab.domain.reasons import FailureReason
from asrlab.errors import ItemError

Item = TypeVar("Item")
Result = TypeVar("Result")
Call = Callable[[list[Item]], list[Result]]


def in_batches(
    items: Sequence[Item],
    lengths: Sequence[int],
    batch_size: int,
    call: Call[Item, Result],
    is_out_of_memory: Callable[[Exception], bool],
    budget: int | None = None,
) -> list[Result]:
    """`call` on all items, the longest first: one result each, in their order.

    budget: the most padded length of a batch (its longest item's, times its items); one item is always taken.
    Raises ItemError when one clip alone does not fit into memory, and whatever else `call` raises.
    """
    found: dict[int, Result] = {}
    by_length = sorted(range(len(items)), key=lambda index: (-lengths[index], index))
    first = 0
    while first < len(by_length):
        longest = max(1, lengths[by_length[first]])
        size = batch_size if budget is None else max(1, min(batch_size, budget // longest))
        batch = by_length[first : first + size]
        first += size
        results = _halving([items[index] for index in batch], call, is_out_of_memory)
        found.update(zip(batch, results, strict=True))
    return [found[index] for index in range(len(items))]


def _halving(
    items: list[Item], call: Call[Item, Result], is_out_of_memory: Callable[[Exception], bool]
) -> list[Result]:
    try:
        return call(items)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        if len(items) == 1:
            raise ItemError(
                FailureReason.OUT_OF_MEMORY, "one clip does not fit into the device's memory"
            ) from error
    half = len(items) // 2
    parts = (items[:half], items[half:])
    return [result for part in parts for result in _halving(part, call, is_out_of_memory)]
