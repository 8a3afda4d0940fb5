"""Figures over reviewing are sums along one index: the edits, the time and the engine stand beside what was decided.

How far a blind pass is from what it is compared with is counted once, like the edits of a decided text.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

COUNTS = ("words", "word_edits", "characters", "character_edits")
COLUMNS = ["corpus", "reviewer", "verdict", "engine", "audio_ms", *COUNTS, "seconds", "pass_audio_ms"]
BEFORE = (["corpus", "reviewer", "verdict", "transcript_id", "audio_ms"], "verdict IS NOT NULL")
_OF_EDITS = "FROM review_edits y WHERE y.transcript_id = review_items.transcript_id"
_OF_ACTS = "FROM review_acts a WHERE a.segment_id = review_items.segment_id"
_PASS_MS = "CASE WHEN {act}.kind IN ('second', 'gold') THEN {act}.audio_ms ELSE 0 END"
FILL = f"""
UPDATE review_items SET
    engine = (SELECT y.engine {_OF_EDITS}),
    {"".join(f"{name} = COALESCE((SELECT y.{name} {_OF_EDITS}), 0), " for name in COUNTS)}
    seconds = COALESCE((SELECT SUM(a.seconds) {_OF_ACTS}), 0),
    pass_audio_ms = COALESCE((SELECT SUM({_PASS_MS.format(act="a")}) {_OF_ACTS}), 0)
"""
ADD_EDITS = f"""
UPDATE review_items SET {"".join(f"{name} = NEW.{name}, " for name in COUNTS)} engine = NEW.engine
WHERE transcript_id = NEW.transcript_id
  AND segment_id = (SELECT x.segment_id FROM transcripts x WHERE x.transcript_id = NEW.transcript_id);
"""
ADD_TIME = f"""
UPDATE review_items
SET seconds = seconds + NEW.seconds, pass_audio_ms = pass_audio_ms + {_PASS_MS.format(act="NEW")}
WHERE segment_id = NEW.segment_id;
"""
# Triggers of 0010 make items anew; most have no verdict and no act, and nothing to look up.
_IS_TOUCHED = (
    "NEW.verdict IS NOT NULL OR EXISTS (SELECT 1 FROM review_acts b WHERE b.segment_id = NEW.segment_id)"
)
# name → table, condition, and what an inserted row does
TRIGGERS = {
    "review_items_figures": ("review_items", _IS_TOUCHED, f"{FILL} WHERE segment_id = NEW.segment_id;"),
    "review_items_edits": ("review_edits", None, ADD_EDITS),
    "review_items_time": ("review_acts", None, ADD_TIME),
}


def upgrade() -> None:
    op.add_column("review_items", sa.Column("engine", sa.Text(), nullable=True))
    for name in COUNTS:
        op.add_column("review_items", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.add_column("review_items", sa.Column("seconds", sa.Double(), nullable=False, server_default="0"))
    op.add_column(
        "review_items", sa.Column("pass_audio_ms", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.execute(FILL)
    _renew_index(COLUMNS, "verdict IS NOT NULL OR seconds > 0")
    for name, (table, condition, renewal) in TRIGGERS.items():
        _create_trigger(name, table, condition, renewal)
    for column, kind in (
        ("engine", sa.Text()),
        ("known_by", sa.Text()),
        ("words", sa.Integer()),
        ("word_edits", sa.Integer()),
    ):
        op.add_column("review_passes", sa.Column(column, kind, nullable=True))
    op.create_index("ix_review_acts_time", "review_acts", ["person", "kind", "seconds", "audio_ms"])


def _renew_index(columns: list[str], where: str) -> None:
    op.drop_index("ix_review_items_figures", "review_items")
    condition = sa.text(where)
    op.create_index(
        "ix_review_items_figures",
        "review_items",
        columns,
        sqlite_where=condition,
        postgresql_where=condition,
    )


def _create_trigger(name: str, table: str, condition: str | None, renewal: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        when = "" if condition is None else f"WHEN {condition}"
        op.execute(f"CREATE TRIGGER {name} AFTER INSERT ON {table} {when} BEGIN {renewal} END")
        return
    body = renewal if condition is None else f"IF {condition} THEN {renewal} END IF;"
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def downgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for name, (table, _condition, _renewal) in TRIGGERS.items():
        op.execute(f"DROP TRIGGER {name}" + ("" if is_sqlite else f" ON {table}"))
        if not is_sqlite:
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_index("ix_review_acts_time", "review_acts")
    _renew_index(*BEFORE)
    for column in ("engine", "known_by", "words", "word_edits"):
        op.drop_column("review_passes", column)
    for column in ("engine", *COUNTS, "seconds", "pass_audio_ms"):
        op.drop_column("review_items", column)
