"""What a person does to texts: versions, verdicts, words that keep their times, undo, and no lost edit."""

import json
import threading

import pytest

from asrlab.catalog import Catalog
from asrlab.catalog.edited_words import words_of_version
from asrlab.catalog.query import run_query
from asrlab.catalog.reviews import current_id
from asrlab.errors import ConflictError, InputNotFoundError, OptionError
from asrlab.review.acts import describe, judge, restore, save, skip
from asrlab.review.cutting import set_word_times
from asrlab.review.desk import MAX_TEXT_CHARS
from asrlab.review.reading import diff_versions, read_segment, segments_between
from asrlab.review.undoing import undo
from tests.review import Labeled, add_other_reading, labeled_words, text_now, times_of


@pytest.fixture
def labeled(catalog: Catalog) -> Labeled:
    return labeled_words(catalog, "the cat sat on the mat", "good bye")


def current(catalog: Catalog, segment_id: int) -> int:
    with catalog.reading() as session:
        found = current_id(session, segment_id)
    assert found is not None
    return found


def rows(catalog: Catalog, statement: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in run_query(catalog, statement).rows]


def verdict(catalog: Catalog, segment_id: int) -> object:
    return rows(catalog, f"SELECT verdict FROM v_current WHERE segment_id = {segment_id}")[0][0]


def pending(catalog: Catalog, transcript_id: int) -> list[tuple[object, ...]]:
    return rows(
        catalog,
        "SELECT first_word, num_words, start_ms, end_ms FROM pending_spans "
        f"WHERE transcript_id = {transcript_id} ORDER BY first_word",
    )


def test_a_correction_is_a_new_version_with_its_parent_author_and_verdict(
    catalog: Catalog, labeled: Labeled
) -> None:
    saved = save(catalog, "ada", labeled.segment, labeled.text, " the cat\nsat on a mat ", seconds=4.5)
    found = rows(
        catalog,
        "SELECT transcript_id, version, parent_id, origin, author, language, text, verdict FROM v_current "
        f"WHERE segment_id = {labeled.segment}",
    )
    assert found == [
        (saved.transcript_id, 2, labeled.text, "human", "ada", "en", "the cat sat on a mat", "corrected")
    ]
    assert rows(catalog, "SELECT segment_id, person, kind, seconds, audio_s FROM v_review_acts") == [
        (labeled.segment, "ada", "corrected", 4.5, 4.0)
    ]


def test_words_that_stayed_keep_times_score_confidence_and_run_and_the_others_wait(
    catalog: Catalog, labeled: Labeled
) -> None:
    saved = save(catalog, "ada", labeled.segment, labeled.text, "The cat sat, on a mat.")
    assert saved.transcript_id is not None
    with catalog.reading() as session:
        before = words_of_version(session, labeled.text)
        after = words_of_version(session, saved.transcript_id)
    assert before is not None
    assert after is not None
    assert [word.word for word in after.words] == ["The", "cat", "sat,", "on", "a", "mat."]
    kept = [0, 1, 2, 3, 5]
    told = [(word.start_ms, word.end_ms, word.score, word.confidence, word.run_id) for word in before.words]
    assert [
        (word.start_ms, word.end_ms, word.score, word.confidence, word.run_id)
        for word in (after.words[at] for at in kept)
    ] == [told[at] for at in kept]
    guess = after.words[4]
    assert (guess.flags, guess.score, guess.run_id) == ("interpolated", None, after.run_id)
    assert (guess.start_ms, guess.end_ms) == (before.words[4].start_ms, before.words[4].end_ms)
    assert pending(catalog, saved.transcript_id) == [(4, 1, before.words[3].end_ms, before.words[5].start_ms)]
    runs = rows(
        catalog,
        "SELECT r.engine FROM v_words w JOIN v_runs r ON r.run_id = w.run_id "
        f"WHERE w.transcript_id = {saved.transcript_id} ORDER BY w.position",
    )
    assert [name for (name,) in runs] == ["fake", "fake", "fake", "fake", "edit", "fake"]


def test_two_changes_far_apart_are_two_spans_and_what_lies_between_stays(
    catalog: Catalog, labeled: Labeled
) -> None:
    saved = save(catalog, "ada", labeled.segment, labeled.text, "a cat sat on the rug")
    assert saved.transcript_id is not None
    assert [(first, count) for first, count, _, _ in pending(catalog, saved.transcript_id)] == [
        (0, 1),
        (5, 1),
    ]


def test_words_taken_out_leave_the_others_to_the_aligner_that_timed_them(
    catalog: Catalog, labeled: Labeled
) -> None:
    saved = save(catalog, "ada", labeled.segment, labeled.text, "the cat sat on mat")
    assert saved.transcript_id is not None
    assert pending(catalog, saved.transcript_id) == []
    with catalog.reading() as session:
        words = words_of_version(session, saved.transcript_id)
    assert words is not None
    assert (words.fingerprint, words.run_id) == ("aligner", labeled.align_run)


