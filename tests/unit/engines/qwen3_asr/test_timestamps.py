"""Time stamps are repaired as by the reference, and in O(n log n)."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from transformers.models.qwen3_asr.processing_qwen3_asr import _fix_timestamps

from asrlab.engines.qwen3_asr.timestamps import repair_timestamps


def test_the_references_table(expected: dict[str, Any]) -> None:
    for case in expected["functions"]["fix_timestamp"]:
        assert repair_timestamps(case["input"]).values == case["output"], case


def test_ten_thousand_random_cases_are_repaired_as_by_the_reference() -> None:
    random = np.random.default_rng(11)
    for _ in range(10_000):
        count = int(random.integers(1, 40))
        # Few classes give ties, many give none; a drift upwards makes long runs.
        values = random.integers(0, int(random.choice([3, 12, 400])), count)
        values = (values + np.arange(count) * int(random.integers(0, 12))) * 80
        assert repair_timestamps(values.tolist()).values == _fix_timestamps(values)


@given(st.lists(st.integers(0, 400_000), max_size=60))
def test_what_comes_out_never_runs_backwards_and_keeps_a_longest_run(values: list[int]) -> None:
    repaired = repair_timestamps(values)
    assert repaired.values == sorted(repaired.values)
    assert len(repaired.values) == len(repaired.kept) == len(values)
    for before, after, kept in zip(values, repaired.values, repaired.kept, strict=True):
        assert before == after or not kept
    if values == sorted(values):
        assert all(repaired.kept)
