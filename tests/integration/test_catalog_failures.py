"""Failures: one row an item, counted, resolved, forgiven; on both databases."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.orm import Session

from asrlab.catalog import Catalog
from asrlab.catalog.alignments import transcripts_to_align
from asrlab.catalog.failures import (
    FailedItem,
    failure_counts,
    failures_among,
    forgive_failures,
    list_failures,
    open_failures,
    record_failure,
    resolve_failure,
)
from asrlab.catalog.segments import Segment, activate_wanted
from asrlab.domain.reasons import FailureReason
from tests.factories import add_recording, add_run, add_segments, add_text, labeled_catalog

BROKEN = FailedItem("ingest", "/x.wav", "/x.wav", FailureReason.TRUNCATED, "cut off", stamp="1:2:3")


def test_a_second_failure_of_an_item_counts_one_more_attempt(catalog: Catalog) -> None:
    with catalog.writing() as session:
        record_failure(session, BROKEN)
        record_failure(session, BROKEN)
        (failure,) = list_failures(session)
    assert (failure.stage, failure.reason, failure.message, failure.uri, failure.attempts) == (
        "ingest",
        "truncated",
        "cut off",
        "/x.wav",
        2,
    )


def test_a_mended_item_is_no_failure_any_more_and_may_fail_again(catalog: Catalog) -> None:
    with catalog.writing() as session:
        record_failure(session, BROKEN)
        assert open_failures(session, "ingest")["/x.wav"].stamp == "1:2:3"
        resolve_failure(session, "ingest", "/x.wav")
        resolve_failure(session, "ingest", "/never-failed.wav")
        assert list_failures(session) == []
        record_failure(session, BROKEN)
        assert [failure.attempts for failure in list_failures(session)] == [2]


def test_failures_are_told_apart_by_stage_and_reason(catalog: Catalog) -> None:
    other = FailedItem("segment", "1", "/y.wav", FailureReason.CHANGED, "other bytes", "recipe")
    with catalog.writing() as session:
        record_failure(session, BROKEN)
        record_failure(session, other)
        assert [failure.uri for failure in list_failures(session, stage="segment")] == ["/y.wav"]
        assert [failure.uri for failure in list_failures(session, reason="truncated")] == ["/x.wav"]


def add_segmented(session: Session) -> tuple[int, list[Segment]]:
    recording_id = add_recording(session)
    return recording_id, add_segments(session, recording_id, [(0.0, 4.0), (5.0, 9.5)], fingerprint="recipe")


def fail(
    session: Session, stage: str, item: int, fingerprint: str, recording_id: int, segment: Segment | None
) -> None:
    record_failure(
        session,
        FailedItem(
            stage,
            str(item),
            "/audio/a.wav",
            FailureReason.TOO_LONG,
            f"{stage} {fingerprint}",
            fingerprint,
            recording_id=recording_id,
            segment_id=segment.segment_id if segment else None,
        ),
    )


def test_a_call_is_shown_the_failures_of_its_own_inputs_and_stages(catalog: Catalog) -> None:
    with catalog.writing() as session:
        recording_id, (first, _second) = add_segmented(session)
        record_failure(session, BROKEN)
        fail(session, "segment", recording_id, "recipe", recording_id, None)
        fail(session, "transcribe", first.segment_id, "engine", recording_id, first)
        fail(session, "transcribe", first.segment_id, "another engine", recording_id, first)

        def among(uris: list[str], ids: list[int], **fingerprints: str) -> list[str]:
            return [failure.message for failure in failures_among(session, uris, ids, fingerprints)]

        mine = [recording_id]
        assert among(["/x.wav"], []) == ["cut off"]
        assert among(["/audio/a.wav"], mine) == []
        assert among([], mine, segment="recipe") == ["segment recipe"]
        assert among(["/x.wav"], mine, transcribe="engine", segment="other") == [
            "cut off",
            "transcribe engine",
        ]
        assert among(["/other.wav"], [recording_id + 1], transcribe="engine") == []
        assert len(list_failures(session)) == 4


def test_a_failure_of_a_segment_that_is_cut_otherwise_today_is_none(catalog: Catalog) -> None:
    with catalog.writing() as session:
        recording_id, (first, _second) = add_segmented(session)
        fail(session, "transcribe", first.segment_id, "engine", recording_id, first)
        assert failure_counts(session) == {"too_long": 1}
        add_segments(session, recording_id, [(0.0, 2.0)], fingerprint="shorter")
        assert failure_counts(session) == {}
        # As it was: the segment counts again, and it still can't be transcribed.
        assert activate_wanted(session, "recipe", 30.0, recording_id)
        assert failure_counts(session) == {"too_long": 1}


def test_a_failure_to_align_a_text_that_no_longer_counts_is_none(catalog: Catalog) -> None:
    recording_id, (first, _second) = labeled_catalog(catalog)
    with catalog.writing() as session:
        (text,) = transcripts_to_align(session, "aligner", [first.segment_id])
        fail(session, "align", text.transcript_id, "aligner", recording_id, first)
        assert len(list_failures(session)) == 1
        add_text(session, first, add_run(session), "another text", fingerprint="another engine")
        assert list_failures(session) == []


def test_processes_that_fail_on_one_item_at_once_count_their_attempts(catalog: Catalog) -> None:
    times = 8

    def fail_once(_index: int) -> None:
        with catalog.writing() as session:
            record_failure(session, BROKEN)

    with ThreadPoolExecutor(times) as pool:
        list(pool.map(fail_once, range(times)))
    with catalog.reading() as session:
        assert [failure.attempts for failure in list_failures(session)] == [times]


def test_forgiven_failures_are_tried_again(catalog: Catalog) -> None:
    with catalog.writing() as session:
        record_failure(session, BROKEN)
        assert forgive_failures(session, "not_audio") == 0
        assert forgive_failures(session, "truncated") == 1
        assert list_failures(session) == []
