"""The order of work: nothing is lost, the urgent first, and a long recording holds up no short ones."""

from hypothesis import given
from hypothesis import strategies as st

from asrlab.catalog.segments import Segment
from asrlab.domain.time import TimeSpan
from asrlab.planning import groups_of_audio

GROUP_S = 600.0


def recording(recording_id: int, first_id: int, count: int, seconds: float = 10.0) -> list[Segment]:
    return [
        Segment(first_id + i, recording_id, None, TimeSpan(i * seconds, (i + 1) * seconds))
        for i in range(count)
    ]


def test_three_hours_do_not_hold_up_three_thousand_short_ones() -> None:
    long = recording(1, 0, 1080)
    short = [segment for i in range(3000) for segment in recording(2 + i, 10_000 + i, 1, 5.0)]
    order = [item for group in groups_of_audio([*long, *short], GROUP_S, {}) for item in group]
    before_the_last_short = order[: max(order.index(segment.segment_id) for segment in short)]
    # Its first ten minutes of a hundred and eighty.
    assert sum(item < 10_000 for item in before_the_last_short) <= 60


def test_the_urgent_go_first_whenever_they_came() -> None:
    segments = [*recording(1, 0, 100), *recording(2, 100, 100), *recording(3, 200, 100)]
    order = [item for group in groups_of_audio(segments, GROUP_S, {3: 5, 1: -1}) for item in group]
    assert order[:100] == list(range(200, 300))
    assert order[-100:] == list(range(100))


def test_within_a_group_the_longest_come_first() -> None:
    segments = [segment for i in range(50) for segment in recording(i, i, 1, 1.0 + i % 7)]
    (group,) = groups_of_audio(segments, GROUP_S, {})
    lengths = [1.0 + item % 7 for item in group]
    assert lengths == sorted(lengths, reverse=True)


lengths_s = st.floats(0.05, 40.0)


@given(
    st.lists(st.lists(lengths_s, min_size=1, max_size=8), max_size=12),
    st.dictionaries(st.integers(0, 12), st.integers(-2, 2)),
    st.floats(1.0, 100.0),
)
def test_every_segment_is_in_one_group_and_no_group_is_too_long(
    recordings: list[list[float]], priorities: dict[int, int], group_s: float
) -> None:
    segments: list[Segment] = []
    for recording_id, lengths in enumerate(recordings):
        start = 0.0
        for length in lengths:
            segments.append(Segment(len(segments), recording_id, None, TimeSpan(start, start + length)))
            start += length + 1.0
    groups = groups_of_audio(segments, group_s, priorities)
    assert sorted(item for group in groups for item in group) == [segment.segment_id for segment in segments]
    for group in groups:
        assert len(group) == 1 or sum(segments[item].span.duration for item in group) <= group_s + 1e-6
    # Groups go from urgent to not; within one that holds both, length decides.
    highest = [max(priorities.get(segments[item].recording_id, 0) for item in group) for group in groups]
    assert highest == sorted(highest, reverse=True)
