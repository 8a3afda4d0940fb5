"""Words that stayed keep their very times, whatever a person does to the text around them."""

from hypothesis import given
from hypothesis import strategies as st

from asrlab.domain.time import TimeSpan
from asrlab.domain.words import PendingSpan, TimedWord
from asrlab.review.carrying import Carried, carry, carry_text, tokens_like, waiting_words
from asrlab.text.changes import kept_words
from asrlab.text.words import words_of

SPAN = TimeSpan(10.0, 14.0)
VOCABULARY = ["the", "cat", "Cat,", "sat", "on", "今", "天。", "很", "שלום", "עולם", "안녕", "a-b", "é"]


def timed(*words: str, step_ms: int = 400, gap_ms: int = 0) -> tuple[TimedWord, ...]:
    """From 10 s on, one after the other."""
    return tuple(
        TimedWord(
            word,
            10_000 + at * step_ms,
            10_000 + (at + 1) * step_ms - gap_ms,
            0.5,
            0.25,
            run_id=7,
        )
        for at, word in enumerate(words)
    )


def carried(new: str, *old: str, step_ms: int = 400, gap_ms: int = 0) -> Carried:
    return carry_text(new, " ".join(old), timed(*old, step_ms=step_ms, gap_ms=gap_ms), SPAN)


def test_a_word_in_the_place_of_another_waits_in_its_time() -> None:
    found = carried("the dog sat", "the", "cat", "sat")
    assert found.words == (
        timed("the")[0],
        TimedWord("dog", 10_400, 10_800, flags="interpolated"),
        timed("the", "cat", "sat")[2],
    )
    assert found.pending == (PendingSpan(1, 1, 10_400, 10_800),)


def test_a_word_put_in_where_there_is_room_waits_there_alone() -> None:
    found = carried("the old cat", "the", "cat", step_ms=1000, gap_ms=500)
    assert found.pending == (PendingSpan(1, 1, 10_500, 11_000),)
    assert [word.run_id for word in found.words] == [7, None, 7]


def test_a_word_put_in_without_room_waits_alone_and_moves_no_neighbour() -> None:
    found = carried("the old cat sat", "the", "cat", "sat")
    assert found.pending == (PendingSpan(1, 1, 10_400, 10_400),)
    assert found.words == (
        timed("the")[0],
        TimedWord("old", 10_400, 10_400, flags="interpolated"),
        *timed("the", "cat", "sat")[1:],
    )


def test_a_word_in_the_place_of_a_shorter_one_waits_in_its_time_alone() -> None:
    found = carried("the international sat", "the", "a", "sat", step_ms=100)
    assert found.pending == (PendingSpan(1, 1, 10_100, 10_200),)
    assert (found.words[0], found.words[2]) == timed("the", "a", "sat", step_ms=100)[::2]


def test_what_waited_goes_on_waiting() -> None:
    old = timed("the", "dog", "sat")
    kept = kept_words(["the", "dog", "sat"], ["The", "dog", "sat"])
    found = carry(["The", "dog", "sat"], old, kept, SPAN, waiting={1})
    assert found.pending == (PendingSpan(1, 1, 10_400, 10_800),)


def test_words_outside_of_the_segment_wait_at_its_border_and_push_none_within() -> None:
    old = timed("the", "cat", "sat")
    found = carry_text("the cat sat", "the cat sat", old, TimeSpan(10.4, 14.0))
    assert found.words == (TimedWord("the", 10_400, 10_400, flags="interpolated"), *old[1:])
    assert found.pending == (PendingSpan(0, 1, 10_400, 10_400),)


def test_a_word_that_a_border_cuts_waits_in_what_is_left_of_it() -> None:
    old = timed("the", "cat", "sat", "on")
    found = carry_text("the cat sat on", "the cat sat on", old, TimeSpan(10.0, 11.0))
    assert found.words[:2] == old[:2]
    assert found.pending == (PendingSpan(2, 2, 10_800, 11_000),)
    assert [(word.start_ms, word.end_ms) for word in found.words[2:]] == [(10_800, 10_920), (10_920, 11_000)]


def test_words_are_taken_apart_as_the_aligner_did() -> None:
    by_spaces = (TimedWord("今天", 0, 1), TimedWord("好", 1, 2))
    assert tokens_like("今天 不好", "今天 好", by_spaces) == ("今天", "不好")
    by_characters = (TimedWord("今", 0, 1), TimedWord("天", 1, 2), TimedWord("好", 2, 3))
    assert tokens_like("今天 不好", "今天 好", by_characters) == ("今", "天", "不", "好")


texts = st.lists(st.sampled_from(VOCABULARY), max_size=9)


