"""Tiers in which nobody is heard over himself, and words that have a length there."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asrlab.domain.audio import AudioSource
from asrlab.errors import OptionError
from asrlab.export.utterances import LabeledRecording, TimedWord, Utterance
from asrlab.export.voices import tiers_of, words_in_row
from tests.datasets import utterance

SPEAKERS = st.sampled_from([None, "anna", "anna (2)", "anna - words", "segments", "words", "Channel 1"])


def said_in(*utterances: Utterance) -> LabeledRecording:
    return LabeledRecording(
        1, AudioSource("/a.wav", 1, 1, "0" * 64, 60_000, 1000, 2), "default", None, "{}", utterances
    )


def named(*utterances: Utterance) -> list[tuple[str, str, list[str]]]:
    return [
        (tier.name, tier.words_name, [each.text for each in tier.utterances])
        for tier in tiers_of(said_in(*utterances))
    ]


def row(said: Utterance) -> list[tuple[int, int, str]]:
    return words_in_row("form", said_in(said), said)


def test_a_voice_is_the_speaker_else_the_channel_else_nobody_known() -> None:
    assert named(
        utterance(0, 1, "a", speaker="anna", channel=1),
        utterance(0, 2, "b", channel=0),
        utterance(1, 2, "c", speaker="anna", channel=1),
        utterance(2, 3, "d"),
    ) == [
        ("anna", "anna - words", ["a", "c"]),
        ("Channel 1", "Channel 1 - words", ["b"]),
        ("segments", "words", ["d"]),
    ]


def test_what_overlaps_goes_to_another_tier() -> None:
    """[0 a 1.2] [2 c 3] over [1 b 2.1]: padding made them overlap."""
    assert named(utterance(0, 1.2, "a"), utterance(1, 2.1, "b"), utterance(2, 3, "c")) == [
        ("segments", "words", ["a", "c"]),
        ("segments (2)", "segments (2) - words", ["b"]),
    ]


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.integers(1, 30), SPEAKERS, st.sampled_from([None, 0, 1])),
        max_size=20,
    )
)
@settings(max_examples=50, deadline=None)
def test_tiers_never_overlap_hold_all_and_have_names_of_their_own(
    given_spans: list[tuple[int, int, str | None, int | None]],
) -> None:
    utterances = [
        utterance(start, start + length, str(index), speaker=speaker, channel=channel)
        for index, (start, length, speaker, channel) in enumerate(
            sorted(given_spans, key=lambda each: each[:2])
        )
    ]
    tiers = tiers_of(said_in(*utterances))
    assert sorted(each.text for tier in tiers for each in tier.utterances) == sorted(
        each.text for each in utterances
    )
    assert all(a.end_ms <= b.start_ms for tier in tiers for a, b in pairwise(tier.utterances))
    names = [name for tier in tiers for name in (tier.name, tier.words_name)]
    assert len(set(names)) == len(names)


def test_words_that_lie_one_after_another_stay_as_they_are() -> None:
    """0 -- [0.1 a 0.3] [0.5 b 1] -- 1 s."""
    assert row(utterance(0, 1, "a b", words=[("a", 0.1, 0.3), ("b", 0.5, 1)])) == [
        (100, 300, "a"),
        (500, 1000, "b"),
    ]


def test_a_word_of_no_length_gets_a_millisecond_and_one_that_overlaps_ends_sooner() -> None:
    """[0 a 0.5] over [0.4 b 0.4], c and d at the very end."""
    words = [("a", 0, 0.5), ("b", 0.4, 0.4), ("c", 1, 1), ("d", 1, 1)]
    assert row(utterance(0, 1, "a b c d", words=words)) == [
        (0, 400, "a"),
        (400, 401, "b"),
        (998, 999, "c"),
        (999, 1000, "d"),
    ]


@given(
    st.integers(0, 100),
    st.integers(1, 40),
    st.lists(st.tuples(st.integers(0, 150), st.integers(0, 20)), max_size=40),
)
@settings(max_examples=50, deadline=None)
def test_any_words_lie_in_a_row_within_their_utterance_or_are_refused(
    start: int, length: int, times: list[tuple[int, int]]
) -> None:
    timed: tuple[TimedWord, ...] = tuple(
        (str(index), first, first + long, None, "") for index, (first, long) in enumerate(sorted(times))
    )
    said = utterance(0, 1, "x")._replace(start_ms=start, end_ms=start + length, timed=timed)
    if len(timed) > length:
        with pytest.raises(OptionError, match="more words than milliseconds"):
            row(said)
        return
    placed = row(said)
    assert [word for _, _, word in placed] == [word[0] for word in timed]
    borders = [start, *(time for first, end, _ in placed for time in (first, end)), start + length]
    assert borders == sorted(borders)
    assert all(end > first for first, end, _ in placed)
