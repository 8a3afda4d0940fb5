"""The shape of utterances, on timelines: a character is 100 ms, `[` and `]` are in the utterance, capitals are doubtful.

[ aa  BB  cc ]      "a B c" from 0 to 1.4 s, whose word b the aligner doubts
"""

import re
from collections.abc import Sequence
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asrlab.errors import OptionError
from asrlab.export.masking import Stretch
from asrlab.export.neighbours import padded
from asrlab.export.shaping import NO_SHAPE, LeftOut, Shape, Shaped, apply_profile, shaped
from asrlab.export.utterances import TimedWord, Utterance
from asrlab.text.profiles import PROFILES

STEP_MS = 100
NO_WORDS = re.compile(r"\[[^\]]*\]")


def timeline(
    line: str, *, channel: int | None = None, speaker: str | None = None, first: int = 1
) -> list[Utterance]:
    """The utterances that a line draws, numbered from `first`."""
    return [
        spoken(
            match.start() * STEP_MS,
            match.end() * STEP_MS,
            [
                word(run[0], (match.start() + run.start()) * STEP_MS, (match.start() + run.end()) * STEP_MS)
                for run in re.finditer(r"([A-Za-z])\1*", match[0])
            ],
            channel=channel,
            speaker=speaker,
            number=first + index,
        )
        for index, match in enumerate(NO_WORDS.finditer(line))
    ]


def word(run: str, start_ms: int, end_ms: int) -> TimedWord:
    return (run[0], start_ms, end_ms, 0.1 if run[0].isupper() else 0.9, "")


def spoken(
    start_ms: int,
    end_ms: int,
    words: Sequence[TimedWord],
    *,
    text: str | None = None,
    channel: int | None = None,
    speaker: str | None = None,
    number: int = 1,
) -> Utterance:
    return Utterance(
        start_ms=start_ms,
        end_ms=end_ms,
        channel=channel,
        text=" ".join(each[0] for each in words) if text is None else text,
        language="en",
        speaker=speaker,
        confidence=0.5,
        origin="engine",
        engine="fake",
        flags="",
        verdict=None,
        context=None,
        segment_ids=(number,),
        transcript_ids=(number + 100,),
        timed=tuple(words),
    )


def drawn(utterances: Sequence[Utterance], length: int) -> str:
    """The utterances as a line of `length` characters."""
    line = [" "] * length
    for each in utterances:
        line[each.start_ms // STEP_MS] = "["
        line[each.end_ms // STEP_MS - 1] = "]"
        for text, start, end, _, _ in each.timed:
            line[start // STEP_MS : end // STEP_MS] = text[0] * ((end - start) // STEP_MS)
    return "".join(line)


def spans(utterances: Sequence[Utterance]) -> list[tuple[int, int]]:
    return [(each.start_ms, each.end_ms) for each in utterances]


def reshaped(line: str, shape: Shape) -> str:
    return drawn(shaped(timeline(line), shape, len(line) * STEP_MS).utterances, len(line))


DROP = Shape(mask="drop")
CUT = Shape(mask="cut")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[ aa  BB  cc ]",
         "[ aa]    [cc ]"),
        ("[ AA  bb  cc ]",
         "     [bb  cc ]"),
        ("[ aa  bb  CC ]",
         "[ aa  bb]     "),
        ("[ aa  BBCC  dd ]",
         "[ aa]      [dd ]"),
        ("[ aa  BB  CC  dd    EE  f ]",
         "[ aa]        [dd ]     [f ]"),
        ("[ AA BB ] [ c ]",
         "          [ c ]"),
        ("[ aa bb ] [ c ]",
         "[ aa bb ] [ c ]"),
    ],
)  # fmt: skip
def test_a_cut_lies_in_the_silence_beside_a_doubtful_word(before: str, after: str) -> None:
    assert reshaped(before, CUT) == after


def test_dropping_leaves_out_the_whole_utterance() -> None:
    line = "[ a B ] [ c ] [ D ]"
    result = shaped(timeline(line), DROP, 2000)
    assert drawn(result.utterances, len(line)) == "        [ c ]      "
    assert result.left_out == (LeftOut("doubtful_words", 2, 1200),)


