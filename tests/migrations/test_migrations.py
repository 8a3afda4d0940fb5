"""The schema's history: up and down with rows in it, on both databases, equal to the ORM at its head."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from asrlab.catalog import Catalog, open_catalog
from asrlab.catalog.database import current_revision
from asrlab.catalog.migrate import alembic_config, downgrade, upgrade
from asrlab.catalog.query import run_query
from asrlab.catalog.schema import Base
from asrlab.catalog.version import HEAD_REVISION
from asrlab.errors import CatalogError
from tests.factories import labeled_catalog

# What others rely on: SQL written against an older asrlab must run on a newer one.
VIEW_COLUMNS = {
    "v_recordings": "recording_id uri corpus content_hash duration sampling_rate num_channels metadata ingested_at "
    "language context speaker license",
    "v_segments": "segment_id recording_id channel start_s end_s speaker language context metadata",
    "v_metadata": "recording_id segment_id name value",
    "v_transcripts": "transcript_id segment_id recording_id uri version parent_id origin engine checkpoint run_id "
    "author language text raw_text confidence finish_reason flags created_at",
    "v_current": "transcript_id segment_id recording_id uri version parent_id origin engine checkpoint run_id "
    "author language text raw_text confidence finish_reason flags created_at start_s end_s corpus verdict",
    "v_words": "transcript_id segment_id recording_id position word start_s end_s score flags",
    "v_runs": "run_id stage engine checkpoint revision fingerprint parameters started_at finished_at "
    "num_results audio_hours wall_seconds engine_seconds peak_memory_bytes",
    "v_sources": "source_id name uri include corpus sidecar metadata is_enabled created_at looked_at state message "
    "num_found num_new num_failed",
    "v_releases": "release_id name format created_at options num_utterances hours num_transcripts num_forgotten",
    "v_release_items": "release_id release transcript_id segment_id recording_id split text",
    "v_exports": "export_id release format folder created_at options num_utterances hours lock_sha256",
    "v_reviews": "review_id transcript_id segment_id recording_id reviewer verdict reason created_at withdrawn_at",
    "v_review_queue": "segment_id recording_id uri corpus start_s end_s channel speaker language transcript_id text "
    "confidence flags claimed_by",
    "v_review_acts": "act_id segment_id recording_id transcript_id review_id person kind seconds audio_s detail "
    "created_at undone_at",
    "v_failures": "stage reason message uri attempts",
}


def test_there_is_one_head_and_the_code_knows_it() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [HEAD_REVISION]


def test_the_migrated_schema_is_the_one_the_code_works_with(catalog: Catalog) -> None:
    with catalog.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_going_down_one_revision_and_up_again_keeps_every_row(catalog: Catalog) -> None:
    labeled_catalog(catalog)
    before = run_query(catalog, "SELECT * FROM v_current ORDER BY start_s")
    downgrade(catalog, "0001")
    assert current_revision(catalog) == "0001"
    upgrade(catalog)
    assert run_query(catalog, "SELECT * FROM v_current ORDER BY start_s") == before


def test_going_down_to_nothing_leaves_nothing(catalog: Catalog) -> None:
    labeled_catalog(catalog)
    downgrade(catalog, "base")
    with catalog.engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]
        assert sa.inspect(connection).get_view_names() == []


@pytest.mark.parametrize("view", VIEW_COLUMNS)
def test_the_views_keep_the_columns_others_rely_on(catalog: Catalog, view: str) -> None:
    columns = run_query(catalog, f"SELECT * FROM {view}").columns
    assert set(VIEW_COLUMNS[view].split()) <= set(columns)


def test_an_older_catalog_is_refused_with_the_command_that_mends_it(
    catalog: Catalog, catalog_url: str
) -> None:
    downgrade(catalog, "0001")
    with pytest.raises(CatalogError, match="asrlab init"):
        open_catalog(catalog_url)
    open_catalog(catalog_url, upgrade_schema=True).close()
    open_catalog(catalog_url).close()


def test_a_catalog_of_a_newer_asrlab_is_refused(catalog: Catalog, catalog_url: str) -> None:
    with catalog.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(CatalogError, match="newer asrlab"):
        open_catalog(catalog_url)
    with pytest.raises(CatalogError, match="newer asrlab"):
        open_catalog(catalog_url, upgrade_schema=True)


def test_a_database_with_other_tables_is_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'other.db'}"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE recordings (title TEXT)"))
    engine.dispose()
    with pytest.raises(CatalogError, match="other tables"):
        open_catalog(url)


@pytest.mark.parametrize(
    "url", ["mysql://host/db", "nonsense://", "sqlite://", "sqlite:///:memory:", "/nowhere/at/all.db", "/"]
)
def test_a_url_that_names_no_catalog_is_one_clear_line(url: str) -> None:
    with pytest.raises(CatalogError) as raised:
        open_catalog(url)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("this is no database, and it is long enough to be seen as none\n" * 50)
    with pytest.raises(CatalogError, match="can't open"):
        open_catalog(str(path))
    assert path.read_text().startswith("this is no database")
