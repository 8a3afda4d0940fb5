"""What an export reads of a catalog, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog import Catalog
from asrlab.catalog.alignments import NewAlignment, add_alignment, transcripts_to_align
from asrlab.catalog.population import Population, population_sql
from asrlab.catalog.query import run_query
from asrlab.catalog.schema import ActivationRow, RecordingRow, ReviewRow, SegmentRow, TranscriptRow
from asrlab.catalog.selection import Criteria, SelectedRow, select_rows, words_of_alignments
from asrlab.catalog.transcripts import add_import_version
from asrlab.domain.labels import AlignedWord
from asrlab.domain.time import TimeSpan
from asrlab.errors import OptionError, QueryError
from tests.factories import add_recording, add_run, add_segments, add_text, labeled_catalog

THEN = datetime(2026, 1, 10, 12, tzinfo=UTC)
CURRENT = Population()
EVERYTHING = Criteria(verdict="any")


def rows(
    catalog: Catalog, criteria: Criteria = EVERYTHING, population: Population = CURRENT
) -> list[SelectedRow]:
    found = select_rows(catalog, population, criteria, words=True)
    return [SelectedRow._make(row) for rows in found for row in rows]


def texts(catalog: Catalog, criteria: Criteria = EVERYTHING, population: Population = CURRENT) -> list[str]:
    return [row.text for row in rows(catalog, criteria, population)]


def add_review(session: Session, transcript_id: int, verdict: str, at: datetime = THEN) -> None:
    session.add(ReviewRow(transcript_id=transcript_id, reviewer="ana", verdict=verdict, created_at=at))


def test_words_come_in_order_on_the_recordings_clock(catalog: Catalog) -> None:
    """0 [hello world] 4 -- 5 [good bye] 9.5: the second is aligned, to its own clock."""
    labeled_catalog(catalog)
    first, second = rows(catalog)
    with catalog.writing() as session:
        (pending,) = transcripts_to_align(session, "aligner", [second.segment_id])
        words = (
            AlignedWord("good", TimeSpan(0.5, 1.0), 0.9),
            AlignedWord("bye", TimeSpan(1.0, 1.75), None, ("interpolated", "mismatch")),
        )
        add_alignment(session, NewAlignment(pending, add_run(session, "align"), "aligner", words))
    first, second = rows(catalog)
    assert first.alignment_id is None
    assert second.alignment_id is not None
    with catalog.reading() as session:
        found = words_of_alignments(session, [second.alignment_id])
        assert words_of_alignments(session, []) == {}
    assert found == {
        second.alignment_id: [
            ("good", 5500, 6000, 0.9, ""),
            ("bye", 6000, 6750, None, "interpolated,mismatch"),
        ]
    }


def several_versions(catalog: Catalog) -> None:
    """Segments with an engine's, an imported and a person's text, cut twice, one recording without a place."""
    with catalog.writing() as session:
        for number in range(3):
            recording_id = add_recording(session, f"/audio/{number}.wav")
            add_segments(session, recording_id, [(0.0, 9.0)], "older")
            segments = add_segments(session, recording_id, [(0.0, 4.0), (4.0, 8.0), (8.0, 9.0)], "newer")
            first_run, second_run = add_run(session), add_run(session, fingerprint="other")
            for segment in segments:
                add_text(session, segment, first_run, f"first {segment.segment_id}")
                add_text(session, segment, second_run, f"second {segment.segment_id}", "other")
            add_import_version(session, segments[0].segment_id, "imported", author="x", language="en")
            session.add(
                TranscriptRow(
                    segment_id=segments[1].segment_id,
                    version=9,
                    origin="human",
                    author="ana",
                    text="a person's",
                    created_at=THEN,
                )
            )
        session.execute(
            sa.update(SegmentRow)
            .where(SegmentRow.segment_id == segments[2].segment_id)
            .values(superseded_by=segments[1].segment_id, superseded_at=THEN)
        )
        session.execute(
            sa.text("UPDATE recording_files SET superseded_at = ingested_at WHERE recording_id = 1")
        )


def test_the_current_population_is_the_view_in_every_column(catalog: Catalog) -> None:
    several_versions(catalog)
    view = run_query(catalog, "SELECT * FROM v_current ORDER BY segment_id")
    ours = run_query(
        catalog,
        f"WITH v_current AS ({population_sql(Population())}) "
        f"SELECT {', '.join(view.columns)} FROM v_current ORDER BY segment_id",
    )
    assert len(view.rows) == 5
    assert ours == view


def test_rows_come_by_content_hash_and_time(catalog: Catalog) -> None:
    several_versions(catalog)
    with catalog.reading() as session:
        hashes = dict(session.execute(sa.select(RecordingRow.recording_id, RecordingRow.content_hash)).all())
    found = [(hashes[row.recording_id], row.start_ms) for row in rows(catalog)]
    assert found == sorted(found)


@pytest.mark.parametrize(
    ("version", "wanted"),
    [
        ("current", {"imported", "a person's", "second"}),
        ("human", {"a person's"}),
        ("engine:fake", {"second"}),
        ("run:1", {"first"}),
        ("engine:other", set()),
    ],
)
def test_a_version_is_the_newest_of_its_kind(catalog: Catalog, version: str, wanted: set[str]) -> None:
    several_versions(catalog)
    with catalog.writing() as session:
        session.execute(sa.text("UPDATE recording_files SET superseded_at = NULL"))
    found = texts(catalog, population=Population(version))
    assert {text.rstrip("0123456789 ") for text in found} == wanted


@pytest.mark.parametrize("version", ["newest", "engine:", "run:x", "run:", ""])
def test_a_version_that_is_none_is_refused(version: str) -> None:
    with pytest.raises(OptionError, match="give current, human, engine:NAME, or run:ID"):
        population_sql(Population(version))


def test_a_name_with_a_quote_ends_no_string(catalog: Catalog) -> None:
    labeled_catalog(catalog)
    assert texts(catalog, population=Population("engine:o'brien' OR '1'='1")) == []
    assert texts(catalog, Criteria(corpus="o'brien")) == []


def test_as_of_tells_what_counted_then(catalog: Catalog) -> None:
    """January 10: cut in two, one corrected; January 20: cut anew, another text."""
    with catalog.writing() as session:
        recording_id = add_recording(session)
        older = add_segments(session, recording_id, [(0.0, 4.0), (4.0, 8.0)], "older")
        run = add_run(session)
        for segment in older:
            add_text(session, segment, run, f"old {segment.segment_id}")
        session.execute(sa.update(TranscriptRow).values(created_at=THEN))
        session.execute(sa.update(ActivationRow).values(activated_at=THEN))
        newer = add_segments(session, recording_id, [(0.0, 8.0)], "newer")
        add_text(session, newer[0], run, "new")
        corrected = TranscriptRow(
            segment_id=older[0].segment_id,
            version=2,
            origin="human",
            text="corrected",
            created_at=THEN + timedelta(days=1),
        )
        session.add(corrected)
    assert texts(catalog) == ["new"]
    assert texts(catalog, population=Population(as_of=THEN)) == ["old 1", "old 2"]
    assert texts(catalog, population=Population(as_of=THEN + timedelta(days=2))) == ["corrected", "old 2"]
    assert texts(catalog, population=Population(as_of=THEN - timedelta(microseconds=1))) == []


def test_what_a_person_rejected_is_left_out_unless_asked_for(catalog: Catalog) -> None:
    labeled_catalog(catalog)
    with catalog.writing() as session:
        add_review(session, 1, "accepted")
        add_review(session, 1, "rejected")
        add_review(session, 2, "accepted")
    assert texts(catalog, Criteria()) == ["good bye"]
    assert texts(catalog, Criteria(verdict="any")) == ["hello world", "good bye"]
    assert texts(catalog, Criteria(verdict="rejected")) == ["hello world"]
    assert texts(catalog, Criteria(verdict="reviewed")) == ["good bye"]
    with pytest.raises(OptionError, match="no verdict"):
        texts(catalog, Criteria(verdict="liked"))


def test_confidence_is_asked_of_engines_alone(catalog: Catalog) -> None:
    labeled_catalog(catalog)
    with catalog.writing() as session:
        add_import_version(session, 2, "said so", author="x", language=None)
        session.execute(sa.text("UPDATE transcripts SET confidence = 0.4 WHERE segment_id = 1"))
    assert texts(catalog, Criteria(min_confidence=0.5)) == ["said so"]
    assert texts(catalog, Criteria(min_confidence=0.3)) == ["hello world", "said so"]


def test_flags_are_asked_for_by_their_whole_names(catalog: Catalog) -> None:
    labeled_catalog(catalog)
    with catalog.writing() as session:
        session.execute(
            sa.update(TranscriptRow)
            .where(TranscriptRow.segment_id == 1)
            .values(flags="not_covered,truncated")
        )
    assert texts(catalog, Criteria(flags="none")) == ["good bye"]
    assert texts(catalog, Criteria(flags="truncated, empty")) == ["hello world"]
    assert texts(catalog, Criteria(flags="covered")) == []


def test_a_condition_holds_for_every_population(catalog: Catalog) -> None:
    several_versions(catalog)
    criteria = Criteria(where="start_s >= 4 AND uri LIKE '%2.wav'")
    assert texts(catalog, criteria) == ["a person's"]
    assert [text.split()[0] for text in texts(catalog, criteria, Population("engine:fake"))] == ["second"]


def test_a_condition_may_hold_brackets_and_a_comment(catalog: Catalog) -> None:
    labeled_catalog(catalog)
    assert texts(catalog, Criteria(where="text = 'a)(b' -- a comment")) == []


@pytest.mark.parametrize(
    "where", ["nonsense = 1", "1=1) OR (1=1", "(", "text = 'open", "1; DELETE FROM words"]
)
def test_a_bad_condition_is_refused(catalog: Catalog, where: str) -> None:
    labeled_catalog(catalog)
    with pytest.raises(QueryError):
        texts(catalog, Criteria(where=where))