def test_a_cut_counts_what_lies_between_the_parts() -> None:
    result = shaped(timeline("[ aa  BB  cc ]"), CUT, 2000)
    assert result.left_out == (LeftOut("doubtful_words", 1, 400),)


def test_the_parts_of_a_segment_keep_its_ids() -> None:
    parts = shaped(timeline("[ aa  BB  cc ]", first=7), CUT, 2000).utterances
    assert [(each.segment_ids, each.transcript_ids) for each in parts] == [((7,), (107,))] * 2


def test_without_words_nothing_can_be_masked() -> None:
    result = shaped([spoken(0, 500, [], text="who knows")], CUT, 1000)
    assert result == Shaped([], (LeftOut("not_aligned", 1, 500),))


@pytest.mark.parametrize("text", ["a c b", "a b", "a b c d", "1 a b c"])
def test_words_that_are_not_those_of_the_text_can_t_be_cut(text: str) -> None:
    words = [word("a", 0, 100), word("b", 200, 300), word("C", 400, 500)]
    assert shaped([spoken(0, 500, words, text=text)], CUT, 500).left_out == (LeftOut("not_aligned", 1, 500),)


@pytest.mark.parametrize(
    ("text", "words", "parts"),
    [
        ("Well, “Anna” — said: no!", ["Well,", "“Anna”", "—", "*said:", "no!"], ["Well, “Anna” —", "no!"]),
        ("Well, “Anna” said…", ["*Well", "Anna", "said"], ["“Anna” said…"]),
        ("今天「很好」。对", ["今", "天", "很", "好", "对"], ["今天「很好」。对"]),
        ("今天「很好」。A对", ["今", "天", "很", "好", "*A", "对"], ["今天「很好」。", "对"]),
        ("好A「对」", ["好", "*A", "对"], ["好", "「对」"]),
        ("a  b\tC d", ["a", "b", "*C", "d"], ["a  b", "d"]),
    ],
)
def test_punctuation_stays_with_its_word(text: str, words: list[str], parts: list[str]) -> None:
    timed = [
        (each.lstrip("*"), 200 * at, 200 * at + 100, 0.1 if each.startswith("*") else 0.9, "")
        for at, each in enumerate(words)
    ]
    utterance = spoken(0, 200 * len(words), timed, text=text)
    assert [each.text for each in shaped([utterance], CUT, 10_000).utterances] == parts


@pytest.mark.parametrize(
    ("score", "flags", "written", "is_kept"),
    [
        (0.5, "", "a", True),
        (0.49, "", "a", False),
        (None, "", "a", True),
        (0.9, "mismatch", "a", False),
        (None, "interpolated", "1984", False),
        (None, "interpolated", "–", True),
        (None, "interpolated", "&", False),
        (0.0, "mismatch,interpolated", "–", False),
    ],
)
def test_a_word_is_doubtful_by_its_score_or_a_flag(
    score: float | None, flags: str, written: str, is_kept: bool
) -> None:
    words: list[TimedWord] = [(written, 0, 100, score, flags), ("b", 200, 300, 0.9, "")]
    assert bool(shaped([spoken(0, 400, words)], DROP, 500).utterances) == is_kept


def test_punctuation_alone_is_no_utterance() -> None:
    words: list[TimedWord] = [word("A", 0, 100), ("–", 200, 200, None, "interpolated"), word("B", 300, 400)]
    assert shaped([spoken(0, 400, words)], CUT, 500) == Shaped([], (LeftOut("doubtful_words", 1, 400),))


def test_a_word_that_a_doubtful_one_overlaps_goes_with_it() -> None:
    words = [
        word("a", 0, 100),
        word("b", 200, 400),
        word("C", 300, 310),
        word("d", 380, 600),
        word("e", 700, 800),
    ]
    parts = shaped([spoken(0, 800, words)], CUT, 800).utterances
    # b and d lie over each other too.
    assert [(each.text, each.start_ms, each.end_ms) for each in parts] == [("a", 0, 150), ("e", 650, 800)]


