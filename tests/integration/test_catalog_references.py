"""What manifests say of recordings, stored: metadata, segments, texts of origin import; on both databases."""

from asrlab.catalog import Catalog
from asrlab.catalog.query import run_query
from asrlab.catalog.references import RefusedReference, store_references, stored_digests
from asrlab.catalog.segments import activate_wanted, recordings_to_segment, segments_of_today
from asrlab.catalog.transcripts import TranscriptKey, segments_to_transcribe
from asrlab.domain.reference import Prompt, Reference
from tests.factories import add_recording, add_run, add_segments, add_text

CURRENT = (
    "SELECT start_s, end_s, text, version, origin, author, language, speaker FROM v_current ORDER BY start_s"
)


def said(start: float = 0.0, end: float | None = None, text: str | None = None, **more: object) -> Reference:
    return Reference("m.jsonl", more.pop("place", "m.jsonl:1"), start, end, text, **more)  # type: ignore[arg-type]


def store(catalog: Catalog, recording_id: int, *references: Reference) -> list[RefusedReference]:
    with catalog.writing() as session:
        return store_references(session, recording_id, references, "digest")


def recording(catalog: Catalog) -> int:
    """A recording of 10 s."""
    with catalog.writing() as session:
        return add_recording(session)


def test_the_text_of_a_whole_recording_is_its_one_segment(catalog: Catalog) -> None:
    one = recording(catalog)
    assert store(catalog, one, said(text="good day", prompt=Prompt("en"), speaker="ann")) == []
    assert run_query(catalog, CURRENT).rows == ((0.0, 10.0, "good day", 1, "import", "m.jsonl", "en", "ann"),)
    # A duration that is nearly the recording's is the recording's.
    assert store(catalog, one, said(0.0, 9.97, "good day", speaker="ann")) == []
    assert len(run_query(catalog, CURRENT).rows) == 1


def test_equal_texts_make_no_new_version_and_another_text_does(catalog: Catalog) -> None:
    one = recording(catalog)
    for text in ("good day", "good day", "good bye", "good day"):
        store(catalog, one, said(text=text))
    versions = "SELECT version, parent_id IS NULL, text FROM v_transcripts ORDER BY version"
    rows = [(int(row[0] or 0), bool(row[1]), row[2]) for row in run_query(catalog, versions).rows]
    assert rows == [(1, True, "good day"), (2, False, "good bye"), (3, False, "good day")]


def test_an_imported_text_counts_before_an_engines(catalog: Catalog) -> None:
    one = recording(catalog)
    store(catalog, one, said(text="good day"))
    with catalog.writing() as session:
        (segment,) = segments_of_today(session, [one])
        add_text(session, segment, add_run(session), "good night")
    assert run_query(catalog, CURRENT).rows[0][2:5] == ("good day", 1, "import")


def test_what_all_agree_on_is_said_of_the_recording_and_the_rest_of_segments(catalog: Catalog) -> None:
    one = recording(catalog)
    store(
        catalog,
        one,
        said(
            0,
            2,
            "a",
            speaker="ann",
            license="CC0",
            prompt=Prompt("en", "x"),
            metadata={"room": "1", "q": "9"},
        ),
        said(4, 6, "b", speaker="bob", license="CC0", prompt=Prompt("fr", "x"), metadata={"room": "1"}),
    )
    assert run_query(catalog, "SELECT language, context, speaker, license FROM v_recordings").rows == (
        (None, "x", None, "CC0"),
    )
    assert run_query(catalog, "SELECT speaker, language, context FROM v_segments ORDER BY start_s").rows == (
        ("ann", "en", "x"),
        ("bob", "fr", "x"),
    )
    assert run_query(
        catalog, "SELECT segment_id IS NULL AS whole, name, value FROM v_metadata ORDER BY name"
    ).rows in ((((0, "q", "9"), (1, "room", "1"))), ((False, "q", "9"), (True, "room", "1")))


def test_a_later_manifest_adds_and_takes_the_place_of_what_it_overlaps(catalog: Catalog) -> None:
    one = recording(catalog)
    store(catalog, one, said(0, 2, "a"), said(4, 6, "b"))
    store(catalog, one, said(5, 7, "c"), said(8, 9, "d"))
    texts = [(row[0], row[2]) for row in run_query(catalog, CURRENT).rows]
    assert texts == [(0.0, "a"), (5.0, "c"), (8.0, "d")]
    # And back again: the old interval takes its place, its text is there still.
    store(catalog, one, said(4, 6, "b"))
    texts = [(row[0], row[2]) for row in run_query(catalog, CURRENT).rows]
    assert texts == [(0.0, "a"), (4.0, "b"), (8.0, "d")]
    assert run_query(catalog, "SELECT COUNT(*) FROM v_transcripts").rows == ((4,),)


