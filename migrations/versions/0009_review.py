"""Review: people, what they did, their claims and blind passes, and the words of an edit that await alignment."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)

_V_CURRENT = """
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
       (SELECT w.verdict FROM reviews w WHERE w.transcript_id = t.transcript_id{in_force}
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
_V_WORDS = """
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
       {run_id} AS run_id
FROM words w
JOIN alignments a ON a.alignment_id = w.alignment_id
JOIN transcripts t ON t.transcript_id = a.transcript_id
JOIN segments s ON s.segment_id = t.segment_id
WHERE a.alignment_id = (SELECT MAX(b.alignment_id) FROM alignments b WHERE b.transcript_id = a.transcript_id)
"""
CHANGED = {
    "v_current": _V_CURRENT.format(in_force=" AND w.withdrawn_at IS NULL"),
    "v_words": _V_WORDS.format(run_id="COALESCE(w.run_id, a.run_id)"),
}
BEFORE = {"v_current": _V_CURRENT.format(in_force=""), "v_words": _V_WORDS.format(run_id="a.run_id")}

V_REVIEWS = """
CREATE VIEW v_reviews AS
SELECT w.review_id,
       w.transcript_id,
       t.segment_id,
       s.recording_id,
       w.reviewer,
       w.verdict,
       w.reason,
       w.created_at,
       w.withdrawn_at
FROM reviews w
JOIN transcripts t ON t.transcript_id = w.transcript_id
JOIN segments s ON s.segment_id = t.segment_id
"""
# What nobody has decided yet: the segments of today whose text bears no verdict.
V_REVIEW_QUEUE = """
CREATE VIEW v_review_queue AS
SELECT c.segment_id,
       c.recording_id,
       c.uri,
       c.corpus,
       c.start_s,
       c.end_s,
       c.channel,
       c.speaker,
       c.language,
       c.transcript_id,
       c.text,
       c.confidence,
       c.flags,
       (SELECT k.person FROM review_claims k
        WHERE k.segment_id = c.segment_id AND k.expires_at > CURRENT_TIMESTAMP) AS claimed_by
FROM v_current c
WHERE c.verdict IS NULL
"""
V_REVIEW_ACTS = """
CREATE VIEW v_review_acts AS
SELECT a.act_id,
       a.segment_id,
       s.recording_id,
       a.transcript_id,
       a.review_id,
       a.person,
       a.kind,
       a.seconds,
       CAST(a.audio_ms AS DOUBLE PRECISION) / 1000 AS audio_s,
       a.detail,
       a.created_at,
       a.undone_at
FROM review_acts a
JOIN segments s ON s.segment_id = a.segment_id
"""
NEW_VIEWS = {"v_reviews": V_REVIEWS, "v_review_queue": V_REVIEW_QUEUE, "v_review_acts": V_REVIEW_ACTS}
NEW_TABLES = ("people", "review_acts", "review_claims", "review_passes", "gold_items", "pending_spans")


def upgrade() -> None:
    _create_people()
    _create_acts()
    _create_passes()
    _create_pending_spans()
    op.add_column("reviews", sa.Column("withdrawn_at", TIME, nullable=True))
    # No foreign key: SQLite could not drop the column again, and runs are never deleted.
    op.add_column("words", sa.Column("run_id", sa.Integer(), nullable=True))
    _replace_views(CHANGED)
    for statement in NEW_VIEWS.values():
        op.execute(statement)


def _replace_views(views: dict[str, str]) -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for name, query in views.items():
        if is_sqlite:
            op.execute(f"DROP VIEW {name}")
        op.execute(f"{'CREATE VIEW' if is_sqlite else 'CREATE OR REPLACE VIEW'} {name} AS {query}")


def _create_people() -> None:
    op.create_table(
        "people",
        sa.Column("person", sa.Text(), primary_key=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("disabled_at", TIME, nullable=True),
        sa.CheckConstraint("role IN ('annotator', 'reviewer', 'admin')", name="ck_people_role"),
    )


def _create_acts() -> None:
    op.create_table(
        "review_acts",
        sa.Column("act_id", sa.Integer(), primary_key=True),
        sa.Column("segment_id", sa.Integer(), nullable=False),
        sa.Column("transcript_id", sa.Integer(), nullable=True),
        sa.Column("review_id", sa.Integer(), nullable=True),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("audio_ms", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("undone_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["segment_id"], ["segments.segment_id"], name="fk_review_acts_segment_id"),
        sa.ForeignKeyConstraint(
            ["transcript_id"], ["transcripts.transcript_id"], name="fk_review_acts_transcript_id"
        ),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.review_id"], name="fk_review_acts_review_id"),
    )
    for column in ("segment_id", "transcript_id", "created_at"):
        op.create_index(f"ix_review_acts_{column}", "review_acts", [column])
    op.create_table(
        "review_claims",
        sa.Column("segment_id", sa.Integer(), primary_key=True),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["segment_id"], ["segments.segment_id"], name="fk_review_claims_segment_id"),
    )
    op.create_index("ix_review_claims_person", "review_claims", ["person"])


def _create_passes() -> None:
    op.create_table(
        "review_passes",
        sa.Column("pass_id", sa.Integer(), primary_key=True),
        sa.Column("segment_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.UniqueConstraint("segment_id", "person", "kind", name="uq_review_passes_segment_id_person_kind"),
        sa.CheckConstraint("kind IN ('second', 'gold')", name="ck_review_passes_kind"),
        sa.ForeignKeyConstraint(["segment_id"], ["segments.segment_id"], name="fk_review_passes_segment_id"),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["transcripts.transcript_id"], name="fk_review_passes_parent_id"
        ),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.review_id"], name="fk_review_passes_review_id"),
    )
    op.create_table(
        "gold_items",
        sa.Column("segment_id", sa.Integer(), primary_key=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("added_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["segment_id"], ["segments.segment_id"], name="fk_gold_items_segment_id"),
    )


def _create_pending_spans() -> None:
    op.create_table(
        "pending_spans",
        sa.Column("transcript_id", sa.Integer(), nullable=False),
        sa.Column("first_word", sa.Integer(), nullable=False),
        sa.Column("num_words", sa.Integer(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("transcript_id", "first_word", name="pk_pending_spans"),
        sa.ForeignKeyConstraint(
            ["transcript_id"], ["transcripts.transcript_id"], name="fk_pending_spans_transcript_id"
        ),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    for name in reversed(NEW_VIEWS):
        op.execute(f"DROP VIEW {name}")
    _replace_views(BEFORE)
    op.drop_column("words", "run_id")
    op.drop_column("reviews", "withdrawn_at")
    for table in reversed(NEW_TABLES):
        op.drop_table(table)