def unplaced(name: str, start_ms: int, end_ms: int, *, is_doubtful: bool = True) -> TimedWord:
    """A word whose borders nobody saw."""
    return (name, start_ms, end_ms, 0.9, "interpolated" if is_doubtful else "")


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        # No length: its sound is in the span of a neighbour.
        ([word("a", 0, 100), word("b", 200, 300), unplaced("x", 300, 300), word("c", 400, 500), word("d", 600, 700)],
         [("a", 0, 150), ("d", 550, 800)]),
        # A length that was put there.
        ([word("a", 0, 100), word("b", 200, 300), unplaced("x", 310, 390), word("c", 400, 500), word("d", 600, 700)],
         [("a", 0, 150), ("d", 550, 800)]),
        # Several in a row, and what has no sound between them.
        ([word("a", 0, 100), word("b", 200, 300), unplaced("x", 300, 300), unplaced("–", 300, 300),
          unplaced("y", 300, 300), word("c", 400, 500), word("d", 600, 700)],
         [("a", 0, 150), ("d", 550, 800)]),
        # First and last.
        ([unplaced("x", 0, 0), word("a", 0, 100), word("b", 200, 300)], [("b", 150, 800)]),
        ([word("a", 0, 100), word("b", 200, 300), unplaced("x", 300, 300)], [("a", 0, 150)]),
        # A good one of no length beside a doubtful one: its sound may be cut out with that.
        ([word("a", 0, 100), word("b", 200, 300), unplaced("c", 300, 300, is_doubtful=False), word("D", 300, 400),
          word("e", 500, 600)],
         [("a", 0, 150), ("e", 450, 800)]),
        # Far from what is doubtful it stays.
        ([word("a", 0, 100), unplaced("b", 100, 100, is_doubtful=False), word("c", 200, 300), word("D", 400, 500)],
         [("a b c", 0, 350)]),
        # Nothing is left.
        ([word("a", 0, 100), unplaced("x", 100, 100), word("b", 200, 300)], []),
    ],
)  # fmt: skip
def test_a_word_without_borders_goes_with_its_neighbours(
    words: list[TimedWord], parts: list[tuple[str, int, int]]
) -> None:
    result = shaped([spoken(0, 800, words)], CUT, 800)
    assert [(each.text, each.start_ms, each.end_ms) for each in result.utterances] == parts
    assert sum(each.duration_ms for each in result.left_out) == 800 - sum(
        end - start for _, start, end in parts
    )


MERGE = Shape(merge_seconds=2.0, merge_gap=0.3)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[a]  [b]  [c]",
         "[a    b    c]"),
        ("[a]    [b]  [c]",
         "[a]    [b    c]"),
        ("[a       ] [b      ] [c]",
         "[a          b      ] [c]"),
        ("[a                     ] [b]",
         "[a                     ] [b]"),
        ("[a][b]",
         "[a  b]"),
    ],
)  # fmt: skip
def test_neighbours_are_joined_up_to_a_length_and_over_a_short_silence(before: str, after: str) -> None:
    assert spans(shaped(timeline(before), MERGE, 9000).utterances) == spans(timeline(after))


def test_nothing_is_joined_over_what_was_masked() -> None:
    assert reshaped("[ aa  BB  cc ]", Shape(mask="cut", merge_seconds=9, merge_gap=9)) == "[ aa]    [cc ]"
    assert reshaped("[ a ][ B ][ c ]", Shape(mask="drop", merge_seconds=9, merge_gap=9)) == "[ a ]     [ c ]"


def test_nothing_is_joined_over_or_padded_into_what_else_is_heard() -> None:
    #           [a]  xx  [b]
    utterances = timeline("[a]      [b]")
    shape = Shape(merge_seconds=9, merge_gap=9, pad_seconds=9)
    found = shaped(utterances, shape, 1200, [Stretch(500, 700, None)]).utterances
    assert spans(found) == [(0, 400), (800, 1200)]


