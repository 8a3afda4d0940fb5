"""v_failures shows what can't be labeled today, and of which item and fingerprint each failure is."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# A failure of a segment of another segmentation, or of a text that no longer counts, is nobody's any more.
V_FAILURES = """
CREATE VIEW v_failures AS
SELECT f.failure_id,
       f.stage,
       f.reason,
       f.message,
       f.uri,
       f.attempts,
       f.recording_id,
       f.segment_id,
       f.first_failed_at,
       f.last_failed_at,
       f.item,
       f.fingerprint
FROM failures f
WHERE f.resolved_at IS NULL
  AND (f.segment_id IS NULL OR EXISTS (
      SELECT 1 FROM v_segments s WHERE s.segment_id = f.segment_id))
  AND (f.stage <> 'align' OR f.item = (
      SELECT CAST(c.transcript_id AS TEXT) FROM transcripts c WHERE c.segment_id = f.segment_id
      ORDER BY CASE c.origin WHEN 'human' THEN 0 WHEN 'import' THEN 1 WHEN 'consensus' THEN 2 ELSE 3 END,
               c.version DESC
      LIMIT 1))
"""

V_FAILURES_BEFORE = """
CREATE VIEW v_failures AS
SELECT f.failure_id,
       f.stage,
       f.reason,
       f.message,
       f.uri,
       f.attempts,
       f.recording_id,
       f.segment_id,
       f.first_failed_at,
       f.last_failed_at
FROM failures f
WHERE f.resolved_at IS NULL
"""


def upgrade() -> None:
    op.execute("DROP VIEW v_failures")
    op.execute(V_FAILURES)


def downgrade() -> None:
    op.execute("DROP VIEW v_failures")
    op.execute(V_FAILURES_BEFORE)
