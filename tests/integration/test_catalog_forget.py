"""Forgetting: nothing of what goes is left in any table, and nothing else goes; on both databases."""

import pytest
import sqlalchemy as sa

from asrlab.catalog import Catalog
from asrlab.catalog.alignments import NewAlignment, add_alignment, transcripts_to_align
from asrlab.catalog.failures import FailedItem, record_failure
from asrlab.catalog.forget import Doomed, forget, is_forgotten, of_speaker, releases_that_hold
from asrlab.catalog.releases import (
    NewExport,
    NewRelease,
    ReleasedRecording,
    ReleaseItem,
    find_release,
    released_texts,
    seal,
)
from asrlab.catalog.schema import Base, RecordingRow, ReviewRow, SegmentRow
from asrlab.catalog.values import utc_now
from asrlab.domain.labels import AlignedWord
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import TimeSpan
from tests.factories import add_recording, add_run, add_segments, add_text, new_file


@pytest.fixture
def two_recordings(catalog: Catalog) -> Catalog:
    """Two recordings with two texts each, aligned, reviewed, failed at once, and in a release."""
    with catalog.writing() as session:
        run = add_run(session)
        for number in (1, 2):
            recording_id = add_recording(session, f"/audio/{number}.wav")
            segments = add_segments(session, recording_id, [(0.0, 4.0), (5.0, 9.0)])
            for segment in segments:
                add_text(session, segment, run, f"secret {segment.segment_id}")
                (pending,) = transcripts_to_align(session, "aligner", [segment.segment_id])
                word = AlignedWord("secret", TimeSpan(0.5, 1.0), 0.9)
                add_alignment(session, NewAlignment(pending, run, "aligner", (word,)))
                session.add(
                    ReviewRow(
                        transcript_id=pending.transcript_id,
                        reviewer="ana",
                        verdict="accepted",
                        created_at=utc_now(),
                    )
                )
            uri = f"/audio/{number}.wav"
            record_failure(
                session,
                FailedItem(
                    "transcribe",
                    str(segments[0].segment_id),
                    uri,
                    FailureReason.ENGINE_ERROR,
                    "broke",
                    recording_id=recording_id,
                    segment_id=segments[0].segment_id,
                ),
            )
        export = NewExport("nemo", "/out", "{}", 4, 16.0, "0")
        recordings = [
            ReleasedRecording(number, f"/audio/{number}.wav", "default", None, "{}") for number in (1, 2)
        ]
        items = [ReleaseItem(number, None, "", None, None, "") for number in (1, 2, 3, 4)]
        seal(session, NewRelease("v1", export, b"", ("",), (), "0"), recordings, items)
    return catalog


def rows_left(catalog: Catalog) -> dict[str, int]:
    with catalog.reading() as session:
        return {
            table.name: session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in Base.metadata.sorted_tables
        }


def test_half_of_everything_goes_with_one_of_two_recordings(two_recordings: Catalog) -> None:
    before = rows_left(two_recordings)
    counts = forget(two_recordings, Doomed((1,)))
    assert counts == {"texts": 2, "segments": 2, "recordings": 1}
    after = rows_left(two_recordings)
    kept = {
        "engine_runs",
        "releases",
        "forgotten",
        "leases",
        "sources",
        "corpora",
        "memory_ceilings",
        "exports",
    }
    # Their words are all the same but for a number.
    halved = {name: count // 2 for name, count in before.items() if name not in kept | {"transcript_terms"}}
    assert {name: after[name] for name in halved} == halved
    assert after["transcript_terms"] < before["transcript_terms"]
    with two_recordings.reading() as session:
        assert is_forgotten(session, new_file("/audio/1.wav").content_hash)
        assert not is_forgotten(session, new_file("/audio/2.wav").content_hash)


def test_a_release_knows_what_it_lost(two_recordings: Catalog) -> None:
    with two_recordings.reading() as session:
        assert releases_that_hold(session, Doomed((1,))) == {"v1": 2}
    forget(two_recordings, Doomed((1,)))
    with two_recordings.reading() as session:
        release = find_release(session, "v1")
        assert release is not None
        assert release.num_forgotten == 2
        assert [each.text for each in released_texts(session, release.release_id).values()] == [
            "secret 3",
            "secret 4",
        ]


def test_what_was_forgotten_is_in_no_byte_of_the_file(two_recordings: Catalog) -> None:
    if two_recordings.engine.dialect.name != "sqlite":
        pytest.skip(reason="of a database that is one file")
    forget(two_recordings, Doomed((1, 2)))
    database = str(two_recordings.engine.url.database)
    for suffix in ("", "-wal"):
        try:
            with open(database + suffix, "rb") as file:
                assert b"secret" not in file.read()
        except FileNotFoundError:
            assert suffix


def test_a_person_who_speaks_alone_takes_the_recording_along(two_recordings: Catalog) -> None:
    with two_recordings.writing() as session:
        session.execute(sa.update(RecordingRow).where(RecordingRow.recording_id == 2).values(speaker="bo"))
    with two_recordings.reading() as session:
        assert of_speaker(session, "bo") == Doomed((2,))
        assert of_speaker(session, "nobody") == Doomed(())


def test_a_person_among_others_takes_what_is_theirs_however_it_was_cut(two_recordings: Catalog) -> None:
    """Bo 0–4, ana 5–9; cut otherwise without names: 0–2, 2–6, 6–9: the first two hold bo's words."""
    with two_recordings.writing() as session:
        for segment_id, speaker in ((1, "bo"), (2, "ana")):
            session.execute(
                sa.update(SegmentRow).where(SegmentRow.segment_id == segment_id).values(speaker=speaker)
            )
        segments = add_segments(session, 1, [(0.0, 2.0), (2.0, 6.0), (6.0, 9.0)], "otherwise")
    with two_recordings.reading() as session:
        doomed = of_speaker(session, "bo")
    assert doomed == Doomed((), (1, segments[0].segment_id, segments[1].segment_id))
    forget(two_recordings, doomed)
    with two_recordings.reading() as session:
        left = session.scalars(sa.select(SegmentRow.segment_id).where(SegmentRow.recording_id == 1)).all()
        assert sorted(left) == [2, segments[2].segment_id]
        assert not is_forgotten(session, new_file("/audio/1.wav").content_hash)