def test_only_one_channel_speaker_and_language_is_joined() -> None:
    ann, bob = timeline("[a]", speaker="ann"), timeline("    [b]", speaker="bob")
    left, right = timeline("[a]", channel=0), timeline("    [b]", channel=1)
    german = [each._replace(language="de") for each in timeline("    [b]")]
    for pair in ([*ann, *bob], [*left, *right], [*timeline("[a]"), *german]):
        assert shaped(pair, MERGE, 1000).utterances == pair


def test_another_speaker_between_parts_two_neighbours() -> None:
    said = [
        *timeline("[a]", speaker="ann"),
        *timeline("   [b]", speaker="bob"),
        *timeline("      [c]", speaker="ann"),
    ]
    assert shaped(said, MERGE, 1000).utterances == said


def test_what_is_joined_is_worth_the_least_of_its_parts() -> None:
    one, two = timeline("[  a ] [b]")
    one = one._replace(
        text="今天。", flags="x,y", confidence=0.9, verdict="accepted", origin="human", engine=None
    )
    two = two._replace(text="好", flags="y,z", confidence=0.3, context="names", segment_ids=(2, 3))
    (both,) = shaped([one, two], MERGE, 1000).utterances
    assert both == one._replace(
        end_ms=1000,
        text="今天。好",
        flags="x,y,z",
        confidence=both.confidence,
        verdict=None,
        origin="engine",
        engine=None,
        context=None,
        segment_ids=(1, 2, 3),
        transcript_ids=(101, 102),
        timed=one.timed + two.timed,
        parts=("今天。", "好"),
    )
    assert both.confidence == pytest.approx((0.9 * 600 + 0.3 * 300) / 900)


def test_the_confidence_of_what_is_joined_is_of_those_that_have_one() -> None:
    one, two = timeline("[a] [b]")
    unsure = one._replace(confidence=None)
    assert shaped([unsure, two], MERGE, 1000).utterances[0].confidence == 0.5
    assert shaped([unsure, two._replace(confidence=None)], MERGE, 1000).utterances[0].confidence is None


def test_lengths_are_bounded_after_joining_and_before_padding() -> None:
    shape = Shape(merge_seconds=1.0, merge_gap=0.1, min_seconds=0.7, max_seconds=1.0, pad_seconds=0.2)
    result = shaped(timeline("[a] [b]    [c]    [d              ]"), shape, 5000)
    assert [(each.text, each.start_ms, each.end_ms) for each in result.utterances] == [("a b", 0, 900)]
    assert result.left_out == (LeftOut("too_long", 1, 1700), LeftOut("too_short", 1, 300))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("     [a]         [b]      ",
         "   [  a  ]     [  b  ]    "),
        (" [a]  [b] ",
         "[ a ][ b ]"),
        ("[a][b]",
         "[a][b]"),
        ("[a ]    ",
         "[a   ]  "),
    ],
)  # fmt: skip
def test_padding_takes_at_most_half_of_the_silence(before: str, after: str) -> None:
    found = shaped(timeline(before), Shape(pad_seconds=0.2), len(before) * STEP_MS).utterances
    assert spans(found) == spans(timeline(after))


def test_padding_does_not_reach_into_what_was_cut_out_or_bounded_away() -> None:
    cut = shaped(timeline("[ aa  BB  cc ]"), Shape(mask="cut", pad_seconds=9), 1400).utterances
    assert spans(cut) == [(0, 500), (900, 1400)]
    bounded = shaped(timeline("[a]    [b  ]"), Shape(min_seconds=0.4, pad_seconds=9), 1500).utterances
    assert spans(bounded) == [(500, 1500)]


def test_channels_pad_by_themselves_unless_one_is_on_all() -> None:
    left, right = timeline("   [a]   ", channel=0), timeline("      [b]", channel=1)
    both = shaped([*left, *right], Shape(pad_seconds=0.3), 900).utterances
    assert spans(both) == [(0, 900), (300, 900)]
    mixed = [right[0]._replace(channel=None)]
    assert [each.end_ms for each in shaped([*left, *mixed], Shape(pad_seconds=0.3), 900).utterances] == [
        600,
        900,
    ]


def test_no_shape_changes_nothing() -> None:
    said = timeline("[ a B ] [c]")
    assert shaped(said, NO_SHAPE, 2000) == Shaped(said, ())


