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


def test_a_word_put_in_without_room_has_its_neighbours_heard_again() -> None:
    found = carried("the old cat sat", "the", "cat", "sat")
    assert found.pending == (PendingSpan(0, 3, 10_000, 10_800),)
    # Until then they stand where they stood.
    assert found.words[0] == timed("the")[0]
    assert (found.words[1].start_ms, found.words[1].end_ms) == (10_400, 10_400)


def test_what_waited_goes_on_waiting() -> None:
    old = timed("the", "dog", "sat")
    kept = kept_words(["the", "dog", "sat"], ["The", "dog", "sat"])
    found = carry(["The", "dog", "sat"], old, kept, SPAN, waiting={1})
    assert found.pending == (PendingSpan(1, 1, 10_400, 10_800),)


def test_words_outside_of_the_segment_are_heard_again() -> None:
    old = timed("the", "cat", "sat")
    found = carry_text("the cat sat", "the cat sat", old, TimeSpan(10.4, 14.0))
    assert found.words[1:] == old[1:]
    assert found.pending[0].first_word == 0
    assert all(word.start_ms >= 10_400 for word in found.words)


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
def test_what_waits_has_room_and_touches_no_word_that_does_not(
    old: tuple[TimedWord, ...], new: list[str]
) -> None:
    known = " ".join(word.word for word in old)
    found = carry_text(" ".join(new), known, old, SPAN)
    waiting = waiting_words(found.pending)
    for span in found.pending:
        assert SPAN.start_ms <= span.start_ms < span.end_ms <= SPAN.end_ms
        for at, word in enumerate(found.words):
            if at not in waiting:
                assert word.end_ms <= span.start_ms or word.start_ms >= span.end_ms
    ends = [(span.start_ms, span.end_ms) for span in found.pending]
    assert ends == sorted(ends)
    # Every word that nobody timed waits, unless there is no audio left for it.
    if SPAN.duration_ms and len(found.pending) == 0:
        assert not any(word.run_id is None and word.end_ms > word.start_ms for word in found.words)


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
