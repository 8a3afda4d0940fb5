"""Clips in batches of like length, a batch that does not fit halved, and the answers in the order asked."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from asrlab.domain.reasons import FailureReason
from asrlab.engines.protocol import Waveform
from asrlab.errors import ItemError

Result = TypeVar("Result")
Call = Callable[[list[Waveform]], list[Result]]


def in_batches(
    waveforms: Sequence[Waveform],
    batch_size: int,
    call: Call[Result],
    is_out_of_memory: Callable[[Exception], bool],
) -> list[Result]:
    """`call` on all waveforms, the longest first: one result each, in their order.

    Raises ItemError when one clip alone does not fit into memory, and whatever else `call` raises.
    """
    found: dict[int, Result] = {}
    by_length = sorted(range(len(waveforms)), key=lambda index: (-len(waveforms[index]), index))
    for first in range(0, len(by_length), batch_size):
        batch = by_length[first : first + batch_size]
        results = _halving([waveforms[index] for index in batch], call, is_out_of_memory)
        found.update(zip(batch, results, strict=True))
    return [found[index] for index in range(len(waveforms))]


def _halving(
    waveforms: list[Waveform], call: Call[Result], is_out_of_memory: Callable[[Exception], bool]
) -> list[Result]:
    try:
        return call(waveforms)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        if len(waveforms) == 1:
            raise ItemError(
                FailureReason.OUT_OF_MEMORY, "one clip does not fit into the device's memory"
            ) from error
    half = len(waveforms) // 2
    parts = (waveforms[:half], waveforms[half:])
    return [result for part in parts for result in _halving(part, call, is_out_of_memory)]
