"""The views people query; the same columns and values on SQLite and PostgreSQL."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Where a recording is now; when no file holds its bytes any more, where it was last.
V_RECORDINGS = """
CREATE VIEW v_recordings AS
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
        WHERE f.recording_id = r.recording_id AND f.superseded_at IS NULL) AS num_files
FROM recordings r
"""

# The segments of today: of the active segmentation, not superseded by a later edit.
V_SEGMENTS = """
CREATE VIEW v_segments AS
SELECT s.segment_id,
       s.recording_id,
       s.channel,
       CAST(s.start_ms AS DOUBLE PRECISION) / 1000 AS start_s,
       CAST(s.end_ms AS DOUBLE PRECISION) / 1000 AS end_s,
       s.speaker,
       g.segmentation_id,
       g.recipe,
       s.content_hash
FROM segments s
JOIN segmentations g ON g.segmentation_id = s.segmentation_id
WHERE g.is_active AND s.superseded_by IS NULL
"""

V_TRANSCRIPTS = """
CREATE VIEW v_transcripts AS
SELECT t.transcript_id,
       t.segment_id,
       s.recording_id,
       r.uri,
       t.version,
       t.parent_id,
       t.origin,
       e.engine,
       e.checkpoint,
       t.run_id,
       t.author,
       t.language,
       t.text,
       t.raw_text,
       t.confidence,
       t.finish_reason,
       t.flags,
       t.created_at,
       t.engine_language
FROM transcripts t
JOIN segments s ON s.segment_id = t.segment_id
JOIN v_recordings r ON r.recording_id = s.recording_id
LEFT JOIN engine_runs e ON e.run_id = t.run_id
"""

# The one rule of what counts: human beats import beats consensus beats engine, newest first; only segments
# of today, only recordings whose bytes still lie where they were found.
V_CURRENT = """
CREATE VIEW v_current AS
SELECT t.transcript_id,
       t.segment_id,
       s.recording_id,
       r.uri,
       t.version,
       t.parent_id,
       t.origin,
       e.engine,
       e.checkpoint,
       t.run_id,
       t.author,
       t.language,
       t.text,
       t.raw_text,
       t.confidence,
       t.finish_reason,
       t.flags,
       t.created_at,
       t.engine_language,
       s.start_s,
       s.end_s,
       s.channel,
       s.speaker,
       r.corpus,
       (SELECT w.verdict FROM reviews w WHERE w.transcript_id = t.transcript_id
        ORDER BY w.review_id DESC LIMIT 1) AS verdict
FROM v_segments s
JOIN v_recordings r ON r.recording_id = s.recording_id
JOIN transcripts t ON t.transcript_id = (
    SELECT c.transcript_id FROM transcripts c WHERE c.segment_id = s.segment_id
    ORDER BY CASE c.origin WHEN 'human' THEN 0 WHEN 'import' THEN 1 WHEN 'consensus' THEN 2 ELSE 3 END,
             c.version DESC
    LIMIT 1)
LEFT JOIN engine_runs e ON e.run_id = t.run_id
WHERE r.num_files > 0
"""

# A transcript aligned twice shows the newer times only.
V_WORDS = """
CREATE VIEW v_words AS
SELECT a.transcript_id,
       t.segment_id,
       s.recording_id,
       w.position,
       w.word,
       CAST(w.start_ms AS DOUBLE PRECISION) / 1000 AS start_s,
       CAST(w.end_ms AS DOUBLE PRECISION) / 1000 AS end_s,
       w.score,
       w.flags,
       w.confidence,
       a.run_id
FROM words w
JOIN alignments a ON a.alignment_id = w.alignment_id
JOIN transcripts t ON t.transcript_id = a.transcript_id
JOIN segments s ON s.segment_id = t.segment_id
WHERE a.alignment_id = (SELECT MAX(b.alignment_id) FROM alignments b WHERE b.transcript_id = a.transcript_id)
"""

V_RUNS = """
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
       (SELECT COUNT(*) FROM transcripts t WHERE t.run_id = e.run_id)
         + (SELECT COUNT(*) FROM alignments a WHERE a.run_id = e.run_id) AS num_results
FROM engine_runs e
"""

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
       f.last_failed_at
FROM failures f
WHERE f.resolved_at IS NULL
"""

VIEWS = {
    "v_recordings": V_RECORDINGS,
    "v_segments": V_SEGMENTS,
    "v_transcripts": V_TRANSCRIPTS,
    "v_current": V_CURRENT,
    "v_words": V_WORDS,
    "v_runs": V_RUNS,
    "v_failures": V_FAILURES,
}


def upgrade() -> None:
    for statement in VIEWS.values():
        op.execute(statement)


def downgrade() -> None:
    for name in reversed(VIEWS):
        op.execute(f"DROP VIEW {name}")
