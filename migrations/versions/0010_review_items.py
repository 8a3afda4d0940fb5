"""What queues ask of each segment, kept by triggers: a page of a queue is a walk along one index; counted edits.

The tables it is derived from are written in many places; a trigger holds for all of them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BY_TIME = ["corpus", "recording_id", "start_ms", "segment_id"]
# name → columns and the condition under which a row stands in it
INDEXES: dict[str, tuple[list[str], str | None]] = {
    "all": ([*BY_TIME, "language"], None),
    "open": ([*BY_TIME, "language", "confidence"], "verdict IS NULL"),
    "doubtful": (
        ["confidence", "segment_id", "corpus", "language"],
        "verdict IS NULL AND confidence IS NOT NULL",
    ),
    "flagged": ([*BY_TIME, "flags"], "verdict IS NULL AND flags <> ''"),
    "disagreement": (BY_TIME, "verdict IS NULL AND num_readings > 1"),
    "rejected": (BY_TIME, "verdict = 'rejected'"),
    "sample": (["sample_key", "segment_id", "corpus", "language", "reviewer"], None),
    "decided": (["sample_key", "segment_id", "reviewer"], "verdict IS NOT NULL"),
    "figures": (["corpus", "reviewer", "verdict", "transcript_id", "audio_ms"], "verdict IS NOT NULL"),
}
# Case, and the commonest marks: engines that differ in nothing else agree.
_BARE = "LOWER(REPLACE(REPLACE(REPLACE(REPLACE(e.text, '.', ''), ',', ''), '?', ''), '!', ''))"
# The rules of v_current for the text that counts and its verdict.
ITEMS = f"""
SELECT s.segment_id,
       s.recording_id,
       s.start_ms,
       s.end_ms - s.start_ms AS audio_ms,
       r.corpus,
       SUBSTR(s.content_hash, 1, 8) AS sample_key,
       t.transcript_id,
       t.language,
       t.confidence,
       t.flags,
       (SELECT COUNT(DISTINCT {_BARE}) FROM transcripts e
        WHERE e.segment_id = s.segment_id AND e.origin = 'engine') AS num_readings,
       w.verdict,
       w.reviewer
FROM segments s
JOIN segmentations g ON g.segmentation_id = s.segmentation_id
JOIN recordings r ON r.recording_id = s.recording_id
JOIN transcripts t ON t.transcript_id = (
    SELECT c.transcript_id FROM transcripts c WHERE c.segment_id = s.segment_id
    ORDER BY CASE c.origin WHEN 'human' THEN 0 WHEN 'import' THEN 1 WHEN 'consensus' THEN 2 ELSE 3 END,
             c.version DESC
    LIMIT 1)
LEFT JOIN reviews w ON w.review_id = (
    SELECT MAX(v.review_id) FROM reviews v WHERE v.transcript_id = t.transcript_id AND v.withdrawn_at IS NULL)
WHERE g.is_active AND s.superseded_by IS NULL
"""
COLUMNS = (
    "segment_id, recording_id, start_ms, audio_ms, corpus, sample_key, transcript_id, language, confidence, flags, "
    "num_readings, verdict, reviewer"
)
_OF_REVIEW = "SELECT x.segment_id FROM transcripts x WHERE x.transcript_id = NEW.transcript_id"
_OF_SEGMENTATION = "SELECT x.segment_id FROM segments x WHERE x.segmentation_id = NEW.segmentation_id"
# name → event, table, and the segments that it touches
TRIGGERS = {
    "review_items_text": ("INSERT", "transcripts", "SELECT NEW.segment_id"),
    "review_items_flags": ("UPDATE OF flags", "transcripts", "SELECT NEW.segment_id"),
    "review_items_verdict": ("INSERT", "reviews", _OF_REVIEW),
    "review_items_withdrawn": ("UPDATE OF withdrawn_at", "reviews", _OF_REVIEW),
    "review_items_superseded": ("UPDATE OF superseded_by", "segments", "SELECT NEW.segment_id"),
    "review_items_active": ("UPDATE OF is_active", "segmentations", _OF_SEGMENTATION),
}


def upgrade() -> None:
    op.create_index("ix_review_acts_person_act_id", "review_acts", ["person", "act_id"])
    op.create_table(
        "review_items",
        sa.Column("segment_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("recording_id", sa.Integer(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("audio_ms", sa.BigInteger(), nullable=False),
        sa.Column("corpus", sa.Text(), nullable=False),
        sa.Column("sample_key", sa.Text(), nullable=False),
        sa.Column("transcript_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("num_readings", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("reviewer", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["segment_id"], ["segments.segment_id"], name="fk_review_items_segment_id", ondelete="CASCADE"
        ),
    )
    op.execute(f"INSERT INTO review_items ({COLUMNS}) {ITEMS}")
    for name, (columns, where) in INDEXES.items():
        condition = None if where is None else sa.text(where)
        op.create_index(
            f"ix_review_items_{name}",
            "review_items",
            columns,
            sqlite_where=condition,
            postgresql_where=condition,
        )
    for name, (event, table, segments) in TRIGGERS.items():
        _create_trigger(name, event, table, segments)
    op.create_table(
        "review_edits",
        sa.Column("transcript_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("word_edits", sa.Integer(), nullable=False),
        sa.Column("characters", sa.Integer(), nullable=False),
        sa.Column("character_edits", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transcript_id"],
            ["transcripts.transcript_id"],
            name="fk_review_edits_transcript_id",
            ondelete="CASCADE",
        ),
    )


def _create_trigger(name: str, event: str, table: str, segments: str) -> None:
    renewal = (
        f"DELETE FROM review_items WHERE segment_id IN ({segments}); "
        f"INSERT INTO review_items ({COLUMNS}) {ITEMS} AND s.segment_id IN ({segments});"
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {renewal} END")
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {renewal} RETURN NULL; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def downgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for name, (_event, table, _segment) in TRIGGERS.items():
        op.execute(f"DROP TRIGGER {name}" + ("" if is_sqlite else f" ON {table}"))
        if not is_sqlite:
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("review_edits")
    op.drop_table("review_items")
    op.drop_index("ix_review_acts_person_act_id", "review_acts")
