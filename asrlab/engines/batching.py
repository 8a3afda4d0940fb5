"""Clips in batches of like length, smaller ones once a device ran out of memory, and the answers in the order asked."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from asrlab.domain.memory import BatchMemory
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import Seconds
from asrlab.errors import ItemError

Item = TypeVar("Item")
Result = TypeVar("Result")
Call = Callable[[list[Item]], list[Result]]


def in_batches(
    items: Sequence[Item],
    durations: Sequence[Seconds],
    call: Call[Item, Result],
    is_out_of_memory: Callable[[Exception], bool],
    memory: BatchMemory,
    most: int | None = None,
    window: Seconds = 0.0,
) -> list[Result]:
    """`call` on all items, the longest first: one result each, in their order.

    A batch costs its longest item's duration (or `window`, what every item is padded to) times its items, and no more
    than `memory` holds; one that does not fit is tried in halves, and `memory` learns from it. most: the most items.
    Raises ItemError when one clip alone does not fit into memory, and whatever else `call` raises.
    """
    found: dict[int, Result] = {}
    by_length = sorted(range(len(items)), key=lambda index: (-durations[index], index))
    first = 0
    while first < len(by_length):
        longest = max(durations[by_length[first]], window)
        size = memory.clips(longest) if most is None else min(memory.clips(longest), most)
        batch = by_length[first : first + size]
        try:
            results = call([items[index] for index in batch])
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            memory.was_too_much(longest * len(batch))
            if len(batch) == 1:
                raise ItemError(
                    FailureReason.OUT_OF_MEMORY, "one clip does not fit into the device's memory"
                ) from error
            continue
        found.update(zip(batch, results, strict=True))
        first += len(batch)
    return [found[index] for index in range(len(items))]