@st.composite
def words_in_time(draw: st.DrawFn) -> tuple[TimedWord, ...]:
    """Words in order that never overlap, inside the segment, some without any length."""
    words = words_of(" ".join(draw(texts)))
    cuts = sorted(
        draw(
            st.lists(
                st.integers(SPAN.start_ms, SPAN.end_ms), min_size=2 * len(words), max_size=2 * len(words)
            )
        )
    )
    return tuple(
        TimedWord(word, cuts[2 * at], cuts[2 * at + 1], 0.5, 0.25, run_id=at) for at, word in enumerate(words)
    )


@given(words_in_time(), texts)
def test_kept_words_keep_their_times_and_all_stay_in_order_and_inside(
    old: tuple[TimedWord, ...], new: list[str]
) -> None:
    known = " ".join(word.word for word in old)
    text = " ".join(new)
    tokens = tokens_like(text, known, old)
    found = carry_text(text, known, old, SPAN)
    assert tuple(word.word for word in found.words) == tokens
    for at, word in zip(kept_words([each.word for each in old], tokens), found.words, strict=True):
        if at is not None:
            assert (word.start_ms, word.end_ms, word.score, word.confidence, word.run_id) == (
                old[at].start_ms,
                old[at].end_ms,
                old[at].score,
                old[at].confidence,
                old[at].run_id,
            )
        else:
            assert (word.flags, word.run_id, word.score) == ("interpolated", None, None)
    times = [time for word in found.words for time in (word.start_ms, word.end_ms)]
    assert times == sorted(times)
    assert all(SPAN.start_ms <= time <= SPAN.end_ms for time in times)


@given(words_in_time(), texts)
def test_what_waits_is_what_nobody_timed_and_touches_no_other_word(
    old: tuple[TimedWord, ...], new: list[str]
) -> None:
    known = " ".join(word.word for word in old)
    found = carry_text(" ".join(new), known, old, SPAN)
    waiting = waiting_words(found.pending)
    for span in found.pending:
        assert SPAN.start_ms <= span.start_ms <= span.end_ms <= SPAN.end_ms
        for at, word in enumerate(found.words):
            if at not in waiting:
                assert word.end_ms <= span.start_ms or word.start_ms >= span.end_ms
    ends = [(span.start_ms, span.end_ms) for span in found.pending]
    assert ends == sorted(ends)
    assert waiting == {at for at, word in enumerate(found.words) if word.run_id is None}


@given(words_in_time(), st.integers(0, 9), st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=4))
def test_words_put_in_anywhere_leave_every_other_word_as_it_was(
    old: tuple[TimedWord, ...], at: int, new: list[str]
) -> None:
    at = min(at, len(old))
    kept = [*range(at), *[None] * len(new), *range(at, len(old))]
    tokens = [word.word for word in old[:at]] + new + [word.word for word in old[at:]]
    found = carry(tokens, old, kept, SPAN)
    assert found.words[:at] + found.words[at + len(new) :] == old
    assert waiting_words(found.pending) == set(range(at, at + len(new)))


@given(words_in_time(), st.integers(SPAN.start_ms, SPAN.end_ms), st.integers(SPAN.start_ms, SPAN.end_ms))
def test_borders_moved_anywhere_leave_every_word_within_as_it_was(
    old: tuple[TimedWord, ...], one_ms: int, other_ms: int
) -> None:
    span = TimeSpan.from_ms(min(one_ms, other_ms), max(one_ms, other_ms))
    tokens = [word.word for word in old]
    found = carry(tokens, old, list(range(len(old))), span)
    waiting = waiting_words(found.pending)
    for at, (word, before) in enumerate(zip(found.words, old, strict=True)):
        is_within = span.start_ms <= before.start_ms and before.end_ms <= span.end_ms
        assert (at in waiting) is not is_within
        assert word == before or not is_within
    times = [time for word in found.words for time in (word.start_ms, word.end_ms)]
    assert times == sorted(times)
    assert all(span.start_ms <= time <= span.end_ms for time in times)


@given(words_in_time(), st.integers(0, 40), st.integers(SPAN.start_ms + 1, SPAN.end_ms - 1))
def test_parting_and_joining_lose_no_word_and_move_none_that_was_on_its_side(
    old: tuple[TimedWord, ...], cut: int, at_ms: int
) -> None:
    tokens = [word.word for word in old]
    cut = min(cut, len(tokens))
    kept = kept_words(tokens, tokens)
    left = carry(tokens[:cut], old, kept[:cut], TimeSpan.from_ms(SPAN.start_ms, at_ms))
    right = carry(tokens[cut:], old, kept[cut:], TimeSpan.from_ms(at_ms, SPAN.end_ms))
    both = [*left.words, *right.words]
    assert [word.word for word in both] == tokens
    for at, (word, before) in enumerate(zip(both, old, strict=True)):
        is_left = at < cut
        if (is_left and before.end_ms <= at_ms) or (not is_left and before.start_ms >= at_ms):
            assert word == before
    joined = carry(tokens, both, kept_words(tokens, tokens), SPAN)
    assert list(joined.words) == both