def test_a_text_without_words_makes_one_without(catalog: Catalog) -> None:
    labeled = labeled_words(catalog, "hello world", aligned=False)
    saved = save(catalog, "ada", labeled.segment, labeled.text, "hello there")
    assert saved.transcript_id is not None
    assert times_of(catalog, saved.transcript_id) == []
    page = read_segment(catalog, labeled.segment, "ada")
    assert page is not None
    assert page.is_pending


def test_a_correction_that_changes_nothing_accepts_the_parent(catalog: Catalog, labeled: Labeled) -> None:
    saved = save(catalog, "ada", labeled.segment, labeled.text, "the cat sat on the mat")
    assert (saved.segment_id, saved.transcript_id) == (labeled.segment, labeled.text)
    assert verdict(catalog, labeled.segment) == "accepted"


def test_a_text_stored_without_a_verdict_stays_in_the_queue(catalog: Catalog, labeled: Labeled) -> None:
    save(catalog, "ada", labeled.segment, labeled.text, "the cat sat", verdict=None)
    assert verdict(catalog, labeled.segment) is None
    queue = rows(catalog, "SELECT segment_id, text FROM v_review_queue ORDER BY start_s")
    assert queue == [(labeled.segment, "the cat sat"), (labeled.other, "good bye")]


def test_the_last_of_two_who_save_on_one_parent_is_told_what_the_first_made(
    catalog: Catalog, labeled: Labeled
) -> None:
    first = save(catalog, "ada", labeled.segment, labeled.text, "the cat sat on a mat")
    with pytest.raises(ConflictError) as raised:
        save(catalog, "bob", labeled.segment, labeled.text, "the bat sat on the mat")
    assert raised.value.current_id == first.transcript_id
    assert text_now(catalog, labeled.segment) == "the cat sat on a mat"


def test_of_two_who_save_at_the_same_moment_one_is_stored_and_one_is_told(
    catalog: Catalog, labeled: Labeled
) -> None:
    """Eight rounds, because two threads rarely meet in the first."""
    for _ in range(8):
        assert sorted(save_at_once(catalog, labeled.segment)) == ["conflict", "saved"]
    assert rows(catalog, "SELECT COUNT(*) FROM transcripts WHERE origin = 'human'") == [(8,)]


