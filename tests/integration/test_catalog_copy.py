"""A catalog copied from one database to the other is the same catalog."""

import pytest
import sqlalchemy as sa

from asrlab.catalog import Catalog, open_catalog
from asrlab.catalog.alignments import NewAlignment, add_alignment, transcripts_to_align
from asrlab.catalog.copy import copy_catalog
from asrlab.catalog.failures import FailedItem, record_failure
from asrlab.catalog.leases import claim
from asrlab.catalog.owner import this_process
from asrlab.catalog.query import run_query
from asrlab.catalog.schema import Base, LeaseRow, SegmentRow
from asrlab.domain.labels import AlignedWord
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import TimeSpan
from asrlab.errors import CatalogError
from tests.factories import add_recording, add_run, labeled_catalog

VIEWS = (
    "v_recordings",
    "v_metadata",
    "v_segments",
    "v_transcripts",
    "v_current",
    "v_words",
    "v_runs",
    "v_sources",
    "v_failures",
)


@pytest.fixture
def full(catalog: Catalog) -> Catalog:
    """A catalog with something in every table that is filled today, and a segment that points at a later one."""
    _recording_id, (first, second) = labeled_catalog(catalog)
    with catalog.writing() as session:
        (text, _other) = transcripts_to_align(session, "aligner", [first.segment_id, second.segment_id])
        words = (
            AlignedWord("hello", TimeSpan(0.1, 0.4), 0.5),
            AlignedWord("world", TimeSpan(0.5, 0.9), None),
        )
        add_alignment(session, NewAlignment(text, add_run(session, "align"), "aligner", words))
        failed = FailedItem("ingest", "/x.wav", "/x.wav", FailureReason.TRUNCATED, "ü 'quoted' \n")
        record_failure(session, failed)
        claim(session, "align", "a", [1], this_process())
        session.execute(
            sa.update(SegmentRow)
            .where(SegmentRow.segment_id == first.segment_id)
            .values(superseded_by=second.segment_id)
        )
    return catalog


def dump(catalog: Catalog) -> dict[str, list[tuple[object, ...]]]:
    with catalog.reading() as session:
        return {
            table.name: [tuple(row) for row in session.execute(sa.select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
            if table is not LeaseRow.__table__
        }


def test_every_row_and_every_view_is_the_same(full: Catalog, empty_database_url: str) -> None:
    target = open_catalog(empty_database_url)
    try:
        told: dict[str, int] = {}
        rows = copy_catalog(full, target, told.__setitem__)
        assert dump(target) == dump(full)
        # Triggers wrote the target's rows of review_items.
        copied = [rows for name, rows in dump(full).items() if name != "review_items"]
        assert rows == sum(told.values()) == sum(map(len, copied)) > 0
        assert told["segments"] == told["words"] == 2
        for view in VIEWS:
            statement = f"SELECT * FROM {view}"
            assert sorted(map(str, run_query(target, statement).rows)) == sorted(
                map(str, run_query(full, statement).rows)
            )
        assert run_query(target, "SELECT * FROM leases").rows == ()
        # Work goes on in the copy: new ids follow the old.
        with target.writing() as session:
            assert add_recording(session, "/new.wav") > max(row[0] for row in dump(full)["recordings"])
    finally:
        target.close()


def test_a_catalog_that_holds_something_is_not_copied_into(full: Catalog, empty_database_url: str) -> None:
    target = open_catalog(empty_database_url)
    try:
        with target.writing() as session:
            add_recording(session)
        before = dump(target)
        with pytest.raises(CatalogError, match="holds recordings already"):
            copy_catalog(full, target)
        assert dump(target) == before
    finally:
        target.close()
