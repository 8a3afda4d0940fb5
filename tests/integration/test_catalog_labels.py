"""Segmentations, versions of texts, words: what is stored once, and which of it counts; on both databases."""

import sqlalchemy as sa

from asrlab.catalog import Catalog
from asrlab.catalog.alignments import NewAlignment, add_alignment, transcripts_to_align
from asrlab.catalog.query import run_query
from asrlab.catalog.runs import finish_run
from asrlab.catalog.schema import ReviewRow, TranscriptRow
from asrlab.catalog.segments import activate_wanted, recordings_to_segment, segments_of_today
from asrlab.catalog.transcripts import TranscriptKey, segments_to_transcribe
from asrlab.catalog.values import utc_now
from asrlab.domain.labels import AlignedWord
from asrlab.domain.time import TimeSpan
from tests.factories import add_recording, add_run, add_segments, add_text, labeled_catalog


def test_another_recipe_makes_another_segmentation_and_one_is_active(catalog: Catalog) -> None:
    with catalog.writing() as session:
        recording_id = add_recording(session)
        add_segments(session, recording_id, [(0, 5)], "first")
        add_segments(session, recording_id, [(0, 3), (3, 5)], "second")
        assert len(segments_of_today(session, [recording_id])) == 2
        assert recordings_to_segment(session, "first", 30.0, [recording_id]) == [recording_id]
        assert activate_wanted(session, "first", 30.0, recording_id)
        assert len(segments_of_today(session, [recording_id])) == 1
        assert not activate_wanted(session, "third", 30.0, recording_id)
    assert run_query(catalog, "SELECT COUNT(*) FROM segmentations").rows == ((2,),)


def test_storing_a_segmentation_twice_is_a_no_op(catalog: Catalog) -> None:
    with catalog.writing() as session:
        recording_id = add_recording(session)
        first = add_segments(session, recording_id, [(0, 5)])
        assert add_segments(session, recording_id, [(0, 5)]) == first


def test_a_repeated_transcription_is_a_no_op(catalog: Catalog) -> None:
    recording_id, segments = labeled_catalog(catalog)
    with catalog.writing() as session:
        run_id = add_run(session)
        assert not add_text(session, segments[0], run_id, "other words")
        assert segments_to_transcribe(session, TranscriptKey("engine"), [recording_id]) == []
    assert run_query(catalog, "SELECT COUNT(*) FROM v_transcripts").rows == ((2,),)


def test_another_engine_writes_the_next_version_and_it_counts(catalog: Catalog) -> None:
    recording_id, segments = labeled_catalog(catalog)
    with catalog.writing() as session:
        assert [
            s.segment_id for s in segments_to_transcribe(session, TranscriptKey("better"), [recording_id])
        ] == [segment.segment_id for segment in segments]
        run_id = add_run(session, fingerprint="better")
        assert add_text(session, segments[0], run_id, "better words", "better")
    rows = run_query(catalog, "SELECT version, text FROM v_current ORDER BY start_s").rows
    assert rows == ((2, "better words"), (1, "good bye"))


def test_a_persons_text_counts_before_any_engines(catalog: Catalog) -> None:
    _, segments = labeled_catalog(catalog)
    with catalog.writing() as session:
        for version, (origin, text) in enumerate([("human", "by hand"), ("import", "given")], 2):
            session.add(
                TranscriptRow(
                    segment_id=segments[0].segment_id,
                    version=version,
                    origin=origin,
                    author="ann",
                    text=text,
                    created_at=utc_now(),
                )
            )
        session.flush()
        run_id = add_run(session, fingerprint="newer")
        add_text(session, segments[0], run_id, "newest machine", "newer")
    rows = run_query(catalog, "SELECT origin, text FROM v_current ORDER BY start_s").rows
    assert rows == (("human", "by hand"), ("engine", "good bye"))


