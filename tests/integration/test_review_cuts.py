"""Moving borders, splitting and merging: nothing is lost, nothing counts twice, and it can be taken back."""

import pytest

from asrlab.catalog import Catalog
from asrlab.catalog.account import speech_account
from asrlab.catalog.query import run_query
from asrlab.errors import ConflictError, OptionError
from asrlab.review.acts import describe, judge, save
from asrlab.review.cutting import merge, move_borders, set_word_times, split
from asrlab.review.reading import read_segment
from asrlab.review.undoing import undo
from tests.review import Labeled, labeled_words, segments_now, text_now, times_of


@pytest.fixture
def labeled(catalog: Catalog) -> Labeled:
    """Two segments of one recording; a word is 500 ms.

    0        1        2        3        4        5        6
    the cat  sat on   the mat           |        good bye
    """
    return labeled_words(catalog, "the cat sat on the mat", "good bye")


def pending(catalog: Catalog, transcript_id: int | None) -> list[tuple[object, ...]]:
    found = run_query(
        catalog,
        "SELECT first_word, num_words, start_ms, end_ms FROM pending_spans "
        f"WHERE transcript_id = {transcript_id} ORDER BY first_word",
    )
    return [tuple(row) for row in found.rows]


def test_a_moved_border_makes_a_new_segment_and_keeps_the_words_within(
    catalog: Catalog, labeled: Labeled
) -> None:
    describe(catalog, "ada", labeled.segment, labeled.text, speaker="Mia")
    moved = move_borders(catalog, "ada", labeled.segment, labeled.text, 0.0, 2.5)
    assert segments_now(catalog, labeled.recording) == [
        (moved.segment_id, 0, 2500),
        (labeled.other, 5000, 9500),
    ]
    assert moved.transcript_id is not None
    assert times_of(catalog, moved.transcript_id)[:5] == times_of(catalog, labeled.text)[:5]
    page = read_segment(catalog, moved.segment_id, "ada")
    assert page is not None
    assert page.current is not None
    assert (page.speaker, page.current.language, page.current.text) == ("Mia", "en", "the cat sat on the mat")
    old = read_segment(catalog, labeled.segment, "ada")
    assert old is not None
    assert (old.is_superseded, old.superseded_by) == (True, moved.segment_id)


def test_a_word_left_outside_waits_at_the_border_and_takes_no_neighbour_along(
    catalog: Catalog, labeled: Labeled
) -> None:
    moved = move_borders(catalog, "ada", labeled.segment, labeled.text, 0.0, 2.5)
    assert pending(catalog, moved.transcript_id) == [(5, 1, 2500, 2500)]


def test_borders_that_move_out_leave_every_word_where_it_was(catalog: Catalog, labeled: Labeled) -> None:
    moved = move_borders(catalog, "ada", labeled.segment, labeled.text, 0.0, 4.5)
    assert moved.transcript_id is not None
    assert pending(catalog, moved.transcript_id) == []
    assert times_of(catalog, moved.transcript_id) == times_of(catalog, labeled.text)


def test_borders_moved_back_are_the_segment_that_was(catalog: Catalog, labeled: Labeled) -> None:
    first = move_borders(catalog, "ada", labeled.segment, labeled.text, 0.0, 3.5)
    again = move_borders(catalog, "ada", first.segment_id, first.transcript_id, 0.0, 3.8)
    back = move_borders(catalog, "ada", again.segment_id, again.transcript_id, 0.0, 3.5)
    assert back.segment_id == first.segment_id
    assert [each[0] for each in segments_now(catalog, labeled.recording)] == [first.segment_id, labeled.other]


def test_borders_that_can_not_be_are_refused(catalog: Catalog, labeled: Labeled) -> None:
    # The hash of a segment's audio is what makes it the same one; the factory's is none.
    other = move_borders(catalog, "ada", labeled.other, labeled.other_text, 5.0, 9.4)
    move_borders(catalog, "ada", other.segment_id, other.transcript_id, 5.0, 9.5)
    before = segments_now(catalog, labeled.recording)
    empty, backwards, early, late = (2.0, 2.0), (3.0, 2.0), (-1.0, 2.0), (0.0, 10.5)
    no_number, of_another_segment = (0.0, float("inf")), (5.0, 9.5)
    for start, end in (empty, backwards, early, late, no_number, of_another_segment):
        with pytest.raises(OptionError):
            move_borders(catalog, "ada", labeled.segment, labeled.text, start, end)
    assert segments_now(catalog, labeled.recording) == before


