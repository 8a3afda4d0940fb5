"""An edit re-aligns only what it touched: just those words on just that audio, by whichever aligner comes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from asrlab.align import Alignment, align_segments, drain_spans, transcripts_pending
from asrlab.audio.write import write_wav
from asrlab.catalog import Catalog
from asrlab.catalog.edited_words import words_of_version
from asrlab.catalog.failures import forgive_failures
from asrlab.catalog.leases import claimed
from asrlab.catalog.query import run_query
from asrlab.domain.labels import AlignedWord
from asrlab.domain.time import TimeSpan
from asrlab.domain.words import TimedWord
from asrlab.engines.protocol import EngineInfo, Waveform
from asrlab.review.acts import describe, restore, save
from asrlab.review.cutting import move_borders, set_word_times, split
from asrlab.review.reading import read_segment
from asrlab.review.undoing import undo
from tests.factories import add_run
from tests.review import Labeled, labeled_words, times_of

RATE_HZ = 16_000


class Listening:
    """An aligner that puts each word into its share of the audio, and remembers what it was given."""

    def __init__(self, name: str = "aligner") -> None:
        self.info = EngineInfo(name, name, "0", "1")
        self.heard: list[tuple[str, int]] = []
        self.refuses = ""
        self.adds_a_word = False

    def align(
        self, waveforms: Sequence[Waveform], texts: Sequence[str], *, languages: Sequence[str | None]
    ) -> list[tuple[AlignedWord, ...]]:
        return [self._align(waveform, text) for waveform, text in zip(waveforms, texts, strict=True)]

    def _align(self, waveform: Waveform, text: str) -> tuple[AlignedWord, ...]:
        if self.refuses and self.refuses in text:
            raise RuntimeError(f"nobody says {text}")
        seconds = len(waveform) / RATE_HZ
        self.heard.append((text, round(seconds * 1000)))
        words = [*text.split(), "more"] if self.adds_a_word else text.split()
        step = seconds / len(words)
        return tuple(
            AlignedWord(word, TimeSpan(at * step, (at + 0.5) * step), 0.9) for at, word in enumerate(words)
        )

    def close(self) -> None: ...


@pytest.fixture
def labeled(catalog: Catalog, tmp_path: Path) -> Labeled:
    file = tmp_path / "a.wav"
    write_wav(file, np.full(10 * RATE_HZ, 0.1, dtype=np.float32), RATE_HZ)
    labeled = labeled_words(catalog, "the cat sat on the mat", uri=str(file))
    with catalog.writing() as session:
        # The factory's size and time are those of no file.
        stat = file.stat()
        session.connection().exec_driver_sql(
            f"UPDATE recording_files SET size = {stat.st_size}, mtime_ns = {stat.st_mtime_ns}"
        )
    return labeled


def how(catalog: Catalog, aligner: Listening, fingerprint: str = "aligner") -> Alignment:
    with catalog.writing() as session:
        run_id = add_run(session, "align", fingerprint)
    return Alignment(aligner, run_id, fingerprint, 60.0)


def edited(catalog: Catalog, labeled: Labeled, text: str) -> int:
    saved = save(catalog, "ada", labeled.segment, labeled.text, text)
    assert saved.transcript_id is not None
    return saved.transcript_id


def runs_of(catalog: Catalog, transcript_id: int) -> list[object]:
    found = run_query(
        catalog, f"SELECT run_id FROM v_words WHERE transcript_id = {transcript_id} ORDER BY position"
    )
    return [row[0] for row in found.rows]


def waiting(catalog: Catalog) -> list[tuple[object, ...]]:
    found = run_query(catalog, "SELECT first_word, attempts FROM pending_spans ORDER BY first_word")
    return [tuple(row) for row in found.rows]


def test_just_the_changed_words_are_heard_on_just_their_audio(catalog: Catalog, labeled: Labeled) -> None:
    aligner = Listening()
    text = edited(catalog, labeled, "the cat sat on a mat")
    alignment = how(catalog, aligner)
    assert align_segments(catalog, alignment, [labeled.segment, labeled.other]) == 1
    assert aligner.heard == [("a", 500)]
    before, after = times_of(catalog, labeled.text), times_of(catalog, text)
    assert after == [*before[:4], ("a", 2000, 2250), before[5]]
    assert runs_of(catalog, text) == [*[labeled.align_run] * 4, alignment.run_id, labeled.align_run]
    page = read_segment(catalog, labeled.segment, "ada")
    assert page is not None
    assert page.current is not None
    assert (page.current.words[4].flags, page.current.words[4].score) == ("", 0.9)
    assert not page.is_pending


def words_now(catalog: Catalog, transcript_id: int) -> tuple[TimedWord, ...]:
    with catalog.reading() as session:
        words = words_of_version(session, transcript_id)
    return () if words is None else words.words


def test_words_put_in_without_room_are_heard_with_their_neighbours_which_stay(
    catalog: Catalog, labeled: Labeled
) -> None:
    aligner = Listening()
    before = words_now(catalog, labeled.text)
    text = edited(catalog, labeled, "the cat and dog sat on the mat")
    alignment = how(catalog, aligner)
    assert align_segments(catalog, alignment, [labeled.segment]) == 1
    assert aligner.heard == [("cat and dog sat", 1000)]
    after = words_now(catalog, text)
    assert (*after[:2], *after[4:]) == before
    assert after[2:4] == tuple(
        TimedWord(word, 1000, 1000, flags="interpolated", run_id=alignment.run_id) for word in ("and", "dog")
    )
    assert waiting(catalog) == []


def test_a_word_put_in_with_little_room_gets_that_room_alone(catalog: Catalog, labeled: Labeled) -> None:
    # The text, as ms: the 0-500, cat 500-960, sat 1040-1500.
    set_word_times(catalog, "ada", labeled.segment, labeled.text, [(1, 0.5, 0.96), (2, 1.04, 1.5)])
    before = words_now(catalog, labeled.text)
    aligner = Listening()
    text = edited(catalog, labeled, "the cat also sat on the mat")
    assert align_segments(catalog, how(catalog, aligner), [labeled.segment]) == 1
    # Heard from 500 to 1500 in thirds: "also" from 833 to 1000.
    assert aligner.heard == [("cat also sat", 1000)]
    after = words_now(catalog, text)
    assert (*after[:2], *after[3:]) == before
    assert (after[2].start_ms, after[2].end_ms, after[2].score, after[2].flags) == (
        960,
        1040,
        None,
        "interpolated",
    )


def test_words_within_moved_borders_keep_their_times_when_those_outside_are_heard(
    catalog: Catalog, labeled: Labeled
) -> None:
    before = words_now(catalog, labeled.text)
    moved = move_borders(catalog, "ada", labeled.segment, labeled.text, 0.0, 2.2)
    assert moved.transcript_id is not None
    aligner = Listening()
    alignment = how(catalog, aligner)
    assert align_segments(catalog, alignment, [moved.segment_id]) == 1
    # "the" has 200 ms, "mat" none: both are heard in 200 ms, which is enough for them.
    assert aligner.heard == [("the mat", 200)]
    after = words_now(catalog, moved.transcript_id)
    assert after[:4] == before[:4]
    assert [(word.start_ms, word.end_ms, word.run_id) for word in after[4:]] == [
        (2000, 2050, alignment.run_id),
        (2100, 2150, alignment.run_id),
    ]


@pytest.mark.parametrize("at", range(7))
def test_a_word_put_in_anywhere_leaves_all_others_as_they_were(
    catalog: Catalog, labeled: Labeled, at: int
) -> None:
    said = ["the", "cat", "sat", "on", "the", "mat"]
    before = words_now(catalog, labeled.text)
    text = edited(catalog, labeled, " ".join([*said[:at], "new", *said[at:]]))
    align_segments(catalog, how(catalog, Listening()), [labeled.segment])
    after = words_now(catalog, text)
    assert (*after[:at], *after[at + 1 :]) == before
    times = [time for word in after for time in (word.start_ms, word.end_ms)]
    assert times == sorted(times)


def test_what_is_aligned_once_is_aligned_no_more(catalog: Catalog, labeled: Labeled) -> None:
    aligner = Listening()
    edited(catalog, labeled, "a cat sat on the rug")
    assert drain_spans(catalog, how(catalog, aligner), [labeled.segment]) == 1
    assert [text for text, _ in aligner.heard] == ["a", "rug"]
    assert drain_spans(catalog, how(catalog, aligner)) == 0
    assert align_segments(catalog, how(catalog, aligner), [labeled.segment, labeled.other]) == 0
    assert len(aligner.heard) == 2


def test_all_edits_are_drained_wherever_they_are(catalog: Catalog, labeled: Labeled) -> None:
    edited(catalog, labeled, "a cat sat on the mat")
    save(catalog, "bob", labeled.other, labeled.other_text, "good night")
    assert drain_spans(catalog, how(catalog, Listening())) == 2
    assert waiting(catalog) == []


def test_what_no_longer_counts_is_left_alone(catalog: Catalog, labeled: Labeled) -> None:
    text = edited(catalog, labeled, "a cat sat on the mat")
    restore(catalog, "ada", labeled.segment, text, labeled.text)
    aligner = Listening()
    assert drain_spans(catalog, how(catalog, aligner)) == 0
    assert aligner.heard == []


def test_a_span_that_can_not_be_aligned_is_told_and_not_tried_for_ever(
    catalog: Catalog, labeled: Labeled
) -> None:
    aligner = Listening()
    aligner.refuses = "a"
    text = edited(catalog, labeled, "a cat sat on the mat")
    alignment = how(catalog, aligner)
    for name in ("aligner", "newer"):
        assert len(transcripts_pending(catalog, name, [labeled.segment])) == 1
    assert align_segments(catalog, alignment, [labeled.segment]) == 0
    found = run_query(catalog, "SELECT stage, reason, message, attempts FROM v_failures")
    assert found.rows == (("align", "alignment_failed", "RuntimeError: nobody says a", 1),)
    assert waiting(catalog) == [(0, 1)]
    assert transcripts_pending(catalog, "aligner", [labeled.segment]) == []
    assert align_segments(catalog, alignment, [labeled.segment]) == 0
    page = read_segment(catalog, labeled.segment, "ada")
    assert page is not None
    assert not page.is_pending
    aligner.refuses = ""
    with catalog.writing() as session:
        forgive_failures(session)
    assert align_segments(catalog, alignment, [labeled.segment]) == 1
    assert run_query(catalog, "SELECT * FROM v_failures").rows == ()
    assert times_of(catalog, text)[1:] == times_of(catalog, labeled.text)[1:]


def test_an_aligner_that_finds_other_words_is_not_believed(catalog: Catalog, labeled: Labeled) -> None:
    aligner = Listening()
    aligner.adds_a_word = True
    edited(catalog, labeled, "a cat sat on the mat")
    assert drain_spans(catalog, how(catalog, aligner)) == 0
    (row,) = run_query(catalog, "SELECT message FROM v_failures").rows
    assert "2 words where 1" in str(row[0])


def test_audio_that_is_gone_is_told(catalog: Catalog, labeled: Labeled) -> None:
    edited(catalog, labeled, "a cat sat on the mat")
    uri = run_query(catalog, "SELECT uri FROM v_recordings").rows[0][0]
    Path(str(uri)).unlink()
    assert drain_spans(catalog, how(catalog, Listening())) == 0
    assert run_query(catalog, "SELECT reason FROM v_failures").rows == (("vanished",),)


def test_what_another_process_works_on_is_left_to_it(catalog: Catalog, labeled: Labeled) -> None:
    text = edited(catalog, labeled, "a cat sat on the mat")
    alignment = how(catalog, Listening())
    with claimed(catalog, "align", "aligner", [text]):
        assert drain_spans(catalog, alignment) == 0
    assert drain_spans(catalog, alignment) == 1


def test_a_text_that_lost_words_alone_is_never_aligned_as_a_whole_again(
    catalog: Catalog, labeled: Labeled
) -> None:
    edited(catalog, labeled, "the cat sat on mat")
    aligner = Listening()
    assert align_segments(catalog, how(catalog, aligner), [labeled.segment]) == 0
    assert aligner.heard == []


def test_times_that_a_person_set_outlive_every_aligner(catalog: Catalog, labeled: Labeled) -> None:
    set_word_times(catalog, "ada", labeled.segment, labeled.text, [(1, 0.6, 0.9)])
    assert align_segments(catalog, how(catalog, Listening("newer"), "newer"), [labeled.segment]) == 0
    said = describe(catalog, "ada", labeled.segment, labeled.text, language="de")
    saved = save(catalog, "ada", labeled.segment, said.transcript_id, "the cat sat on the rug")
    assert saved.transcript_id is not None
    for name in ("aligner", "newer"):
        align_segments(catalog, how(catalog, Listening(name), name), [labeled.segment])
    assert times_of(catalog, saved.transcript_id)[1] == ("cat", 600, 900)


def test_another_aligner_may_align_an_edit_as_a_whole_when_nobody_placed_its_words(
    catalog: Catalog, labeled: Labeled
) -> None:
    text = edited(catalog, labeled, "a cat sat on the mat")
    aligner = Listening("newer")
    assert align_segments(catalog, how(catalog, Listening()), [labeled.segment]) == 1
    assert align_segments(catalog, how(catalog, aligner, "newer"), [labeled.segment]) == 1
    assert aligner.heard == [("a cat sat on the mat", 4000)]
    assert times_of(catalog, text) != times_of(catalog, labeled.text)


def test_a_word_that_waits_again_after_it_was_aligned_is_aligned_again(
    catalog: Catalog, labeled: Labeled
) -> None:
    text = edited(catalog, labeled, "a cat sat on the mat")
    set_word_times(catalog, "ada", labeled.segment, text, [(0, 0.1, 0.3)])
    aligner = Listening()
    assert drain_spans(catalog, how(catalog, aligner)) == 0
    undo(catalog, "ada", labeled.segment)
    assert drain_spans(catalog, how(catalog, aligner)) == 1
    assert times_of(catalog, text)[0] == ("a", 0, 250)


def test_the_pieces_of_a_split_are_aligned_where_words_changed_sides(
    catalog: Catalog, labeled: Labeled
) -> None:
    left, right = split(catalog, "ada", labeled.segment, labeled.text, 1.0, len("the cat sat "))
    aligner = Listening()
    segment_ids = [left.segment_id, right.segment_id]
    assert drain_spans(catalog, how(catalog, aligner), segment_ids) == 1
    assert aligner.heard == [("cat sat", 500)]


def test_a_text_written_where_there_was_none_is_aligned_as_a_whole(
    catalog: Catalog, labeled: Labeled
) -> None:
    empty = save(catalog, "ada", labeled.segment, labeled.text, "")
    save(catalog, "ada", labeled.segment, empty.transcript_id, "a cat sat")
    aligner = Listening()
    assert align_segments(catalog, how(catalog, aligner), [labeled.segment]) == 1
    assert aligner.heard == [("a cat sat", 4000)]
