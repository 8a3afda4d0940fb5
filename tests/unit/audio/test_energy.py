"""RMS of every 10 ms, however the stream is cut into blocks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrlab.audio.energy import FRAME_SAMPLES, FRAME_SECONDS, EnergyMeter


def test_frame_is_ten_milliseconds() -> None:
    assert (FRAME_SECONDS, FRAME_SAMPLES) == (0.010, 160)


def test_sine_has_the_rms_of_a_sine() -> None:
    meter = EnergyMeter()
    meter.feed((0.5 * np.sin(2 * np.pi * 400 * np.arange(16000) / 16000)).astype(np.float32))
    assert meter.energies().dtype == np.float32
    assert meter.energies() == pytest.approx(np.full(100, 0.5 / np.sqrt(2)), rel=1e-4)


@given(st.lists(st.integers(0, 700), max_size=12))
def test_blocks_of_any_length_give_the_same_energies(lengths: list[int]) -> None:
    samples = np.random.default_rng(0).standard_normal(sum(lengths)).astype(np.float32)
    meter, at_once = EnergyMeter(), EnergyMeter()
    for block in np.split(samples, np.cumsum(lengths, dtype=int)[:-1]) if lengths else []:
        meter.feed(block)
    at_once.feed(samples)
    assert np.array_equal(meter.energies(), at_once.energies())
    assert len(meter.energies()) == -(-len(samples) // FRAME_SAMPLES)


def test_last_incomplete_frame_is_measured_over_what_it_has() -> None:
    meter = EnergyMeter()
    meter.feed(np.full(161, 0.25, np.float32))
    assert meter.energies() == pytest.approx([0.25, 0.25])


def test_block_may_be_reused_by_its_owner() -> None:
    meter, block = EnergyMeter(), np.full(100, 0.5, np.float32)
    meter.feed(block)
    block[:] = 0
    meter.feed(np.full(60, 0.5, np.float32))
    assert meter.energies() == pytest.approx([0.5])


def test_nothing_fed_is_no_energy() -> None:
    assert EnergyMeter().energies().shape == (0,)