def test_a_split_parts_text_and_words_where_it_is_told(catalog: Catalog, labeled: Labeled) -> None:
    left, right = split(catalog, "ada", labeled.segment, labeled.text, 1.5, len("the cat sat "))
    assert segments_now(catalog, labeled.recording) == [
        (left.segment_id, 0, 1500),
        (right.segment_id, 1500, 4000),
        (labeled.other, 5000, 9500),
    ]
    assert (text_now(catalog, left.segment_id), text_now(catalog, right.segment_id)) == (
        "the cat sat",
        "on the mat",
    )
    assert left.transcript_id is not None
    assert right.transcript_id is not None
    words = times_of(catalog, left.transcript_id) + times_of(catalog, right.transcript_id)
    assert words == times_of(catalog, labeled.text)
    assert pending(catalog, left.transcript_id) + pending(catalog, right.transcript_id) == []


def test_words_on_the_wrong_side_of_a_split_await_alignment(catalog: Catalog, labeled: Labeled) -> None:
    left, right = split(catalog, "ada", labeled.segment, labeled.text, 1.0, len("the cat sat "))
    assert pending(catalog, left.transcript_id) == [(2, 1, 1000, 1000)]
    assert pending(catalog, right.transcript_id) == []
    assert left.transcript_id is not None
    assert right.transcript_id is not None
    before = times_of(catalog, labeled.text)
    assert times_of(catalog, left.transcript_id) == [*before[:2], ("sat", 1000, 1000)]
    assert times_of(catalog, right.transcript_id) == before[3:]


def test_what_was_split_and_joined_again_is_what_it_was(catalog: Catalog, labeled: Labeled) -> None:
    left, right = split(catalog, "ada", labeled.segment, labeled.text, 1.5, len("the cat sat"))
    joined = merge(catalog, "ada", right.segment_id, right.transcript_id, left.segment_id, left.transcript_id)
    assert text_now(catalog, joined.segment_id) == "the cat sat on the mat"
    assert joined.transcript_id is not None
    assert times_of(catalog, joined.transcript_id) == times_of(catalog, labeled.text)
    assert [each[1:] for each in segments_now(catalog, labeled.recording)] == [(0, 4000), (5000, 9500)]


def test_texts_are_joined_as_their_script_wants(catalog: Catalog) -> None:
    labeled = labeled_words(catalog, "今天很", "好。")
    joined = merge(catalog, "ada", labeled.segment, labeled.text, labeled.other, labeled.other_text)
    assert text_now(catalog, joined.segment_id) == "今天很好。"
    assert joined.transcript_id is not None
    assert [word for word, _, _ in times_of(catalog, joined.transcript_id)] == ["今", "天", "很", "好。"]


def test_only_neighbours_of_one_speaker_are_joined(catalog: Catalog, labeled: Labeled) -> None:
    left, right = split(catalog, "ada", labeled.segment, labeled.text, 1.5, 11)
    with pytest.raises(OptionError, match="follow each other"):
        merge(catalog, "ada", left.segment_id, left.transcript_id, labeled.other, labeled.other_text)
    describe(catalog, "ada", left.segment_id, left.transcript_id, speaker="Mia")
    describe(catalog, "ada", right.segment_id, right.transcript_id, speaker="Noa")
    with pytest.raises(OptionError, match="two people"):
        merge(catalog, "ada", left.segment_id, left.transcript_id, right.segment_id, right.transcript_id)
    with pytest.raises(OptionError, match="itself"):
        merge(catalog, "ada", left.segment_id, left.transcript_id, left.segment_id, left.transcript_id)


def test_a_split_that_can_not_be_is_refused(catalog: Catalog, labeled: Labeled) -> None:
    for at_s, at_character in ((0.0, 3), (4.0, 3), (1.0, -1), (1.0, 99)):
        with pytest.raises(OptionError):
            split(catalog, "ada", labeled.segment, labeled.text, at_s, at_character)


def test_who_works_on_a_segment_that_is_gone_is_told(catalog: Catalog, labeled: Labeled) -> None:
    split(catalog, "ada", labeled.segment, labeled.text, 1.5, 11)
    with pytest.raises(ConflictError) as raised:
        save(catalog, "bob", labeled.segment, labeled.text, "something")
    assert raised.value.current_id is None


def test_cuts_are_taken_back(catalog: Catalog, labeled: Labeled) -> None:
    before = segments_now(catalog, labeled.recording)
    moved = move_borders(catalog, "ada", labeled.segment, labeled.text, 0.0, 3.0)
    _, right = split(catalog, "ada", moved.segment_id, moved.transcript_id, 1.5, 11)
    undo(catalog, "ada", right.segment_id)
    assert segments_now(catalog, labeled.recording)[0] == (moved.segment_id, 0, 3000)
    undo(catalog, "ada", moved.segment_id)
    assert segments_now(catalog, labeled.recording) == before
    assert text_now(catalog, labeled.segment) == "the cat sat on the mat"
    joined = merge(catalog, "ada", labeled.segment, labeled.text, labeled.other, labeled.other_text)
    back = undo(catalog, "ada", joined.segment_id)
    assert back is not None
    assert segments_now(catalog, labeled.recording) == before


