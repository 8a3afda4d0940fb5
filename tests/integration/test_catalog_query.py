"""A user's own SQL reads everything and changes nothing; on both databases."""

import shutil
import tempfile
from pathlib import Path

import pytest
import sqlalchemy as sa

from asrlab.catalog import Catalog
from asrlab.catalog.database import create_engine
from asrlab.catalog.query import REFUSAL, run_query
from asrlab.errors import QueryError
from tests.factories import labeled_catalog

WRITES = [
    "DELETE FROM recordings",
    "UPDATE transcripts SET text = 'x'",
    "INSERT INTO leases VALUES ('a', 'b', 1, 'c', '2020-01-01')",
    "DROP TABLE words",
    "CREATE TABLE mine (x INTEGER)",
    "DROP VIEW v_current",
    "VACUUM",
]


@pytest.mark.parametrize("statement", WRITES)
def test_a_write_is_refused(catalog: Catalog, statement: str) -> None:
    labeled_catalog(catalog)
    with pytest.raises(QueryError):
        run_query(catalog, statement)
    assert len(run_query(catalog, "SELECT * FROM v_current").rows) == 2


def test_a_write_inside_a_reading_statement_is_refused(catalog: Catalog) -> None:
    labeled_catalog(catalog)
    with pytest.raises(QueryError):
        run_query(catalog, "WITH gone AS (DELETE FROM words RETURNING 1) SELECT * FROM gone")


@pytest.mark.parametrize(
    "statement", ["SELECT 1; DELETE FROM recordings", "SELECT 1; SELECT 2", "COMMIT; DROP TABLE words"]
)
def test_one_statement_runs_and_no_second(catalog: Catalog, statement: str) -> None:
    with pytest.raises(QueryError):
        run_query(catalog, statement)


def test_a_superusers_copy_writes_no_file(postgres_url: str, tmp_path: Path) -> None:
    # Where anybody may write, so that nothing but the refusal keeps the file from being made.
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o777)
    target = folder / "copied"
    catalog = Catalog(postgres_url, create_engine(postgres_url))
    try:
        for statement in (
            f"COPY (SELECT 1) TO '{target}'",
            f"/* a */ COPY (SELECT 1) TO '{target}'",
            f"SELECT 1; COPY (SELECT 1) TO '{target}'",
            f"EXPLAIN SELECT 1; COPY (SELECT 1) TO '{target}'",
        ):
            with pytest.raises(QueryError):
                run_query(catalog, statement)
        assert not target.exists()
        assert run_query(catalog, "EXPLAIN SELECT 1").rows
    finally:
        catalog.close()
        shutil.rmtree(folder)


def test_a_query_is_planned_anew_however_often_it_is_asked(postgres_url: str) -> None:
    catalog = Catalog(postgres_url, create_engine(postgres_url))
    with catalog.reading() as session:
        for number in range(20):
            session.execute(sa.text("SELECT CAST(:number AS INTEGER)"), {"number": number})
        assert session.scalar(sa.text("SELECT COUNT(*) FROM pg_prepared_statements")) == 0
        assert session.scalar(sa.text("SHOW jit")) == "off"
    catalog.close()


def test_numbers_that_are_none_come_back(postgres_url: str) -> None:
    catalog = Catalog(postgres_url, create_engine(postgres_url))
    try:
        ((infinite, none),) = run_query(catalog, "SELECT 'Infinity'::numeric, 'NaN'::float").rows
    finally:
        catalog.close()
    assert infinite == float("inf")
    assert none != none


def test_bytes_that_are_no_text_are_refused(catalog: Catalog) -> None:
    with pytest.raises(QueryError, match="UTF-8"):
        run_query(catalog, "SELECT '\udcff'")


def test_the_refusal_says_what_to_do(catalog: Catalog) -> None:
    with pytest.raises(QueryError, match="only reads"):
        run_query(catalog, "DELETE FROM recordings")
    assert "SELECT" in REFUSAL


@pytest.mark.parametrize(
    "statement", ["", " ; ", "SELEC 1", "SELECT * FROM nowhere", "SELECT nothing FROM v_current"]
)
def test_a_wrong_query_is_one_line(catalog: Catalog, statement: str) -> None:
    with pytest.raises(QueryError) as raised:
        run_query(catalog, statement)
    assert "\n" not in str(raised.value)


def test_colons_and_percent_signs_are_the_users_own(catalog: Catalog) -> None:
    labeled_catalog(catalog)
    statement = "SELECT text, '12:30:00' AS at, ':name' AS colon FROM v_current WHERE text LIKE 'hello%'"
    assert run_query(catalog, statement).rows == (("hello world", "12:30:00", ":name"),)


def test_a_trailing_semicolon_and_comment_are_fine(catalog: Catalog) -> None:
    assert run_query(catalog, "SELECT 1 AS a; ").rows == ((1,),)
    assert run_query(catalog, "-- one\nSELECT 1 AS a").rows == ((1,),)


def test_both_databases_answer_with_the_same_plain_values(catalog: Catalog) -> None:
    labeled_catalog(catalog)
    table = run_query(
        catalog,
        "SELECT start_s, end_s, confidence, flags, metadata, created_at, s.segment_id IS NULL "
        "FROM v_current s JOIN v_recordings r ON r.recording_id = s.recording_id ORDER BY start_s",
    )
    first = table.rows[0]
    assert first[:5] == (0.0, 4.0, 0.5, "", "{}")
    assert isinstance(first[5], str)
    assert len(first[5]) == len("2026-01-01 00:00:00.000000")
