"""Words that wait are heard with their neighbours where they have no room, and are placed in their room alone."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from asrlab.align.context import MS_PER_WORD, fitted, heard_with
from asrlab.domain.labels import AlignedWord
from asrlab.domain.time import TimeSpan
from asrlab.domain.words import PendingSpan, TimedWord

SEGMENT = TimeSpan(10.0, 14.0)


def timed(*borders_ms: int) -> tuple[TimedWord, ...]:
    """Words of three letters, one after the other."""
    return tuple(TimedWord("abc", start, end) for start, end in pairwise(borders_ms))


def heard(*times_ms: tuple[int, int]) -> list[AlignedWord]:
    return [AlignedWord("abc", TimeSpan.from_ms(*time), 0.9, ("seen",)) for time in times_ms]


def placed(found: tuple[AlignedWord, ...]) -> list[tuple[int, int, float | None, tuple[str, ...]]]:
    return [(word.span.start_ms, word.span.end_ms, word.score, word.flags) for word in found]


def test_a_span_with_time_enough_is_heard_alone() -> None:
    span = PendingSpan(1, 1, 10_400, 10_490)
    assert heard_with(timed(10_000, 10_400, 10_490, 11_000), [span], span, SEGMENT) == span


def test_a_span_without_time_is_heard_with_its_neighbours() -> None:
    span = PendingSpan(1, 1, 10_400, 10_400)
    words = timed(10_000, 10_400, 10_400, 11_000)
    assert heard_with(words, [span], span, SEGMENT) == PendingSpan(0, 3, 10_000, 11_000)


def test_short_neighbours_bring_theirs() -> None:
    span = PendingSpan(2, 1, 10_430, 10_430)
    words = timed(10_000, 10_400, 10_430, 10_430, 10_460, 11_000)
    assert heard_with(words, [span], span, SEGMENT) == PendingSpan(0, 5, 10_000, 11_000)


def test_what_is_heard_ends_at_no_word_whose_place_is_a_guess() -> None:
    first, second = PendingSpan(1, 1, 10_050, 10_050), PendingSpan(3, 1, 10_100, 10_100)
    words = timed(10_000, 10_050, 10_050, 10_100, 10_100, 10_900)
    assert heard_with(words, [first, second], first, SEGMENT) == PendingSpan(0, 5, 10_000, 10_900)


def test_no_more_than_the_segment_is_heard() -> None:
    span = PendingSpan(0, 2, 10_000, 10_000)
    words = timed(10_000, 10_000, 10_000, 10_050)
    assert heard_with(words, [span], span, TimeSpan(10.0, 10.1)) == PendingSpan(0, 3, 10_000, 10_100)


def test_what_was_heard_in_the_room_keeps_its_times_cut_to_it() -> None:
    span, window = PendingSpan(1, 2, 10_400, 10_600), PendingSpan(0, 4, 10_000, 11_000)
    found = fitted(span, window, heard((0, 380), (380, 480), (480, 620), (620, 900)))
    assert placed(found) == [(0, 80, 0.9, ("seen",)), (80, 200, 0.9, ("seen",))]


def test_what_was_heard_elsewhere_shares_what_is_left_of_the_room() -> None:
    span, window = PendingSpan(1, 3, 10_400, 10_600), PendingSpan(0, 5, 10_000, 11_000)
    found = fitted(span, window, heard((0, 100), (100, 200), (200, 300), (500, 600), (600, 900)))
    guess = (None, ("seen", "interpolated"))
    assert placed(found) == [(0, 50, *guess), (50, 100, *guess), (100, 200, 0.9, ("seen",))]


def test_without_room_a_word_stands_between_its_neighbours_without_length() -> None:
    span, window = PendingSpan(1, 1, 10_400, 10_400), PendingSpan(0, 3, 10_000, 11_000)
    found = fitted(span, window, heard((0, 300), (300, 700), (700, 1000)))
    assert placed(found) == [(0, 0, None, ("seen", "interpolated"))]


cuts = st.integers(SEGMENT.start_ms, SEGMENT.end_ms)


@st.composite
def waiting_words(draw: st.DrawFn) -> tuple[tuple[TimedWord, ...], PendingSpan]:
    """Words that never overlap, some without length, and a run of them between its neighbours."""
    count = draw(st.integers(1, 8))
    times = sorted(draw(st.lists(cuts, min_size=2 * count, max_size=2 * count)))
    words = tuple(TimedWord("abc", times[2 * at], times[2 * at + 1]) for at in range(count))
    first = draw(st.integers(0, count - 1))
    end = draw(st.integers(first + 1, count))
    start_ms = words[first - 1].end_ms if first else SEGMENT.start_ms
    end_ms = words[end].start_ms if end < count else SEGMENT.end_ms
    return words, PendingSpan(first, end - first, start_ms, end_ms)


@given(waiting_words(), st.data())
def test_whatever_is_heard_words_stay_in_order_and_in_their_room(
    case: tuple[tuple[TimedWord, ...], PendingSpan], data: st.DataObject
) -> None:
    words, span = case
    window = heard_with(words, [span], span, SEGMENT)
    assert SEGMENT.start_ms <= window.start_ms <= span.start_ms
    assert span.end_ms <= window.end_ms <= SEGMENT.end_ms
    assert window.first_word <= span.first_word
    assert window.first_word + window.num_words >= span.first_word + span.num_words
    length = window.end_ms - window.start_ms
    assert length >= MS_PER_WORD * window.num_words
    times = sorted(
        data.draw(
            st.lists(st.integers(0, length), min_size=2 * window.num_words, max_size=2 * window.num_words)
        )
    )
    found = fitted(span, window, heard(*zip(times[::2], times[1::2], strict=True)))
    assert len(found) == span.num_words
    borders = [time for word in found for time in (word.span.start_ms, word.span.end_ms)]
    assert borders == sorted(borders)
    assert all(0 <= time <= span.end_ms - span.start_ms for time in borders)