@pytest.mark.parametrize(
    "wrong",
    [
        {"mask": "hide"},
        {"mask_below": 1.5},
        {"mask_below": float("nan")},
        {"min_seconds": -1.0},
        {"max_seconds": float("inf")},
        {"merge_gap": float("nan")},
        {"min_seconds": 2.0, "max_seconds": 1.0},
    ],
)
def test_a_shape_that_is_none_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(OptionError):
        Shape(**wrong)  # type: ignore[arg-type]


# Recordings of any number of utterances on two channels, which do not overlap within a channel; each word is another.
moments = st.integers(0, 400)
drawn_words = st.lists(
    st.tuples(moments, moments, st.sampled_from([0.1, 0.9]), st.sampled_from(["", ",", "!"])), max_size=5
)
drawn_utterances = st.lists(
    st.tuples(moments, drawn_words, moments, st.sampled_from(["ann", "bob"])), max_size=5
)
shapes = st.builds(
    Shape,
    mask=st.sampled_from(["", "drop", "cut"]),
    min_seconds=st.sampled_from([0.0, 0.3]),
    max_seconds=st.sampled_from([None, 1.5]),
    merge_seconds=st.sampled_from([None, 0.5, 2.0, 60.0]),
    merge_gap=st.sampled_from([0.0, 0.2, 5.0]),
    pad_seconds=st.sampled_from([0.0, 0.1, 5.0]),
)


@st.composite
def recordings(draw: st.DrawFn) -> tuple[list[Utterance], int]:
    """Utterances by start, and a duration behind the last."""
    found: list[Utterance] = []
    longest = 0
    for channel in (0, 1):
        clock = 0
        for before, words, behind, speaker in draw(drawn_utterances):
            start = clock = clock + before
            timed: list[TimedWord] = []
            for silence, length, score, mark in words:
                name = f"w{channel}x{len(found)}x{len(timed)}{mark}"
                timed.append((name, clock + silence, clock + silence + length, score, ""))
                clock += silence + length
            clock += behind
            if timed and clock > start:
                number = len(found) + 1
                found.append(spoken(start, clock, timed, channel=channel, speaker=speaker, number=number))
        longest = max(longest, clock)
    return sorted(found, key=lambda each: (each.start_ms, each.end_ms, each.channel)), longest + draw(moments)


def overlap(one: tuple[int, int], other: tuple[int, int]) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


@given(recording=recordings(), shape=shapes)
@settings(max_examples=50, deadline=None)
def test_no_word_is_cut_and_none_is_heard_that_is_not_written(
    recording: tuple[list[Utterance], int], shape: Shape
) -> None:
    said, duration_ms = recording
    for each in shaped(said, shape, duration_ms).utterances:
        for before in said:
            for other in before.timed:
                if before.channel == each.channel and other not in each.timed:
                    assert overlap((each.start_ms, each.end_ms), other[1:3]) == 0
        assert all(each.start_ms <= start <= end <= each.end_ms for _, start, end, _, _ in each.timed)


@given(recording=recordings(), shape=shapes)
@settings(max_examples=50, deadline=None)
def test_utterances_stay_in_the_recording_and_apart(
    recording: tuple[list[Utterance], int], shape: Shape
) -> None:
    said, duration_ms = recording
    found = shaped(said, shape, duration_ms).utterances
    assert all(0 <= each.start_ms < each.end_ms <= duration_ms for each in found)
    for channel in (0, 1):
        lane = [each for each in found if each.channel == channel]
        assert all(one.end_ms <= other.start_ms for one, other in pairwise(lane))
    places = [(each.start_ms, each.end_ms, each.channel) for each in found]
    assert places == sorted(places)


@given(recording=recordings(), shape=shapes)
@settings(max_examples=50, deadline=None)
def test_every_word_kept_is_written_once_and_in_order(
    recording: tuple[list[Utterance], int], shape: Shape
) -> None:
    said, duration_ms = recording
    found = shaped(said, shape, duration_ms).utterances
    assert all(each.text.split() == [name for name, *_ in each.timed] for each in found)
    for channel in (0, 1):
        before = [each for one in said if one.channel == channel for each in one.timed]
        after = [each for one in found if one.channel == channel for each in one.timed]
        assert after == [each for each in before if each in after]
        if shape.mask:
            assert all(each[3] == 0.9 for each in after)
        elif shape.max_seconds is None and shape.min_seconds == 0:
            assert after == before


