"""Releases and exports, when segmentations were active, and which audio was forgotten."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

V_RELEASES = """
CREATE VIEW v_releases AS
SELECT r.release_id,
       r.name,
       r.format,
       r.created_at,
       r.options,
       r.num_utterances,
       r.audio_seconds / 3600 AS hours,
       (SELECT COUNT(*) FROM release_items i WHERE i.release_id = r.release_id) AS num_transcripts,
       r.num_forgotten,
       r.asrlab_version
FROM releases r
"""
V_RELEASE_ITEMS = """
CREATE VIEW v_release_items AS
SELECT i.release_id,
       r.name AS release,
       i.transcript_id,
       t.segment_id,
       s.recording_id,
       i.split,
       t.text
FROM release_items i
JOIN releases r ON r.release_id = i.release_id
JOIN transcripts t ON t.transcript_id = i.transcript_id
JOIN segments s ON s.segment_id = t.segment_id
"""
V_EXPORTS = """
CREATE VIEW v_exports AS
SELECT e.export_id,
       r.name AS release,
       e.format,
       e.folder,
       e.created_at,
       e.options,
       e.num_utterances,
       e.audio_seconds / 3600 AS hours,
       e.lock_sha256,
       e.asrlab_version
FROM exports e
LEFT JOIN releases r ON r.release_id = e.release_id
"""
VIEWS = (V_RELEASES, V_RELEASE_ITEMS, V_EXPORTS)
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_releases()
    _create_exports()
    _create_activations()
    op.create_table(
        "forgotten",
        sa.Column("content_hash", sa.Text(), primary_key=True),
        sa.Column("forgotten_at", TIME, nullable=False),
    )
    op.add_column("segments", sa.Column("superseded_at", TIME, nullable=True))
    for view in VIEWS:
        op.execute(view)


def _create_releases() -> None:
    op.create_table(
        "releases",
        sa.Column("release_id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("num_utterances", sa.Integer(), nullable=False),
        sa.Column("audio_seconds", sa.Double(), nullable=False),
        sa.Column("splits", sa.LargeBinary(), nullable=False),
        sa.Column("split_names", sa.Text(), nullable=False),
        sa.Column("leaks", sa.Text(), nullable=False),
        sa.Column("manifest_sha256", sa.Text(), nullable=False),
        sa.Column("num_forgotten", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("asrlab_version", sa.Text(), nullable=False),
        sa.UniqueConstraint("name", name="uq_releases_name"),
    )
    op.create_table(
        "release_items",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("transcript_id", sa.Integer(), nullable=False),
        sa.Column("alignment_id", sa.Integer(), nullable=True),
        sa.Column("split", sa.Text(), nullable=False),
        sa.Column("speaker", sa.Text(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("release_id", "transcript_id", name="pk_release_items"),
        sa.ForeignKeyConstraint(["release_id"], ["releases.release_id"], name="fk_release_items_release_id"),
        sa.ForeignKeyConstraint(
            ["transcript_id"], ["transcripts.transcript_id"], name="fk_release_items_transcript_id"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_release_items_transcript_id", "release_items", ["transcript_id"])
    op.create_table(
        "release_recordings",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("recording_id", sa.Integer(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("corpus", sa.Text(), nullable=False),
        sa.Column("license", sa.Text(), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("release_id", "recording_id", name="pk_release_recordings"),
        sa.ForeignKeyConstraint(
            ["release_id"], ["releases.release_id"], name="fk_release_recordings_release_id"
        ),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.recording_id"], name="fk_release_recordings_recording_id"
        ),
        sqlite_with_rowid=False,
    )


def _create_exports() -> None:
    op.create_table(
        "exports",
        sa.Column("export_id", sa.Integer(), primary_key=True),
        sa.Column("release_id", sa.Integer(), nullable=True),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("num_utterances", sa.Integer(), nullable=False),
        sa.Column("audio_seconds", sa.Double(), nullable=False),
        sa.Column("lock_sha256", sa.Text(), nullable=False),
        sa.Column("asrlab_version", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["release_id"], ["releases.release_id"], name="fk_exports_release_id"),
    )


def _create_activations() -> None:
    op.create_table(
        "activations",
        sa.Column("activation_id", sa.Integer(), primary_key=True),
        sa.Column("recording_id", sa.Integer(), nullable=False),
        sa.Column("segmentation_id", sa.Integer(), nullable=False),
        sa.Column("activated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.recording_id"], name="fk_activations_recording_id"
        ),
        sa.ForeignKeyConstraint(
            ["segmentation_id"], ["segmentations.segmentation_id"], name="fk_activations_segmentation_id"
        ),
    )
    op.create_index("ix_activations_recording_id", "activations", ["recording_id"])
    # What was active between is not known of a catalog from before: each counts from when it was made.
    op.execute(
        "INSERT INTO activations (recording_id, segmentation_id, activated_at) "
        "SELECT recording_id, segmentation_id, created_at FROM segmentations "
        "ORDER BY CASE WHEN is_active THEN 1 ELSE 0 END, segmentation_id"
    )


def downgrade() -> None:
    for name in ("v_exports", "v_release_items", "v_releases"):
        op.execute(f"DROP VIEW {name}")
    op.drop_column("segments", "superseded_at")
    for table in ("forgotten", "activations", "exports", "release_recordings", "release_items", "releases"):
        op.drop_table(table)