def save_at_once(catalog: Catalog, segment_id: int) -> list[str]:
    parent = current(catalog, segment_id)
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def write(person: str) -> None:
        start.wait()
        try:
            save(catalog, person, segment_id, parent, f"{person} heard it on {parent}")
        except ConflictError:
            outcomes.append("conflict")
        else:
            outcomes.append("saved")

    threads = [threading.Thread(target=write, args=(name,)) for name in ("ada", "bob")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_a_verdict_is_on_the_version_that_counts_and_the_same_again_is_none(
    catalog: Catalog, labeled: Labeled
) -> None:
    for _ in range(2):
        judge(catalog, "ada", labeled.segment, labeled.text, "rejected", "not speech")
    assert rows(catalog, "SELECT transcript_id, reviewer, verdict, reason FROM v_reviews") == [
        (labeled.text, "ada", "rejected", "not speech")
    ]
    saved = save(catalog, "bob", labeled.segment, labeled.text, "speech after all")
    with pytest.raises(ConflictError):
        judge(catalog, "ada", labeled.segment, labeled.text, "accepted")
    assert verdict(catalog, labeled.segment) == "corrected"
    assert saved.transcript_id != labeled.text


def test_a_skipped_segment_stays_open(catalog: Catalog, labeled: Labeled) -> None:
    skip(catalog, "ada", labeled.segment, 2.0)
    assert verdict(catalog, labeled.segment) is None
    assert rows(catalog, "SELECT kind, seconds FROM v_review_acts") == [("skipped", 2.0)]


def test_an_old_version_comes_back_as_a_new_one_with_its_words(catalog: Catalog, labeled: Labeled) -> None:
    saved = save(catalog, "ada", labeled.segment, labeled.text, "something else was said")
    back = restore(catalog, "bob", labeled.segment, saved.transcript_id, labeled.text)
    assert back.transcript_id not in (saved.transcript_id, labeled.text, None)
    assert text_now(catalog, labeled.segment) == "the cat sat on the mat"
    assert back.transcript_id is not None
    assert times_of(catalog, back.transcript_id) == times_of(catalog, labeled.text)
    with pytest.raises(InputNotFoundError):
        restore(catalog, "bob", labeled.other, current(catalog, labeled.other), labeled.text)


def test_one_of_several_engines_is_picked(catalog: Catalog, labeled: Labeled) -> None:
    older = labeled.text
    newer = add_other_reading(catalog, labeled.segment, "the bat sat on the mat")
    picked = restore(catalog, "ada", labeled.segment, newer, older)
    page = read_segment(catalog, labeled.segment, "ada")
    assert page is not None
    assert page.current is not None
    assert page.current.transcript_id == picked.transcript_id
    assert [version.source for version in page.versions] == ["fake", "other", "ada"]
    parts = [(part.kind, part.text) for part in diff_versions(catalog, newer, older)]
    assert parts == [
        ("equal", "the "),
        ("removed", "bat "),
        ("added", "cat "),
        ("equal", "sat on the mat"),
    ]


def test_speaker_and_language_are_said_and_taken_back(catalog: Catalog, labeled: Labeled) -> None:
    said = describe(catalog, "ada", labeled.segment, labeled.text, speaker="Mia", language="German")
    found = rows(
        catalog,
        f"SELECT speaker, language, text, version FROM v_current WHERE segment_id = {labeled.segment}",
    )
    assert found == [("Mia", "de", "the cat sat on the mat", 2)]
    assert said.transcript_id is not None
    assert times_of(catalog, said.transcript_id) == times_of(catalog, labeled.text)
    undo(catalog, "ada", labeled.segment)
    found = rows(
        catalog, f"SELECT speaker, language, version FROM v_current WHERE segment_id = {labeled.segment}"
    )
    assert found == [(None, "en", 3)]


def test_a_speaker_alone_is_no_new_version(catalog: Catalog, labeled: Labeled) -> None:
    said = describe(catalog, "ada", labeled.segment, labeled.text, speaker="Mia")
    assert said.transcript_id == labeled.text
    assert describe(catalog, "ada", labeled.segment, labeled.text, speaker="") == said
    assert rows(catalog, "SELECT speaker FROM v_current ORDER BY start_s") == [(None,), (None,)]


def test_undo_goes_back_step_by_step_and_loses_no_version(catalog: Catalog, labeled: Labeled) -> None:
    judge(catalog, "ada", labeled.segment, labeled.text, "accepted")
    first = save(catalog, "ada", labeled.segment, labeled.text, "the cat sat")
    save(catalog, "ada", labeled.segment, first.transcript_id, "the cat sat down")
    undo(catalog, "ada", labeled.segment)
    assert text_now(catalog, labeled.segment) == "the cat sat"
    assert verdict(catalog, labeled.segment) == "corrected"
    back = undo(catalog, "ada", labeled.segment)
    assert back is not None
    assert back.transcript_id is not None
    assert text_now(catalog, labeled.segment) == "the cat sat on the mat"
    assert verdict(catalog, labeled.segment) == "accepted"
    assert times_of(catalog, back.transcript_id) == times_of(catalog, labeled.text)
    undo(catalog, "ada", labeled.segment)
    assert verdict(catalog, labeled.segment) is None
    assert undo(catalog, "ada", labeled.segment) is None
    versions = rows(catalog, f"SELECT COUNT(*) FROM transcripts WHERE segment_id = {labeled.segment}")
    assert versions == [(5,)]


def test_nobody_takes_back_what_another_built_on(catalog: Catalog, labeled: Labeled) -> None:
    first = save(catalog, "ada", labeled.segment, labeled.text, "the cat sat")
    second = save(catalog, "bob", labeled.segment, first.transcript_id, "the cat sat down")
    with pytest.raises(ConflictError) as raised:
        undo(catalog, "ada", labeled.segment)
    assert raised.value.current_id == second.transcript_id
    assert undo(catalog, "carl", labeled.segment) is None
    assert text_now(catalog, labeled.segment) == "the cat sat down"


def test_a_withdrawn_verdict_counts_for_nobody(catalog: Catalog, labeled: Labeled) -> None:
    judge(catalog, "ada", labeled.segment, labeled.text, "rejected")
    undo(catalog, "ada", labeled.segment)
    assert verdict(catalog, labeled.segment) is None
    assert rows(catalog, "SELECT verdict, withdrawn_at IS NULL FROM v_reviews") in (
        [("rejected", False)],
        [("rejected", 0)],
    )


def test_words_are_placed_by_hand_and_the_rest_of_them_stays(catalog: Catalog, labeled: Labeled) -> None:
    before = times_of(catalog, labeled.text)
    assert before[1] == ("cat", 500, 1000)
    set_word_times(catalog, "ada", labeled.segment, labeled.text, [(1, 0.6, 0.9)])
    set_word_times(catalog, "ada", labeled.segment, labeled.text, [(1, 0.65, 0.9)])
    after = times_of(catalog, labeled.text)
    assert after == [before[0], ("cat", 650, 900), *before[2:]]
    found = rows(
        catalog,
        "SELECT r.engine FROM v_words w JOIN v_runs r ON r.run_id = w.run_id "
        f"WHERE w.transcript_id = {labeled.text} ORDER BY w.position",
    )
    assert [name for (name,) in found] == ["fake", "human", "fake", "fake", "fake", "fake"]
    undo(catalog, "ada", labeled.segment)
    assert times_of(catalog, labeled.text)[1] == ("cat", 600, 900)
    undo(catalog, "ada", labeled.segment)
    assert times_of(catalog, labeled.text) == before


# Into the word before, into the next, backwards, out of the segment, of no word, no number.
IMPOSSIBLE_TIMES = [
    (1, 0.4, 0.9),
    (1, 0.6, 1.2),
    (0, 0.9, 0.1),
    (5, 2.5, 4.5),
    (6, 1.0, 2.0),
    (-1, 1.0, 2.0),
    (0, float("nan"), 0.1),
]


def test_times_that_can_not_be_are_refused(catalog: Catalog, labeled: Labeled) -> None:
    before = times_of(catalog, labeled.text)
    for moved in IMPOSSIBLE_TIMES:
        with pytest.raises(OptionError):
            set_word_times(catalog, "ada", labeled.segment, labeled.text, [moved])
    assert times_of(catalog, labeled.text) == before


def test_a_person_who_places_a_waiting_word_takes_it_from_the_aligner(
    catalog: Catalog, labeled: Labeled
) -> None:
    saved = save(catalog, "ada", labeled.segment, labeled.text, "a cat sat on the rug")
    assert saved.transcript_id is not None
    set_word_times(catalog, "ada", labeled.segment, saved.transcript_id, [(0, 0.1, 0.4)])
    assert [first for first, *_ in pending(catalog, saved.transcript_id)] == [5]
    undo(catalog, "ada", labeled.segment)
    assert [first for first, *_ in pending(catalog, saved.transcript_id)] == [0, 5]


def test_what_can_not_be_stored_is_said_so(catalog: Catalog, labeled: Labeled) -> None:
    with pytest.raises(OptionError, match="characters"):
        save(catalog, "ada", labeled.segment, labeled.text, "x" * (MAX_TEXT_CHARS + 1))
    with pytest.raises(OptionError, match="who you are"):
        save(catalog, " ", labeled.segment, labeled.text, "x")
    with pytest.raises(OptionError, match="no language"):
        save(catalog, "ada", labeled.segment, labeled.text, "x", language="???")
    with pytest.raises(InputNotFoundError):
        save(catalog, "ada", 999_999, labeled.text, "x")


def test_odd_characters_are_stored_on_both_databases(catalog: Catalog, labeled: Labeled) -> None:
    save(catalog, "ada", labeled.segment, labeled.text, "a\x00b <script>שלום\u200f 今天 \ud800")
    assert text_now(catalog, labeled.segment) == "ab <script>שלום\u200f 今天 ?"


def test_a_page_has_all_of_a_segment(catalog: Catalog, labeled: Labeled) -> None:
    page = read_segment(catalog, labeled.segment, "ada")
    assert page is not None
    assert page.current is not None
    assert (page.previous_id, page.next_id) == (None, labeled.other)
    assert (page.name, page.start_s, page.end_s, page.duration_s) == ("a.wav", 0.0, 4.0, 10.0)
    assert [word.word for word in page.current.words] == ["the", "cat", "sat", "on", "the", "mat"]
    assert (page.current.words[1].start_s, page.current.words[1].source) == (0.5, "fake")
    assert not page.is_pending
    assert not page.is_superseded
    assert page.current.created_at.endswith("+00:00")
    assert read_segment(catalog, 999_999, "ada") is None
    shown = segments_between(catalog, labeled.recording, 3.9, 5.5)
    assert [(each.segment_id, each.text) for each in shown] == [
        (labeled.segment, "the cat sat on the mat"),
        (labeled.other, "good bye"),
    ]
    assert segments_between(catalog, labeled.recording, 4.0, 5.0) == []


def test_every_act_tells_what_it_was(catalog: Catalog, labeled: Labeled) -> None:
    saved = save(catalog, "ada", labeled.segment, labeled.text, "x", verdict=None, seconds=float("inf"))
    restore(catalog, "ada", labeled.segment, saved.transcript_id, labeled.text, seconds=-3)
    undo(catalog, "ada", labeled.segment)
    found = rows(
        catalog, "SELECT kind, seconds, detail, undone_at IS NULL FROM v_review_acts ORDER BY act_id"
    )
    assert [(kind, seconds, bool(stands)) for kind, seconds, _, stands in found] == [
        ("edited", 0.0, True),
        ("restored", 0.0, False),
        ("undone", 0.0, True),
    ]
    assert json.loads(str(found[1][2])) == {"from": labeled.text}
