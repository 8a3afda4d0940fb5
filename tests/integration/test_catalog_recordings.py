"""Recordings by content, files by place; on both databases."""

from pathlib import Path

import pytest

from asrlab.catalog import Catalog, recordings
from asrlab.catalog.failures import FailedItem, list_failures, record_failure
from asrlab.catalog.query import run_query
from asrlab.catalog.recordings import (
    add_file,
    audio_sources,
    find_info,
    find_recordings,
    give_up_places,
    known_files,
    recordings_by_corpus,
    select_recording_ids,
    supersede_file,
)
from asrlab.domain.reasons import FailureReason
from tests.factories import add_recording, labeled_catalog, new_file


def test_the_same_bytes_twice_are_one_recording_in_two_places(catalog: Catalog) -> None:
    with catalog.writing() as session:
        first = add_file(session, new_file("/a.wav", content="same"))
        second = add_file(session, new_file("/b.wav", content="same"))
    assert first == second
    with catalog.reading() as session:
        assert {file.uri for file in known_files(session).values()} == {"/a.wav", "/b.wav"}
        assert find_info(session, new_file(content="same").content_hash) == new_file().info
    assert run_query(catalog, "SELECT recording_id, uri, num_files FROM v_recordings").rows == (
        (first, "/a.wav", 2),
    )


def test_adding_a_file_again_changes_nothing(catalog: Catalog) -> None:
    with catalog.writing() as session:
        first = add_file(session, new_file())
        assert add_file(session, new_file()) == first
    assert run_query(catalog, "SELECT COUNT(*) FROM recording_files").rows == ((1,),)


def test_other_bytes_at_the_same_place_supersede_the_old_recording(catalog: Catalog) -> None:
    with catalog.writing() as session:
        old = add_file(session, new_file("/a.wav", content="old"))
        new = add_file(session, new_file("/a.wav", content="new"))
    assert old != new
    with catalog.reading() as session:
        assert select_recording_ids(session) == [new]
        assert set(audio_sources(session, [old, new])) == {new}


def test_what_was_labeled_of_overwritten_audio_does_not_count_any_more(catalog: Catalog) -> None:
    labeled_catalog(catalog)
    assert len(run_query(catalog, "SELECT 1 FROM v_current").rows) == 2
    with catalog.writing() as session:
        supersede_file(session, "/audio/a.wav")
    assert run_query(catalog, "SELECT 1 FROM v_current").rows == ()
    assert len(run_query(catalog, "SELECT 1 FROM v_transcripts").rows) == 2


def test_a_recording_is_found_by_id_path_name_and_hash(catalog: Catalog) -> None:
    with catalog.writing() as session:
        recording_id = add_recording(session, "/audio/deep/a_b.wav")
        add_recording(session, "/audio/deep/axb.wav")
        content_hash = new_file("/audio/deep/a_b.wav").content_hash
        for name in (str(recording_id), "/audio/deep/a_b.wav", "a_b.wav", content_hash, content_hash[:12]):
            assert find_recordings(session, name) == [recording_id], name
        assert find_recordings(session, "b.wav") == []
        assert find_recordings(session, "99999") == []


def test_recordings_are_selected_by_corpus(catalog: Catalog) -> None:
    with catalog.writing() as session:
        first = add_recording(session, "/a.wav", corpus="one")
        second = add_recording(session, "/b.wav", corpus="two")
        assert select_recording_ids(session) == [first, second]
        assert select_recording_ids(session, "two") == [second]
        assert select_recording_ids(session, "three") == []


def test_more_recordings_than_a_statement_takes_values_are_looked_up(catalog: Catalog) -> None:
    with catalog.writing() as session:
        recording_id = add_recording(session)
    with catalog.reading() as session:
        assert set(audio_sources(session, range(70_000))) == {recording_id}


def test_a_file_that_was_moved_is_followed(catalog: Catalog, tmp_path: Path) -> None:
    there = tmp_path / "there.wav"
    there.write_bytes(b"audio")
    with catalog.writing() as session:
        first = add_file(session, new_file(str(tmp_path / "gone.wav"), content="same"))
        assert add_file(session, new_file(str(there), content="same")) == first
        assert audio_sources(session, [first])[first].uri == str(there)
    assert run_query(catalog, "SELECT uri, num_files FROM v_recordings").rows == ((str(there), 1),)


def test_a_place_is_kept_while_the_audio_is_nowhere_else(catalog: Catalog, tmp_path: Path) -> None:
    places = [str(tmp_path / name) for name in ("gone.wav", "gone_too.wav")]
    with catalog.writing() as session:
        for place in places:
            recording_id = add_file(session, new_file(place, content="same"))
        give_up_places(session, [recording_id])
        assert audio_sources(session, [recording_id])[recording_id].uri == places[0]
    assert run_query(catalog, "SELECT num_files FROM v_recordings").rows == ((2,),)


def test_audio_is_read_where_it_is_though_the_catalog_was_not_told(catalog: Catalog, tmp_path: Path) -> None:
    original, copy = tmp_path / "a.wav", tmp_path / "copy.wav"
    original.write_bytes(b"audio")
    copy.write_bytes(b"audio")
    with catalog.writing() as session:
        add_file(session, new_file(str(original), content="same"))
        recording_id = add_file(session, new_file(str(copy), content="same"))
        assert audio_sources(session, [recording_id])[recording_id].uri == str(original)
        original.unlink()
        assert audio_sources(session, [recording_id])[recording_id].uri == str(copy)
        give_up_places(session, [recording_id])
    assert run_query(catalog, "SELECT uri FROM v_recordings").rows == ((str(copy),),)


def test_a_place_that_another_process_gave_to_other_bytes_is_given_to_these(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    with catalog.writing() as session:
        old = add_file(session, new_file("/a.wav", content="old"))
        # As when the other process's row is committed after ours has looked for one to supersede.
        monkeypatch.setattr(recordings, "supersede_file", lambda *_arguments, **_options: None)
        new = add_file(session, new_file("/a.wav", content="new"))
        assert known_files(session)["/a.wav"].recording_id == new != old


def test_failures_of_a_recording_without_a_place_are_nobodys(catalog: Catalog) -> None:
    with catalog.writing() as session:
        recording_id = add_recording(session)
        for stage, reason in (("segment", FailureReason.CHANGED), ("transcribe", FailureReason.ENGINE_ERROR)):
            record_failure(
                session,
                FailedItem(stage, "1", "/audio/a.wav", reason, "…", "key", recording_id=recording_id),
            )
        # Read well again: only what was wrong with the place is mended.
        add_recording(session)
        assert [failure.stage for failure in list_failures(session)] == ["transcribe"]
        supersede_file(session, "/audio/a.wav")
        assert list_failures(session) == []


def test_a_recording_stays_in_the_corpus_it_was_first_put_in(catalog: Catalog) -> None:
    with catalog.writing() as session:
        first = add_file(session, new_file("/a.wav", content="same", corpus="one"))
        add_file(session, new_file("/b.wav", content="same", corpus="two"))
        assert select_recording_ids(session, "one") == [first]
        assert select_recording_ids(session, "two") == []
        assert recordings_by_corpus(session, [first]) == {"one": 1}
    assert run_query(catalog, "SELECT corpus FROM v_recordings").rows == (("one",),)
