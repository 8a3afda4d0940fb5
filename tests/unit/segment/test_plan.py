"""Rules of the segmentation planner: drawn timelines for the cases, properties for everything between."""

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrlab.domain.recipe import Recipe
from asrlab.domain.time import TimeSpan
from asrlab.segment.plan import Energies, plan_segments, plan_whole

LOUDNESS = {".": 0.001, ":": 0.01, "#": 0.2}
"""'.' is silence, ':' a dip in the loudness of speech, '#' speech."""
FRAMES_PER_SECOND = 100
BARE = Recipe("silero-vad", pad_seconds=0, merge_gap_seconds=0)


def drawn_speech(timeline: str) -> list[TimeSpan]:
    """One character is a second; every run of '#' and ':' is a detected region."""
    padded = f".{timeline}.".replace(":", "#")
    edges = [i for i in range(len(padded) - 1) if padded[i] != padded[i + 1]]
    return [TimeSpan(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def drawn_energies(timeline: str) -> Energies:
    return np.repeat([LOUDNESS[char] for char in timeline], FRAMES_PER_SECOND).astype(np.float32)


def planned(timeline: str, recipe: Recipe) -> list[tuple[float, float]]:
    return pairs(plan_segments(drawn_speech(timeline), drawn_energies(timeline), len(timeline), recipe))


def planned_whole(timeline: str, recipe: Recipe) -> list[tuple[float, float]]:
    return pairs(plan_whole(drawn_energies(timeline), len(timeline), recipe))


def pairs(spans: Sequence[TimeSpan]) -> list[tuple[float, float]]:
    return [(span.start, span.end) for span in spans]


def test_a_region_keeps_its_place_without_padding() -> None:
    # 0123456789
    assert planned("...####...", BARE) == [(3, 7)]


def test_padding_widens_a_region() -> None:
    assert planned("...####...", replace(BARE, pad_seconds=0.25)) == [(2.75, 7.25)]


def test_padding_stays_inside_the_recording() -> None:
    assert planned("########", replace(BARE, pad_seconds=0.5)) == [(0, 8)]


def test_padded_neighbours_meet_halfway() -> None:
    # both want three seconds of the two between them; the cap keeps them apart
    assert planned(".....###..###.....", replace(BARE, pad_seconds=3, max_seconds=9)) == [(2, 9), (9, 16)]


def test_neighbours_within_the_gap_share_a_segment() -> None:
    assert planned(".###.##...##.", replace(BARE, merge_gap_seconds=2)) == [(1, 7), (10, 12)]


def test_the_gap_is_measured_between_padded_regions() -> None:
    recipe = replace(BARE, pad_seconds=0.5, merge_gap_seconds=1)
    assert planned("..###..###...###..", recipe) == [(1.5, 10.5), (12.5, 16.5)]


def test_neighbours_stay_apart_when_the_sum_would_pass_the_cap() -> None:
    recipe = replace(BARE, merge_gap_seconds=2, max_seconds=8)
    assert planned("####.###.####", recipe) == [(0, 8), (9, 13)]


@pytest.mark.parametrize(("end", "count"), [(8.0, 1), (8.001, 2)])
def test_the_cap_holds_to_the_millisecond_for_joined_and_for_cut(end: float, count: int) -> None:
    recipe = replace(BARE, merge_gap_seconds=2, max_seconds=8)
    energies = drawn_energies("#########")
    assert len(plan_segments([TimeSpan(0, 4), TimeSpan(5, end)], energies, 9.0, recipe)) == count
    assert len(plan_segments([TimeSpan(0, end)], energies, 9.0, recipe)) == count


def test_a_region_as_long_as_the_cap_stays_whole() -> None:
    assert planned("..########..", replace(BARE, max_seconds=8)) == [(2, 10)]


def test_a_long_region_is_cut_in_the_middle_of_its_quietest_place() -> None:
    #        0    5    10   15
    assert planned("..#####:####....", replace(BARE, max_seconds=8)) == [(2, 7.5), (7.5, 12)]


def test_a_dip_too_early_to_cut_at_is_passed_over() -> None:
    # the dip at 3 s would leave a first piece of less than half a cap
    assert planned(".#:#####:###.", replace(BARE, max_seconds=10)) == [(1, 8.5), (8.5, 12)]


def test_a_cut_leaves_no_crumb_at_the_end() -> None:
    # 10.5 s under a cap of 10: the only dip lies in the last second
    energies = drawn_energies("###########")
    energies[980:1020] = LOUDNESS["."]
    (first, second) = plan_segments([TimeSpan(0, 10.5)], energies, 11.0, replace(BARE, max_seconds=10))
    assert second.duration >= 1.0
    assert first.end == second.start


def test_the_middle_of_a_long_pause_beats_a_short_silent_dip() -> None:
    energies = drawn_energies("#" * 20)
    energies[1300:1400] = 0.0012  # one second of room tone
    energies[1700:1711] = 0.001  # 110 ms, a shade quieter
    (first, _) = plan_whole(energies, 20.0, replace(BARE, max_seconds=18))
    assert first.end == 13.5


def test_a_dip_shorter_than_the_window_does_not_win_over_a_real_pause() -> None:
    energies = drawn_energies("#" * 20)
    energies[1500:1530] = 0.01  # 300 ms
    energies[1200:1202] = 0.0  # 20 ms: the closure of a "t"
    (first, _) = plan_whole(energies, 20.0, replace(BARE, max_seconds=18))
    assert first.end == 15.15


def test_the_rest_of_a_cut_region_joins_the_next_region() -> None:
    recipe = replace(BARE, max_seconds=8, merge_gap_seconds=1)
    assert planned("#####:####.##..", recipe) == [(0, 5.5), (5.5, 13)]


def test_no_speech_gives_no_segments() -> None:
    assert planned("..........", Recipe("silero-vad")) == []


def test_an_empty_recording_gives_no_segments() -> None:
    nothing = np.zeros(0, dtype=np.float32)
    assert plan_segments([], nothing, 0.0, Recipe()) == plan_whole(nothing, 0.0, Recipe("whole")) == []


def test_overlapping_regions_count_as_one() -> None:
    speech = [TimeSpan(4, 8), TimeSpan(1, 5)]
    assert pairs(plan_segments(speech, drawn_energies("#" * 10), 10.0, BARE)) == [(1, 8)]


def test_speech_past_the_end_is_cut_back_to_the_recording() -> None:
    speech = [TimeSpan(1, 2.5), TimeSpan(2.7, 2.9)]
    assert pairs(plan_segments(speech, drawn_energies("###"), 2.0004, Recipe())) == [(0.8, 2.0)]


def test_ends_are_rounded_down_into_the_recording() -> None:
    num_samples = 44_100 * 3 + 43  # 0.97 ms past 3 s
    (segment,) = plan_whole(drawn_energies("###"), num_samples / 44_100, Recipe("whole"))
    assert segment.end == 3.0


@pytest.mark.parametrize("milliseconds", [570, 1_001, 72_000_001])
def test_a_duration_of_whole_milliseconds_loses_none(milliseconds: int) -> None:
    num_samples = milliseconds * 16
    energies = np.zeros(milliseconds // 10 + 1, dtype=np.float32)
    assert plan_whole(energies, num_samples / 16_000, Recipe("whole"))[-1].end_ms == milliseconds


def test_a_whole_recording_within_the_cap_is_one_segment() -> None:
    assert planned_whole("...###...", Recipe("whole")) == [(0, 9)]


def test_a_whole_recording_is_cut_where_quiet() -> None:
    assert planned_whole("###.###.####", Recipe("whole", max_seconds=8)) == [(0, 7.5), (7.5, 12)]


def test_whole_ignores_the_fields_of_voice_detection() -> None:
    plain, padded = Recipe("whole", max_seconds=8), Recipe("whole", max_seconds=8, pad_seconds=3)
    assert planned_whole("###.###.####", plain) == planned_whole("###.###.####", padded)


def test_energies_of_a_shorter_recording_are_refused() -> None:
    with pytest.raises(ValueError, match=r"cover 5\.00 s of a recording of 9\.00 s"):
        plan_whole(drawn_energies("#####"), 9.0, Recipe("whole"))


def test_energies_a_frame_short_are_accepted() -> None:
    assert pairs(plan_whole(drawn_energies("#####")[:-1], 5.0, Recipe("whole"))) == [(0, 5)]


def test_energies_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        plan_whole(np.full(900, np.nan, dtype=np.float32), 9.0, Recipe("whole"))


def test_energies_of_two_channels_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        plan_whole(np.zeros((900, 2), dtype=np.float32), 9.0, Recipe("whole"))


def test_twenty_hours_are_planned_in_seconds() -> None:
    hours, regions = 20, 20_000
    step = hours * 3600 / regions
    rng = np.random.default_rng(0)
    energies = rng.random(hours * 3600 * FRAMES_PER_SECOND, dtype=np.float32)
    speech = [TimeSpan(i * step, i * step + 2.9) for i in range(regions)]
    began = time.process_time()
    segments = plan_segments(speech, energies, hours * 3600.0, Recipe())
    pieces = plan_whole(energies, hours * 3600.0, Recipe("whole"))
    assert time.process_time() - began < 10  # 0.25 s on one slow core
    assert len(segments) == regions / 8  # eight regions of 3.6 s fill 30 s
    assert sum(piece.duration_ms for piece in pieces) == hours * 3_600_000


# Properties


@st.composite
def recordings(draw: st.DrawFn) -> tuple[list[TimeSpan], Energies, float]:
    """Speech, energies and duration of up to two minutes; regions may touch but not overlap."""
    num_samples = draw(st.integers(0, 120 * 16_000))
    duration = num_samples / 16_000
    edges = sorted(draw(st.lists(st.integers(0, int(duration * 1000)), max_size=24, unique=True)))
    speech = [TimeSpan.from_ms(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    energies = rng.random(num_samples // 160 + 1, dtype=np.float32)
    energies[rng.random(len(energies)) < draw(st.sampled_from([0.0, 0.3, 1.0]))] = 0.0
    return speech, energies, duration


recipes = st.builds(
    Recipe,
    max_seconds=st.sampled_from([1.0, 1.999, 2.0, 5.0, 30.0]),
    pad_seconds=st.sampled_from([0.0, 0.2, 4.0]),
    merge_gap_seconds=st.sampled_from([0.0, 0.6, 10.0]),
)


@given(recordings(), recipes)
def test_segments_are_ordered_apart_and_inside_the_recording(
    recording: tuple[list[TimeSpan], Energies, float], recipe: Recipe
) -> None:
    segments = plan_segments(*recording, recipe)
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(segments))
    assert all(segment.duration_ms > 0 for segment in segments)
    assert not segments or segments[-1].end <= recording[2]


@given(recordings(), recipes)
def test_no_segment_passes_the_cap(recording: tuple[list[TimeSpan], Energies, float], recipe: Recipe) -> None:
    assert all(segment.duration <= recipe.max_seconds for segment in plan_segments(*recording, recipe))


@given(recordings(), recipes)
def test_all_detected_speech_is_covered(
    recording: tuple[list[TimeSpan], Energies, float], recipe: Recipe
) -> None:
    speech, _, duration = recording
    covered = np.zeros(int(duration * 1000) + 1, dtype=bool)
    for segment in plan_segments(*recording, recipe):
        covered[segment.start_ms : segment.end_ms] = True
    assert all(covered[region.start_ms : region.end_ms].all() for region in speech)


@given(recordings(), recipes)
def test_nothing_further_than_the_padding_from_speech_is_kept_but_joined_gaps(
    recording: tuple[list[TimeSpan], Energies, float], recipe: Recipe
) -> None:
    speech, _, duration = recording
    wanted = np.zeros(int(duration * 1000) + 1, dtype=bool)
    reach = recipe.pad_seconds * 1000 + recipe.merge_gap_seconds * 1000
    for region in speech:
        wanted[max(0, int(region.start_ms - reach)) : int(region.end_ms + reach)] = True
    assert all(wanted[s.start_ms : s.end_ms].all() for s in plan_segments(*recording, recipe))


@given(recordings(), recipes)
def test_planning_is_deterministic_and_leaves_its_input_alone(
    recording: tuple[list[TimeSpan], Energies, float], recipe: Recipe
) -> None:
    speech, energies, duration = recording
    before = energies.copy()
    assert plan_segments(speech, energies, duration, recipe) == plan_segments(
        speech[::-1], energies, duration, recipe
    )
    assert np.array_equal(before, energies)


@given(recordings(), recipes)
def test_planning_the_plan_changes_nothing(
    recording: tuple[list[TimeSpan], Energies, float], recipe: Recipe
) -> None:
    _, energies, duration = recording
    once = plan_segments(*recording, recipe)
    assert plan_segments(once, energies, duration, replace(recipe, pad_seconds=0)) == once


@given(recordings(), recipes)
def test_whole_pieces_put_end_to_end_are_the_recording(
    recording: tuple[list[TimeSpan], Energies, float], recipe: Recipe
) -> None:
    _, energies, duration = recording
    pieces = plan_whole(energies, duration, replace(recipe, name="whole"))
    edges = [0, *(piece.end_ms for piece in pieces)]
    assert [piece.start_ms for piece in pieces] == edges[:-1]
    assert edges[-1] <= duration * 1000 + 1e-6 < edges[-1] + 1


@given(recordings(), recipes)
def test_pieces_are_within_the_cap_and_no_crumbs(
    recording: tuple[list[TimeSpan], Energies, float], recipe: Recipe
) -> None:
    _, energies, duration = recording
    pieces = plan_whole(energies, duration, replace(recipe, name="whole"))
    shortest = min(1.0, int(recipe.max_seconds * 1000) // 2 / 1000)
    assert all(piece.duration <= recipe.max_seconds for piece in pieces)
    assert len(pieces) <= 1 or all(piece.duration >= shortest for piece in pieces)
