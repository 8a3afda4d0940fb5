"""Rules of time spans: whole milliseconds, half-open, no sample lost or shared between neighbours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrlab.domain.time import TimeSpan

milliseconds = st.integers(0, 100 * 3_600_000)
sampling_rates = st.sampled_from([8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000])


@pytest.mark.parametrize(
    ("seconds", "ms"), [(0.0, 0), (0.0004, 0), (0.0006, 1), (1.2345678, 1235), (71_999.9996, 72_000_000)]
)
def test_times_are_rounded_to_whole_milliseconds(seconds: float, ms: int) -> None:
    assert TimeSpan(0, seconds).end_ms == ms


def test_rounding_makes_equal_what_is_equal_to_the_millisecond() -> None:
    assert TimeSpan(0.1 + 0.2, 1.0) == TimeSpan(0.3, 1.0)
    assert hash(TimeSpan(0.1 + 0.2, 1.0)) == hash(TimeSpan(0.3, 1.0))


@pytest.mark.parametrize(("start", "end"), [(2.0, 1.0), (-0.1, 1.0), (-2.0, -1.0), (1.0, -1.0)])
def test_backward_and_negative_spans_are_refused(start: float, end: float) -> None:
    with pytest.raises(ValueError, match="ordered and not negative"):
        TimeSpan(start, end)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_time_that_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises((ValueError, OverflowError)):
        TimeSpan(0.0, value)


def test_an_empty_span_is_allowed_and_overlaps_nothing_beside_it() -> None:
    assert TimeSpan(1, 1).duration == 0
    assert not TimeSpan(1, 1).overlaps(TimeSpan(1, 2))


@given(milliseconds, milliseconds)
def test_milliseconds_survive_the_way_through_seconds(a: int, b: int) -> None:
    span = TimeSpan.from_ms(min(a, b), max(a, b))
    assert (span.start_ms, span.end_ms) == (min(a, b), max(a, b))
    assert TimeSpan(span.start, span.end) == span
    assert span.duration_ms == abs(a - b)


@given(st.lists(milliseconds, min_size=3, max_size=3).map(sorted), sampling_rates)
def test_spans_that_touch_share_no_sample_and_leave_none_out(edges: list[int], sampling_rate: int) -> None:
    left = TimeSpan.from_ms(edges[0], edges[1]).sample_range(sampling_rate)
    right = TimeSpan.from_ms(edges[1], edges[2]).sample_range(sampling_rate)
    assert left[0] <= left[1] == right[0] <= right[1]


@given(st.integers(1, 10**9), sampling_rates)
def test_a_span_that_ends_within_the_recording_asks_for_no_sample_behind_it(
    num_samples: int, sampling_rate: int
) -> None:
    span = TimeSpan.from_ms(0, num_samples * 1000 // sampling_rate)
    assert span.sample_range(sampling_rate)[1] <= num_samples


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (TimeSpan(0, 2), False),  # [==]
        (TimeSpan(0, 2.001), True),  # [===]
        (TimeSpan(3, 4), True),  #       [=]
        (TimeSpan(1, 9), True),  #  [==========]
        (TimeSpan(5, 9), False),  #          [====]
    ],
)
def test_spans_overlap_when_they_share_a_millisecond(other: TimeSpan, expected: bool) -> None:
    span = TimeSpan(2, 5)
    assert span.overlaps(other) is other.overlaps(span) is expected


def test_spans_sort_by_start_then_end() -> None:
    assert sorted([TimeSpan(1, 3), TimeSpan(0, 9), TimeSpan(1, 2)]) == [
        TimeSpan(0, 9),
        TimeSpan(1, 2),
        TimeSpan(1, 3),
    ]


def test_a_shifted_span_keeps_its_length() -> None:
    assert TimeSpan(0.25, 1.5).shifted(10) == TimeSpan(10.25, 11.5)
    with pytest.raises(ValueError, match="not negative"):
        TimeSpan(0.25, 1.5).shifted(-1)