def test_a_cut_that_others_built_on_stays(catalog: Catalog, labeled: Labeled) -> None:
    left, right = split(catalog, "ada", labeled.segment, labeled.text, 1.5, 11)
    save(catalog, "bob", right.segment_id, right.transcript_id, "on a mat")
    with pytest.raises(ConflictError):
        undo(catalog, "ada", left.segment_id)
    assert len(segments_now(catalog, labeled.recording)) == 3


def test_a_split_is_made_again_after_it_was_taken_back(catalog: Catalog, labeled: Labeled) -> None:
    first, _ = split(catalog, "ada", labeled.segment, labeled.text, 1.5, 11)
    undo(catalog, "ada", first.segment_id)
    again, right = split(catalog, "ada", labeled.segment, labeled.text, 1.5, 11)
    assert again.segment_id == first.segment_id
    assert text_now(catalog, again.segment_id) == "the cat sat"
    assert text_now(catalog, right.segment_id) == "on the mat"


def test_speech_that_a_person_left_out_is_not_lost(catalog: Catalog, labeled: Labeled) -> None:
    with catalog.writing() as session:
        session.connection().exec_driver_sql("UPDATE segmentations SET speech_ms = 8500")
    moved = move_borders(catalog, "ada", labeled.segment, labeled.text, 0.0, 3.0)
    with catalog.reading() as session:
        assert speech_account(session).lost == ()
    undo(catalog, "ada", moved.segment_id)
    with catalog.reading() as session:
        assert speech_account(session).lost == ()


def test_an_act_on_two_segments_counts_its_time_once(catalog: Catalog, labeled: Labeled) -> None:
    split(catalog, "ada", labeled.segment, labeled.text, 1.5, 11, seconds=7.0)
    found = run_query(catalog, "SELECT SUM(seconds), SUM(audio_s), COUNT(*) FROM v_review_acts")
    assert found.rows == ((7.0, 4.0, 2),)


def test_cuts_that_were_taken_back_leave_the_text_of_before(catalog: Catalog, labeled: Labeled) -> None:
    # The hash of a segment's audio is what makes it the same one; the factory's is none.
    own = move_borders(catalog, "ada", labeled.segment, labeled.text, 0.0, 3.9)
    left, right = split(catalog, "ada", own.segment_id, own.transcript_id, 1.5, len("the cat sat"))
    assert left.transcript_id is not None
    wrong = save(catalog, "ada", left.segment_id, left.transcript_id, "WRONG")
    joined = merge(
        catalog, "ada", left.segment_id, wrong.transcript_id, right.segment_id, right.transcript_id
    )
    assert joined.segment_id == own.segment_id
    for segment_id in (joined.segment_id, left.segment_id, left.segment_id):
        undo(catalog, "ada", segment_id)
    assert [each[0] for each in segments_now(catalog, labeled.recording)] == [own.segment_id, labeled.other]
    assert text_now(catalog, own.segment_id) == "the cat sat on the mat"


def test_what_was_done_before_a_cut_is_taken_back_after_it(catalog: Catalog, labeled: Labeled) -> None:
    left, right = split(catalog, "ada", labeled.segment, labeled.text, 1.5, len("the cat sat"))
    saved = save(catalog, "ada", right.segment_id, right.transcript_id, "on a mat")
    joined = merge(catalog, "ada", left.segment_id, left.transcript_id, right.segment_id, saved.transcript_id)
    split(catalog, "ada", joined.segment_id, joined.transcript_id, 1.5, len("the cat sat"))
    undo(catalog, "ada", left.segment_id)
    undo(catalog, "ada", joined.segment_id)
    assert text_now(catalog, right.segment_id) == "on a mat"
    undo(catalog, "ada", right.segment_id)
    assert text_now(catalog, right.segment_id) == "on the mat"


def test_words_are_moved_again_after_a_version_took_them_over(catalog: Catalog, labeled: Labeled) -> None:
    parent = labeled.text
    for end in (0.45, 0.4):
        set_word_times(catalog, "ada", labeled.segment, parent, [(0, 0.0, end)])
    told = describe(catalog, "ada", labeled.segment, parent, language="de")
    assert told.transcript_id is not None
    for end in (0.35, 0.3):
        set_word_times(catalog, "ada", labeled.segment, told.transcript_id, [(0, 0.0, end)])
    assert times_of(catalog, told.transcript_id)[0] == ("the", 0, 300)


def test_a_language_is_said_of_an_accepted_text_and_it_stays_accepted(
    catalog: Catalog, labeled: Labeled
) -> None:
    judge(catalog, "ada", labeled.segment, labeled.text, "accepted")
    describe(catalog, "bob", labeled.segment, labeled.text, language="de")
    page = read_segment(catalog, labeled.segment, "bob")
    assert page is not None
    assert page.verdict == "accepted"


def test_a_tab_in_a_text_is_a_space(catalog: Catalog, labeled: Labeled) -> None:
    save(catalog, "ada", labeled.segment, labeled.text, "the\tcat\x0bsat\x1fdown")
    assert text_now(catalog, labeled.segment) == "the cat sat down"
