"""What manifests say of recordings and segments: language, context, speaker, license, and any other column."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

RECORDING_COLUMNS = ("language", "context", "speaker", "license")
SEGMENT_COLUMNS = ("language", "context")

_V_RECORDINGS = """
SELECT r.recording_id,
       (SELECT f.uri FROM recording_files f WHERE f.recording_id = r.recording_id
        ORDER BY CASE WHEN f.superseded_at IS NULL THEN 0 ELSE 1 END, f.file_id LIMIT 1) AS uri,
       r.corpus,
       r.content_hash,
       CAST(r.num_samples AS DOUBLE PRECISION) / r.sampling_rate AS duration,
       r.sampling_rate,
       r.num_channels,
       r.metadata,
       r.ingested_at,
       r.container,
       r.codec,
       r.num_samples,
       (SELECT COUNT(*) FROM recording_files f
        WHERE f.recording_id = r.recording_id AND f.superseded_at IS NULL) AS num_files{more}
FROM recordings r
"""

_V_SEGMENTS = """
SELECT s.segment_id,
       s.recording_id,
       s.channel,
       CAST(s.start_ms AS DOUBLE PRECISION) / 1000 AS start_s,
       CAST(s.end_ms AS DOUBLE PRECISION) / 1000 AS end_s,
       {speaker} AS speaker,
       g.segmentation_id,
       g.recipe,
       s.content_hash{more}
FROM segments s
JOIN segmentations g ON g.segmentation_id = s.segmentation_id
JOIN recordings r ON r.recording_id = s.recording_id
WHERE g.is_active AND s.superseded_by IS NULL
"""

VIEWS = {
    "v_recordings": _V_RECORDINGS.format(more="".join(f",\n       r.{name}" for name in RECORDING_COLUMNS)),
    # What is said of a segment itself goes before what is said of its whole recording.
    "v_segments": _V_SEGMENTS.format(
        speaker="COALESCE(s.speaker, r.speaker)",
        more=",\n       COALESCE(s.language, r.language) AS language"
        ",\n       COALESCE(s.context, r.context) AS context,\n       s.metadata",
    ),
}
VIEWS_BEFORE = {
    "v_recordings": _V_RECORDINGS.format(more=""),
    "v_segments": _V_SEGMENTS.format(speaker="s.speaker", more=""),
}

# One row a value; segment_id is NULL for what is said of the whole recording.
V_METADATA = """
CREATE VIEW v_metadata AS
SELECT r.recording_id, CAST(NULL AS INTEGER) AS segment_id, m.key AS name, m.value
FROM recordings r, {values_of_recording} m
UNION ALL
SELECT s.recording_id, s.segment_id, m.key AS name, m.value
FROM v_segments s, {values_of_segment} m
"""
JSON_VALUES = {"sqlite": "json_each({})", "postgresql": "jsonb_each_text(CAST({} AS JSONB))"}


def upgrade() -> None:
    op.add_column("recording_files", sa.Column("etag", sa.Text(), nullable=False, server_default=""))
    # The digest tells whether what a manifest says was stored before.
    for name in (*RECORDING_COLUMNS, "references_digest"):
        op.add_column("recordings", sa.Column(name, sa.Text(), nullable=True))
    for name in SEGMENT_COLUMNS:
        op.add_column("segments", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("segments", sa.Column("metadata", sa.Text(), nullable=False, server_default="{}"))
    for name, query in VIEWS.items():
        if _dialect() == "sqlite":
            # Views of SQLite find each other by name when they are read.
            op.execute(f"DROP VIEW {name}")
        create = "CREATE VIEW" if _dialect() == "sqlite" else "CREATE OR REPLACE VIEW"
        op.execute(f"{create} {name} AS {query}")
    values = JSON_VALUES[_dialect()]
    op.execute(
        V_METADATA.format(
            values_of_recording=values.format("r.metadata"), values_of_segment=values.format("s.metadata")
        )
    )


def downgrade() -> None:
    op.execute("DROP VIEW v_metadata")
    dependent = _dependent_views()
    for name in reversed(dependent):
        op.execute(f"DROP VIEW {name}")
    for name in reversed(VIEWS_BEFORE):
        op.execute(f"DROP VIEW {name}")
    for name, query in {**VIEWS_BEFORE, **dependent}.items():
        op.execute(f"CREATE VIEW {name} AS {query}")
    for name in (*SEGMENT_COLUMNS, "metadata"):
        op.drop_column("segments", name)
    for name in (*RECORDING_COLUMNS, "references_digest"):
        op.drop_column("recordings", name)
    op.drop_column("recording_files", "etag")


def _dependent_views() -> dict[str, str]:
    """The views that PostgreSQL would drop with ours, in the order in which they can be made again."""
    if _dialect() == "sqlite":
        return {}
    names = ("v_transcripts", "v_current", "v_failures")
    connection = op.get_bind()
    return {
        name: connection.execute(
            sa.text("SELECT pg_get_viewdef(CAST(:name AS regclass))"), {"name": name}
        ).scalar_one()
        for name in names
    }


def _dialect() -> str:
    return op.get_bind().dialect.name
