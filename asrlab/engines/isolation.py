"""One bad item never stops a batch: run a batch, and on an error each of its items alone."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from asrlab.domain.reasons import FailureReason
from asrlab.engines.protocol import HasProcess
from asrlab.errors import ItemError, as_item_error

Item = TypeVar("Item")
Result = TypeVar("Result")


def run_isolated(
    call: Callable[[Sequence[Item]], Sequence[Result]], items: Sequence[Item], reason: FailureReason
) -> list[Result | ItemError]:
    """`call(items)`, one result an item, in order; an item that fails alone gives an ItemError instead.

    Raises what is not about an item: a user's mistake, or an error worth trying again.
    A call that returns another count than it was given is an error of the batch.
    """
    try:
        return list(_checked(call, items))
    except Exception as error:  # noqa: BLE001 - per-item isolation
        # Per-item isolation: what the engine raised is kept in the item's failure.
        failure = as_item_error(error, reason)
    if len(items) == 1:
        return [failure]
    return [result for item in items for result in run_isolated(call, [item], reason)]


def memory_of(engine: object) -> int:
    """The most memory, in bytes, of an engine's or aligner's own process; 0 for one that works in this process."""
    return engine.peak_memory_bytes if isinstance(engine, HasProcess) else 0


def _checked(call: Callable[[Sequence[Item]], Sequence[Result]], items: Sequence[Item]) -> Sequence[Result]:
    results = call(items)
    if len(results) != len(items):
        raise RuntimeError(f"{len(results)} results for {len(items)} items")
    return results
