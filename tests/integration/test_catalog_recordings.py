"""Recordings by content, files by place; on both databases."""

from asrlab.catalog import Catalog
from asrlab.catalog.query import run_query
from asrlab.catalog.recordings import (
    add_file,
    audio_sources,
    find_info,
    find_recordings,
    known_files,
    select_recording_ids,
    supersede_file,
)
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
