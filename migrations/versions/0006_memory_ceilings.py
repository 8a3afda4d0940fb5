"""What a model took on a device before its memory ran out; v_runs counts what its stage made."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
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
       {results} AS num_results
FROM engine_runs e
"""
_TRANSCRIPTS = "(SELECT COUNT(*) FROM transcripts t WHERE t.run_id = e.run_id)"
_ALIGNMENTS = "(SELECT COUNT(*) FROM alignments a WHERE a.run_id = e.run_id)"

# An engine that tells its words' times writes both, of one segment.
V_RUNS = _V_RUNS.format(results=f"CASE e.stage WHEN 'align' THEN {_ALIGNMENTS} ELSE {_TRANSCRIPTS} END")
V_RUNS_BEFORE = _V_RUNS.format(results=f"{_TRANSCRIPTS}\n         + {_ALIGNMENTS}")


def upgrade() -> None:
    op.create_table(
        "memory_ceilings",
        sa.Column("device", sa.Text(), primary_key=True),
        sa.Column("model", sa.Text(), primary_key=True),
        sa.Column("compute_type", sa.Text(), primary_key=True),
        sa.Column("batch_seconds", sa.Double(), nullable=False),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.execute("DROP VIEW v_runs")
    op.execute(V_RUNS)


def downgrade() -> None:
    op.execute("DROP VIEW v_runs")
    op.execute(V_RUNS_BEFORE)
    op.drop_table("memory_ceilings")