@given(recording=recordings(), mask=st.sampled_from(["drop", "cut"]))
@settings(max_examples=50, deadline=None)
def test_kept_and_masked_make_up_the_whole(recording: tuple[list[Utterance], int], mask: str) -> None:
    said, duration_ms = recording
    result = shaped(said, CUT if mask == "cut" else DROP, duration_ms)
    kept_ms = sum(each.end_ms - each.start_ms for each in result.utterances)
    assert kept_ms + sum(each.duration_ms for each in result.left_out) == sum(
        each.end_ms - each.start_ms for each in said
    )


@given(
    recording=recordings(),
    shape=st.sampled_from(
        [DROP, CUT, MERGE, Shape(merge_seconds=60), Shape(min_seconds=0.3, max_seconds=1.5)]
    ),
)
@settings(max_examples=50, deadline=None)
def test_a_shape_given_again_changes_nothing(recording: tuple[list[Utterance], int], shape: Shape) -> None:
    said, duration_ms = recording
    once = shaped(said, shape, duration_ms).utterances
    assert shaped(once, shape, duration_ms) == Shaped(once, ())


@given(
    spans=st.lists(st.tuples(st.integers(0, 30), st.integers(1, 10)), max_size=8),
    most_ms=st.sampled_from([1, 3, 100]),
)
@settings(max_examples=50, deadline=None)
def test_padding_lets_nothing_overlap_more_than_before(spans: list[tuple[int, int]], most_ms: int) -> None:
    said = [
        spoken(start, start + length, [], text="x", number=at) for at, (start, length) in enumerate(spans)
    ]
    after = {each.segment_ids: (each.start_ms, each.end_ms) for each in padded(said, [], most_ms, 40)}
    for one, other in combinations(said, 2):
        before = overlap((one.start_ms, one.end_ms), (other.start_ms, other.end_ms))
        assert overlap(after[one.segment_ids], after[other.segment_ids]) == before


def test_a_profile_is_for_the_text_and_for_its_words() -> None:
    words = [
        ("Hello,", 0, 100, 0.9, ""),
        ("—", 100, 100, None, "interpolated"),
        ("Wörld!", 200, 300, 0.8, "x"),
    ]
    found = apply_profile(spoken(0, 400, words, text="Hello, — Wörld!"), PROFILES["bare-1"])
    assert found is not None
    assert found.text == "hello wörld"
    assert found.timed == (("hello", 0, 100, 0.9, ""), ("wörld", 200, 300, 0.8, "x"))


def test_a_word_that_becomes_two_shares_its_time() -> None:
    words = [("stop—go", 100, 700, 0.9, "")]
    found = apply_profile(spoken(0, 900, words), PROFILES["bare-1"])
    assert found is not None
    assert found.text == "stop go"
    assert found.timed == (("stop", 100, 500, 0.9, "interpolated"), ("go", 500, 700, 0.9, "interpolated"))


def test_nothing_is_left_of_a_text_of_punctuation() -> None:
    assert apply_profile(spoken(0, 400, [("…", 0, 100, None, "")]), PROFILES["bare-1"]) is None


def test_a_text_as_it_is_stays_with_all_its_words() -> None:
    said = spoken(0, 400, [("a b", 0, 100, 0.5, ""), ("…", 100, 200, None, "")], text="a b\t…")
    assert apply_profile(said, PROFILES["as-is"]) == said


def test_the_tag_is_before_the_text_and_in_no_word() -> None:
    said = spoken(0, 400, [("İyi", 0, 100, 0.5, "")])._replace(language="tr-TR")
    found = apply_profile(said, PROFILES["lower-1"], tagged=True)
    assert found is not None
    assert (found.text, found.timed[0][0]) == ("<|tr|>iyi", "iyi")
