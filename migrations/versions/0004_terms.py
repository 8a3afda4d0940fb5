"""The terms of every text, for full-text search that is the same on both databases."""

import sqlalchemy as sa
from alembic import op

from asrlab.text.terms import terms

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TERM_MAX_CHARS = 100
TEXTS_AT_ONCE = 1_000


def upgrade() -> None:
    table = op.create_table(
        "transcript_terms",
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("transcript_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transcript_id"],
            ["transcripts.transcript_id"],
            name=op.f("fk_transcript_terms_transcript_id"),
        ),
        sa.PrimaryKeyConstraint("term", "transcript_id", name=op.f("pk_transcript_terms")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_transcript_terms_transcript_id"), "transcript_terms", ["transcript_id"])
    connection = op.get_bind()
    after = 0
    while texts := _texts(connection, after):
        rows = [
            {"term": term, "transcript_id": transcript_id}
            for transcript_id, text in texts
            for term in sorted({found.text[:TERM_MAX_CHARS] for found in terms(text)})
        ]
        if rows:
            op.bulk_insert(table, rows)
        after = texts[-1][0]


def _texts(connection: sa.Connection, after: int) -> list[tuple[int, str]]:
    rows = connection.execute(
        sa.text(
            "SELECT transcript_id, text FROM transcripts WHERE transcript_id > :after ORDER BY 1 LIMIT :n"
        ),
        {"after": after, "n": TEXTS_AT_ONCE},
    )
    return [(row[0], row[1]) for row in rows]


def downgrade() -> None:
    op.drop_table("transcript_terms")
