"""Batches under a memory that is too small: nothing is lost, and it is not asked for too much twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrlab.domain.memory import BatchMemory
from asrlab.engines.batching import in_batches
from asrlab.errors import ItemError


class Device:
    """An allocator with room for so many seconds of padded audio."""

    def __init__(self, room: float) -> None:
        self.room = room
        self.calls: list[tuple[float, ...]] = []

    def __call__(self, items: list[float]) -> list[float]:
        self.calls.append(tuple(items))
        if max(items) * len(items) > self.room:
            raise RuntimeError("CUDA out of memory")
        return [item + 1000 for item in items]


def run(device: Device, durations: list[float], memory: BatchMemory, **limits: float) -> list[float]:
    return in_batches(
        durations, durations, device, lambda error: "out of memory" in str(error), memory, **limits
    )


durations_of_clips = st.lists(st.floats(0.01, 30.0), max_size=30)


@given(durations_of_clips, st.floats(30.0, 400.0), st.floats(1.0, 1000.0))
def test_every_clip_is_answered_in_its_place(durations: list[float], room: float, budget: float) -> None:
    memory = BatchMemory("card", "float32", budget)
    assert run(Device(room), durations, memory) == [duration + 1000 for duration in durations]
    assert memory.seconds <= budget


@given(durations_of_clips, st.floats(30.0, 400.0))
def test_a_memory_that_has_learned_asks_for_less_the_next_time(durations: list[float], room: float) -> None:
    memory = BatchMemory("card", "float32")
    run(Device(room), durations, memory)
    if memory.learned is None:
        assert sum(1 for _ in durations) == 0 or max(durations) * len(durations) <= room
        return
    next_run = BatchMemory("card", "float32")
    next_run.remember(memory.learned)
    again = Device(room)
    run(again, durations, next_run)
    assert next_run.learned is None
    assert all(max(call) * len(call) <= room for call in again.calls)


def test_batches_hold_what_the_budget_holds_and_no_more_than_the_most() -> None:
    device = Device(1e9)
    run(device, [10.0] * 10, BatchMemory("card", "float32", 40.0))
    assert [len(call) for call in device.calls] == [4, 4, 2]
    device.calls.clear()
    run(device, [10.0] * 10, BatchMemory("card", "float32", 40.0), most=3)
    assert [len(call) for call in device.calls] == [3, 3, 3, 1]


def test_a_window_is_what_every_clip_costs() -> None:
    device = Device(1e9)
    run(device, [1.0, 2.0, 3.0], BatchMemory("card", "float32", 60.0), window=30.0)
    assert device.calls == [(3.0, 2.0), (1.0,)]


def test_clips_of_like_length_go_together() -> None:
    device = Device(1e9)
    run(device, [1.0, 9.0, 2.0, 8.0], BatchMemory("card", "float32", 18.0))
    assert device.calls == [(9.0, 8.0), (2.0, 1.0)]


def test_one_clip_that_does_not_fit_is_told_and_remembered() -> None:
    memory = BatchMemory("card", "float32")
    with pytest.raises(ItemError, match="one clip does not fit"):
        run(Device(10.0), [12.0], memory)
    assert memory.learned == 6.0


def test_other_errors_go_through() -> None:
    def failing(_items: list[float]) -> list[float]:
        raise RuntimeError("shapes differ")

    memory = BatchMemory("card", "float32")
    with pytest.raises(RuntimeError, match="shapes differ"):
        in_batches([1.0], [1.0], failing, lambda error: False, memory)
    assert memory.learned is None
