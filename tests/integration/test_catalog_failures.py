"""Failures: one row an item, counted, resolved, forgiven; on both databases."""

from asrlab.catalog import Catalog
from asrlab.catalog.failures import (
    FailedItem,
    failures_among,
    forgive_failures,
    list_failures,
    open_failures,
    record_failure,
    resolve_failures,
)
from asrlab.domain.reasons import FailureReason
from tests.factories import add_recording

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
        resolve_failures(session, "ingest", ["/x.wav", "/never-failed.wav"])
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


def test_a_call_is_shown_the_failures_of_its_own_inputs(catalog: Catalog) -> None:
    with catalog.writing() as session:
        recording_id = add_recording(session)
        record_failure(session, BROKEN)
        record_failure(
            session,
            FailedItem(
                "transcribe",
                "7",
                "/a.wav",
                FailureReason.ENGINE_ERROR,
                "boom",
                "e",
                recording_id=recording_id,
            ),
        )
        assert [f.uri for f in failures_among(session, ["/x.wav"], [])] == ["/x.wav"]
        assert [f.uri for f in failures_among(session, [], [recording_id])] == ["/a.wav"]
        assert len(failures_among(session, ["/x.wav", "/a.wav"], [recording_id])) == 2
        assert failures_among(session, ["/other.wav"], [recording_id + 1]) == []


def test_forgiven_failures_are_tried_again(catalog: Catalog) -> None:
    with catalog.writing() as session:
        record_failure(session, BROKEN)
        assert forgive_failures(session, "not_audio") == 0
        assert forgive_failures(session, "truncated") == 1
        assert list_failures(session) == []