def test_only_the_active_segmentation_counts(catalog: Catalog) -> None:
    recording_id, _ = labeled_catalog(catalog)
    with catalog.writing() as session:
        add_segments(session, recording_id, [(0, 9)], "other")
    assert run_query(catalog, "SELECT 1 FROM v_current").rows == ()
    assert len(run_query(catalog, "SELECT 1 FROM v_transcripts").rows) == 2


def test_words_lie_on_the_recordings_clock_with_the_engines_confidence(catalog: Catalog) -> None:
    _, segments = labeled_catalog(catalog)
    with catalog.writing() as session:
        run_id = add_run(session, "align", "aligner")
        (_, second) = transcripts_to_align(session, "aligner", [s.segment_id for s in segments])
        words = (
            AlignedWord("good", TimeSpan(0.0, 0.5), 0.9),
            AlignedWord("bye", TimeSpan(0.5, 4.6), 0.8, ("interpolated",)),
        )
        assert add_alignment(session, NewAlignment(second, run_id, "aligner", words))
        assert not add_alignment(session, NewAlignment(second, run_id, "aligner", words))
    rows = run_query(catalog, "SELECT word, start_s, end_s, score, confidence, flags FROM v_words").rows
    # The last word is held inside its segment, which ends at 9.5 s.
    assert rows == (("good", 5.0, 5.5, 0.9, 0.5, ""), ("bye", 5.5, 9.5, 0.8, 0.5, "interpolated"))


def test_a_transcript_aligned_twice_shows_the_newer_words_only(catalog: Catalog) -> None:
    _, segments = labeled_catalog(catalog)
    with catalog.writing() as session:
        for name in ("old", "new"):
            run_id = add_run(session, "align", name)
            (first, *_) = transcripts_to_align(session, name, [segments[0].segment_id])
            words = (AlignedWord(name, TimeSpan(0, 1)),)
            add_alignment(session, NewAlignment(first, run_id, name, words))
    assert run_query(catalog, "SELECT word FROM v_words").rows == (("new",),)


def test_an_empty_text_is_not_aligned(catalog: Catalog) -> None:
    with catalog.writing() as session:
        recording_id = add_recording(session)
        (segment,) = add_segments(session, recording_id, [(0, 1)])
        add_text(session, segment, add_run(session), "")
        assert transcripts_to_align(session, "aligner", [segment.segment_id]) == []


def test_the_newest_verdict_stands_in_the_view(catalog: Catalog) -> None:
    labeled_catalog(catalog)
    ((transcript_id,), *_) = run_query(catalog, "SELECT transcript_id FROM v_current ORDER BY start_s").rows
    with catalog.writing() as session:
        for verdict in ("rejected", "accepted"):
            session.add(
                ReviewRow(transcript_id=transcript_id, reviewer="ann", verdict=verdict, created_at=utc_now())
            )
            session.flush()
    rows = run_query(catalog, "SELECT verdict FROM v_current ORDER BY start_s").rows
    assert rows == (("accepted",), (None,))


def test_a_run_shows_its_results_and_its_end(catalog: Catalog) -> None:
    labeled_catalog(catalog)
    statement = "SELECT stage, engine, num_results, finished_at IS NULL FROM v_runs"
    assert run_query(catalog, statement).rows[0][:3] == ("transcribe", "fake", 2)
    assert bool(run_query(catalog, statement).rows[0][3])
    with catalog.writing() as session:
        finish_run(session, session.scalars(sa.text("SELECT run_id FROM engine_runs")).one())
    assert not run_query(catalog, statement).rows[0][3]


def test_text_that_a_database_refuses_is_stored_without_it(catalog: Catalog) -> None:
    with catalog.writing() as session:
        recording_id = add_recording(session)
        (segment,) = add_segments(session, recording_id, [(0, 1)])
        add_text(session, segment, add_run(session), "nul\x00 byte, a lone \ud800 surrogate, 日本 😀")
    ((text,),) = run_query(catalog, "SELECT text FROM v_current").rows
    assert text == "nul byte, a lone ? surrogate, 日本 😀"
