"""Sources of audio, priorities of corpora, and what a run cost."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_V_RUNS = """
CREATE VIEW v_runs AS
SELECT e.run_id,
       e.stage,
       e.engine,
       e.checkpoint,
       e.revision,
       e.fingerprint,
       e.parameters,
       e.code_version,
       e.asrlab_version,
       e.host,
       e.started_at,
       e.finished_at,
       CASE e.stage WHEN 'align' THEN (SELECT COUNT(*) FROM alignments a WHERE a.run_id = e.run_id)
                    ELSE (SELECT COUNT(*) FROM transcripts t WHERE t.run_id = e.run_id) END AS num_results{figures}
FROM engine_runs e
"""
V_RUNS_BEFORE = _V_RUNS.format(figures="")
V_RUNS = _V_RUNS.format(
    figures=""",
       e.audio_seconds / 3600 AS audio_hours,
       e.wall_seconds,
       e.engine_seconds,
       e.peak_memory_bytes"""
)
V_SOURCES = """
CREATE VIEW v_sources AS
SELECT s.source_id,
       s.name,
       s.uri,
       s.include,
       s.corpus,
       s.sidecar,
       s.metadata,
       s.is_enabled,
       s.created_at,
       s.looked_at,
       s.state,
       s.message,
       s.num_found,
       s.num_new,
       s.num_failed
FROM sources s
"""
FIGURES = ("audio_seconds", "wall_seconds", "engine_seconds")


def upgrade() -> None:
    op.create_table(
        "sources",
        sa.Column("source_id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("include", sa.Text(), nullable=False),
        sa.Column("corpus", sa.Text(), nullable=False),
        sa.Column("sidecar", sa.Text(), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("num_found", sa.Integer(), nullable=False),
        sa.Column("num_new", sa.Integer(), nullable=False),
        sa.Column("num_failed", sa.Integer(), nullable=False),
        sa.UniqueConstraint("name", name="uq_sources_name"),
    )
    op.create_table(
        "corpora",
        sa.Column("corpus", sa.Text(), primary_key=True),
        sa.Column("priority", sa.Integer(), nullable=False),
    )
    for name in FIGURES:
        op.add_column("engine_runs", sa.Column(name, sa.Double(), nullable=False, server_default="0"))
    op.add_column("engine_runs", sa.Column("peak_memory_bytes", sa.BigInteger(), nullable=True))
    # What was done in the last minutes is asked for again and again.
    op.create_index("ix_transcripts_created_at", "transcripts", ["created_at"])
    op.create_index("ix_alignments_created_at", "alignments", ["created_at"])
    op.execute("DROP VIEW v_runs")
    op.execute(V_RUNS)
    op.execute(V_SOURCES)


def downgrade() -> None:
    op.execute("DROP VIEW v_sources")
    op.execute("DROP VIEW v_runs")
    op.drop_index("ix_alignments_created_at", "alignments")
    op.drop_index("ix_transcripts_created_at", "transcripts")
    op.drop_column("engine_runs", "peak_memory_bytes")
    for name in reversed(FIGURES):
        op.drop_column("engine_runs", name)
    op.drop_table("corpora")
    op.drop_table("sources")
    op.execute(V_RUNS_BEFORE)
