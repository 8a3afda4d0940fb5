"""Nothing crosses splits, and what was tested on once is never trained on."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asrlab.errors import OptionError
from asrlab.export.dataset import SPLITS
from asrlab.export.held import HeldBefore, sentence_hash
from asrlab.export.splits import BY, Fractions, SplitPlan, SplitPlanner, parse_fractions
from asrlab.text.profiles import PROFILES

HELD_OUT = {name: rank for rank, name in enumerate(SPLITS)}


class Said(NamedTuple):
    """An utterance: in recording number `recording`, by `speaker`."""

    recording: int
    speaker: str | None
    text: str
    length_ms: int = 1000
    parts: tuple[str, ...] = ()

    @property
    def content_hash(self) -> str:
        return hashlib.sha256(str(self.recording).encode()).hexdigest()


def planned(
    said: Iterable[Said], fractions: str = "0.6/0.2/0.2", by: str = "speaker", held: HeldBefore | None = None
) -> SplitPlan:
    planner = SplitPlanner(parse_fractions(fractions), by, held)
    for each in said:
        planner.add(each.content_hash, each.speaker, each.text, each.length_ms, each.parts)
    return planner.plan()


def splits_of(said: Sequence[Said], plan: SplitPlan) -> list[str | None]:
    return [plan.split_of(position) for position in range(len(said))]


def sealed(held: HeldBefore, said: Sequence[Said], plan: SplitPlan) -> HeldBefore:
    """What a release of this plan leaves behind."""
    for position, each in enumerate(said):
        split = plan.split_of(position)
        if split is not None:
            for text in (each.text, *each.parts):
                held.add(split, each.content_hash, each.speaker, text)
    return held


sentences = st.sampled_from(["yes", "Yes!", "no", "thank you", "how are you", "fine", "…", "go on", "stop"])

said_things = st.builds(
    Said,
    st.integers(0, 12),
    st.sampled_from([None, "ann", "bob", "eve", "joe", "kim"]),
    sentences,
    st.integers(0, 20_000),
    st.lists(sentences, max_size=3).map(tuple),
)
corpora = st.lists(said_things, max_size=40)
fractions = st.sampled_from(["0.6/0.2/0.2", "0.9/0.05/0.05", "0.9/0.1", "0.5/0/0.5", "0/0.5/0.5", "1/0/0"])
ways = st.sampled_from(BY)


def assert_never_in_two(
    said: Sequence[Said], splits: Sequence[str | None], name: Callable[[Said], object]
) -> None:
    seen: dict[object, str] = {}
    for each, split in zip(said, splits, strict=True):
        if split is not None and name(each) is not None:
            assert seen.setdefault(name(each), split) == split


def sentences_of(said: Iterable[Said]) -> set[int]:
    return {sentence_hash(text) for each in said for text in (each.text, *each.parts)}


@given(said=corpora, fractions=fractions, by=ways)
@settings(max_examples=50, deadline=None)
def test_no_person_recording_or_sentence_is_in_two_splits(said: list[Said], fractions: str, by: str) -> None:
    splits = splits_of(said, planned(said, fractions, by))
    assert_never_in_two(said, splits, lambda each: each.speaker)
    assert_never_in_two(said, splits, lambda each: each.recording)
    seen: dict[int, str] = {}
    for each, split in zip(said, splits, strict=True):
        for sentence in map(sentence_hash, (each.text, *each.parts)):
            assert split is None or not sentence or seen.setdefault(sentence, split) == split


@given(data=st.data(), said=corpora, earlier=corpora, fractions=fractions, by=ways)
@settings(max_examples=50, deadline=None)
def test_the_order_of_the_data_changes_nothing(
    data: st.DataObject, said: list[Said], earlier: list[Said], fractions: str, by: str
) -> None:
    held = sealed(HeldBefore(), earlier, planned(earlier))
    order = data.draw(st.permutations(range(len(said))))
    plan = planned(said, fractions, by, held)
    other = planned([said[index] for index in order], fractions, by, held)
    assert [plan.split_of(index) for index in order] == splits_of(said, other)
    assert plan.report == other.report


@given(first=corpora, more=corpora, way=st.tuples(fractions, ways), later_way=st.tuples(fractions, ways))
@settings(max_examples=50, deadline=None)
def test_what_was_held_out_once_never_comes_to_a_less_held_out_split(
    first: list[Said], more: list[Said], way: tuple[str, str], later_way: tuple[str, str]
) -> None:
    before = planned(first, *way)
    later = [*first, *more]
    after = splits_of(later, planned(later, *later_way, held=sealed(HeldBefore(), first, before)))
    for was, now in zip(splits_of(first, before), after, strict=False):
        assert was is None or now is None or HELD_OUT[now] >= HELD_OUT[was]


@given(first=corpora, more=corpora)
@settings(max_examples=50, deadline=None)
def test_nothing_of_an_earlier_test_is_in_train_whichever_release_it_was(
    first: list[Said], more: list[Said]
) -> None:
    held = HeldBefore()
    one, two = planned(first), None
    sealed(held, first, one)
    two = planned(more, held=held)
    sealed(held, more, two)
    everything = [*more, *first]
    splits = splits_of(everything, planned(everything, "1/0/0", held=held))
    tested = [
        each
        for said, plan in ((first, one), (more, two))
        for position, each in enumerate(said)
        if plan.split_of(position) == "test"
    ]
    trained = [each for each, split in zip(everything, splits, strict=True) if split == "train"]
    assert not {each.recording for each in tested} & {each.recording for each in trained}
    assert not {each.speaker for each in tested} & ({each.speaker for each in trained} - {None})
    assert not sentences_of(tested) & (sentences_of(trained) - {0})


@given(lengths=st.lists(st.integers(0, 30_000), min_size=3, max_size=30), by=ways)
@settings(max_examples=50, deadline=None)
def test_no_split_is_empty_where_there_are_enough_groups(lengths: list[int], by: str) -> None:
    said = [Said(number, f"s{number}", f"text {number}", length) for number, length in enumerate(lengths)]
    assert set(splits_of(said, planned(said, "0.9/0.05/0.05", by))) == set(SPLITS)


def test_a_split_of_no_fraction_gets_nothing() -> None:
    said = [Said(number, None, f"text {number}") for number in range(50)]
    assert set(splits_of(said, planned(said, "0.9/0.1"))) == {"train", "test"}


def test_fractions_are_of_the_seconds() -> None:
    said = [Said(number, None, f"text {number}", 1000 + number) for number in range(1000)]
    counts = planned(said, "0.8/0.1/0.1").report.splits
    total = sum(each.duration_ms for each in counts.values())
    assert [round(counts[name].duration_ms / total, 2) for name in SPLITS] == [0.8, 0.1, 0.1]


def test_people_who_share_a_recording_are_together_with_all_of_theirs() -> None:
    # ann ─ 1 ─ bob ─ 2 ─ eve
    chain = [
        Said(1, "ann", "a"),
        Said(1, "bob", "b"),
        Said(2, "bob", "c"),
        Said(2, "eve", "d"),
        Said(3, "eve", "e"),
    ]
    said = [*chain, *(Said(number, None, f"text {number}") for number in range(10, 40))]
    assert len(set(splits_of(said, planned(said))[: len(chain)])) == 1


def test_a_sentence_stays_in_the_most_held_out_split_alone() -> None:
    said = [Said(number, None, f"text {number}") for number in range(30)]
    alone = splits_of(said, planned(said))
    same = [each._replace(text="Thank you.") for each in said]
    plan = planned(same)
    assert splits_of(same, plan) == ["test" if split == "test" else None for split in alone]
    assert plan.report.left_out == len(same) - alone.count("test")
    assert plan.report.left_for_earlier == 0


def test_texts_without_a_letter_are_no_sentence() -> None:
    said = [Said(number, None, "…!") for number in range(30)]
    assert set(splits_of(said, planned(said))) == set(SPLITS)


@pytest.mark.parametrize("tagged", ["<|en|>Thank you.", "thank  YOU", "Thank you"])
def test_a_sentence_is_what_is_heard(tagged: str) -> None:
    assert sentence_hash(tagged) == sentence_hash("Thank you.")


@given(
    text=st.text(max_size=20), name=st.sampled_from(sorted(PROFILES)), language=st.sampled_from([None, "tr"])
)
@settings(max_examples=50, deadline=None)
def test_a_text_is_the_same_sentence_by_every_profile(text: str, name: str, language: str | None) -> None:
    assert sentence_hash(PROFILES[name].apply(text, language)) == sentence_hash(text)


def test_a_recording_once_in_test_takes_the_people_in_it_there() -> None:
    held = HeldBefore()
    held.add("test", Said(1, None, "").content_hash, None, "")
    held.add("train", Said(2, None, "").content_hash, "ann", "")
    said = [Said(1, "ann", "one"), Said(2, "ann", "two"), Said(3, "ann", "three")]
    plan = planned(said, "1/0/0", held=held)
    assert splits_of(said, plan) == ["test"] * 3
    assert plan.report.moved == 1
    assert plan.report.pinned == {"train": 0, "dev": 0, "test": 3}


def test_a_person_stays_where_an_earlier_release_had_them() -> None:
    held = HeldBefore()
    held.add("dev", Said(1, None, "").content_hash, "ann", "")
    assert splits_of([Said(9, "ann", "new")], planned([Said(9, "ann", "new")], "0.5/0.5", held=held)) == [
        "dev"
    ]


def test_a_sentence_once_tested_is_in_no_train_even_where_nothing_else_is_shared() -> None:
    held = HeldBefore()
    held.add("test", Said(1, None, "").content_hash, "ann", "Thank you")
    said = [Said(2, "bob", "thank you!"), Said(2, "bob", "something else")]
    plan = planned(said, "1/0/0", held=held)
    assert splits_of(said, plan) == [None, "train"]
    assert plan.report.left_for_earlier == 1


def in_test(held: HeldBefore, speaker: str, text: str) -> None:
    held.add("test", Said(1, None, "").content_hash, speaker, text)


def test_a_held_out_sentence_within_a_merged_utterance_is_in_no_train() -> None:
    held = HeldBefore()
    in_test(held, "ann", "No matter.")
    said = [
        Said(
            2, "bob", "Ever tried. No matter. Try again.", parts=("Ever tried.", "No matter.", "Try again.")
        ),
        Said(2, "bob", "Try again."),
    ]
    plan = planned(said, "1/0/0", held=held)
    assert splits_of(said, plan) == [None, "train"]
    assert (plan.report.left_out, plan.report.left_for_earlier) == (1, 1)


def test_what_is_left_out_of_a_split_holds_nothing_back_in_the_others() -> None:
    """The merged utterance of dev has a sentence of test, so that its other sentence is held out nowhere."""
    held = HeldBefore()
    for number, (split, speaker) in enumerate([("test", "ann"), ("dev", "bob"), ("train", "eve")]):
        held.add(split, Said(number, None, "").content_hash, speaker, "")
    said = [
        Said(0, "ann", "No matter."),
        Said(1, "bob", "No matter. Try again.", parts=("No matter.", "Try again.")),
        Said(2, "eve", "Try again."),
    ]
    plan = planned(said, held=held)
    assert splits_of(said, plan) == ["test", None, "train"]
    assert (plan.report.left_out, plan.report.left_for_earlier) == (1, 0)


def test_a_sentence_once_trained_on_pins_nothing() -> None:
    held = HeldBefore()
    held.add("train", Said(1, None, "").content_hash, "ann", "Thank you")
    assert splits_of(
        [Said(2, "bob", "thank you")], planned([Said(2, "bob", "thank you")], "0/0/1", held=held)
    ) == ["test"]


PINNED = [
    "etdttttdedtdtttetetdttttdedtdtttetetdttttde-t",
    "etdttdttedtttteetetdttdttedtttteetetdttdtte-t",
    "ettttdtedtttdettdettttdtedtttdettdettttdted-t",
    "etdttdttedtttteetetdttdttedtttteetetdttdtte-t",
]


def test_the_plan_is_the_same_on_every_machine() -> None:
    said = [Said(number, f"s{number % 17}", f"text {number % 43}", 1000 + number) for number in range(45)]
    plans = [planned(said, by=by).letters.decode() for by in BY]
    assert plans == PINNED
    assert plans[1] == plans[3]


def test_the_report_says_in_words_what_was_avoided() -> None:
    held = HeldBefore()
    held.add("test", Said(1, None, "").content_hash, None, "go on")
    said = [Said(number % 9, f"s{number % 9}", f"text {number % 30}") for number in range(90)]
    lines = planned([*said, Said(5, "s5", "Go on!")], "0.9/0.1", held=held).report.lines()
    assert lines[0].startswith("kept in one split: 8 people, 8 recordings and 9 sentences that a draw")
    assert "whose sentence is more held-out, 1 of them by an earlier release alone" in lines[1]
    assert lines[2] == "where earlier releases have them: recordings, 1 in test"


def test_nothing_to_say_is_not_said() -> None:
    assert planned([]).report.lines() == []
    assert planned([Said(1, "ann", "x")], "1/0/0").report.lines() == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.9/0.05/0.05", Fractions(0.9, 0.05, 0.05)),
        ("0.9/0.1", Fractions(0.9, 0.0, 0.1)),
        (" 1 / 0 / 0 ", Fractions(1, 0, 0)),
        ("0.3333333/0.3333333/0.3333334", Fractions(0.3333333, 0.3333333, 0.3333334)),
    ],
)
def test_fractions_are_train_dev_and_test(text: str, expected: Fractions) -> None:
    assert parse_fractions(text) == expected


@pytest.mark.parametrize(
    "text", ["", "1", "0.9/0.2", "a/b", "0.5/0.2/0.2/0.1", "1.5/-0.5", "nan/0/1", "80/10/10", "inf/0"]
)
def test_what_is_no_split_is_refused(text: str) -> None:
    with pytest.raises(OptionError, match="split"):
        parse_fractions(text)


def test_an_unknown_way_to_draw_is_refused() -> None:
    with pytest.raises(OptionError, match="by speaker, recording, text, hash, not by 'age'"):
        SplitPlanner(Fractions(1, 0, 0), "age")