def test_speakers_who_talk_at_once_keep_their_own_segments(catalog: Catalog) -> None:
    one = recording(catalog)
    assert store(catalog, one, said(0, 3, "a", speaker="ann"), said(2, 5, "b", speaker="bob")) == []
    assert [row[2] for row in run_query(catalog, CURRENT).rows] == ["a", "b"]


def test_intervals_that_hold_no_audio_and_texts_that_differ_are_refused(catalog: Catalog) -> None:
    one = recording(catalog)
    refused = store(
        catalog,
        one,
        said(0, 2, "a", place="m:1"),
        said(0, 2, "other", place="m:2"),
        said(9, 12, "late", place="m:3"),
        said(20, 21, "later", place="m:4"),
        said(9.99999, 9.999991, "short", place="m:5"),
        said(text="all of it", place="m:6"),
    )
    assert [(found.reference.place, found.why.split(":")[0]) for found in refused] == [
        ("m:2", "another text stands for the same audio"),
        ("m:3", "the interval 9–12 s does not lie in the audio's 10.000 s"),
        ("m:4", "the interval 20–21 s does not lie in the audio's 10.000 s"),
        ("m:5", "the interval 9.99999–9.99999 s holds no audio"),
        ("m:6", "the text of the whole recording is left out, because others name intervals of it"),
    ]
    assert [row[2] for row in run_query(catalog, CURRENT).rows] == ["a"]
    with catalog.reading() as session:
        # It is to be told again, as long as it is so.
        assert stored_digests(session, [one]) == {one: None}


def test_metadata_alone_cuts_nothing(catalog: Catalog) -> None:
    one = recording(catalog)
    store(catalog, one, said(0.0, 10.0, metadata={"room": "1"}), said(metadata={"room": "1"}))
    store(catalog, one, said(metadata={"mic": "far"}))
    assert run_query(catalog, "SELECT COUNT(*) FROM v_segments").rows == ((0,),)
    assert run_query(catalog, "SELECT name, value FROM v_metadata ORDER BY name").rows == (
        ("mic", "far"),
        ("room", "1"),
    )
    with catalog.reading() as session:
        assert stored_digests(session, [one]) == {one: "digest"}
        assert recordings_to_segment(session, "recipe", 30.0, [one]) == [one]


def test_references_cut_a_recording_unless_they_are_longer_than_the_recipe_allows(catalog: Catalog) -> None:
    one = recording(catalog)
    store(catalog, one, said(0, 6, "a"))
    with catalog.writing() as session:
        assert recordings_to_segment(session, "recipe", 30.0, [one]) == []
        assert recordings_to_segment(session, "recipe", 6.0, [one]) == []
        assert recordings_to_segment(session, "recipe", 5.9, [one]) == [one]
        assert not activate_wanted(session, "recipe", 5.9, one)
        add_segments(session, one, [(0, 3), (3, 6)], "recipe")
        assert recordings_to_segment(session, "recipe", 5.9, [one]) == []
        # Where they fit again, they count again.
        assert recordings_to_segment(session, "recipe", 30.0, [one]) == [one]
        assert activate_wanted(session, "recipe", 30.0, one)
    assert [row[2] for row in run_query(catalog, CURRENT).rows] == ["a"]


def test_references_of_one_recording_are_none_of_its_neighbours(catalog: Catalog) -> None:
    with catalog.writing() as session:
        one, other = add_recording(session, "/audio/one.wav"), add_recording(session, "/audio/other.wav")
    store(catalog, one, said(0, 6, "a"))
    with catalog.writing() as session:
        assert recordings_to_segment(session, "recipe", 30.0, [one, other]) == [other]
        assert not activate_wanted(session, "recipe", 30.0, other)
        add_segments(session, other, [(0, 3)], "recipe")
        assert recordings_to_segment(session, "recipe", 30.0, [one, other]) == []


def test_a_recordings_own_prompt_is_part_of_the_key(catalog: Catalog) -> None:
    one = recording(catalog)
    store(catalog, one, said(0, 2, "a"), said(3, 5, "b", prompt=Prompt("fr", "names")))
    key = TranscriptKey("engine")
    with catalog.writing() as session:
        pending = segments_to_transcribe(session, key, [one])
        assert [segment.prompt for segment in pending] == [Prompt(), Prompt("fr", "names")]
        for segment in pending:
            add_text(session, segment, add_run(session), "heard", key.of(segment.prompt))
        assert segments_to_transcribe(session, key, [one]) == []
    store(catalog, one, said(0, 2, "a"), said(3, 5, "b", prompt=Prompt("de", "names")))
    with catalog.reading() as session:
        assert [s.prompt for s in segments_to_transcribe(session, key, [one])] == [Prompt("de", "names")]
