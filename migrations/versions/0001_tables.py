"""The tables of the catalog."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_engine_runs()
    create_leases()
    create_recordings()
    create_recording_files()
    create_segmentations()
    create_segments()
    create_failures()
    create_transcripts()
    create_alignments()
    create_reviews()
    create_words()


def downgrade() -> None:
    # An index goes with its table.
    op.drop_table("words")
    op.drop_table("reviews")
    op.drop_table("alignments")
    op.drop_table("transcripts")
    op.drop_table("failures")
    op.drop_table("segments")
    op.drop_table("segmentations")
    op.drop_table("recording_files")
    op.drop_table("recordings")
    op.drop_table("leases")
    op.drop_table("engine_runs")


def create_engine_runs() -> None:
    op.create_table(
        "engine_runs",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("checkpoint", sa.Text(), nullable=False),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("asrlab_version", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("run_id", name="pk_engine_runs"),
    )
    op.create_index("ix_engine_runs_fingerprint", "engine_runs", ["fingerprint"], unique=False)


def create_leases() -> None:
    op.create_table(
        "leases",
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("stage", "fingerprint", "item_id", name="pk_leases"),
    )
    op.create_index("ix_leases_owner", "leases", ["owner"], unique=False)


def create_recordings() -> None:
    op.create_table(
        "recordings",
        sa.Column("recording_id", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("container", sa.Text(), nullable=False),
        sa.Column("codec", sa.Text(), nullable=False),
        sa.Column("sampling_rate", sa.Integer(), nullable=False),
        sa.Column("num_channels", sa.Integer(), nullable=False),
        sa.Column("num_samples", sa.BigInteger(), nullable=False),
        sa.Column("corpus", sa.Text(), nullable=False),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("ingested_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("recording_id", name="pk_recordings"),
        sa.UniqueConstraint("content_hash", name="uq_recordings_content_hash"),
    )
    op.create_index("ix_recordings_corpus", "recordings", ["corpus"], unique=False)


def create_recording_files() -> None:
    op.create_table(
        "recording_files",
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("recording_id", sa.Integer(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("corpus", sa.Text(), nullable=False),
        sa.Column("ingested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.recording_id"], name="fk_recording_files_recording_id"
        ),
        sa.PrimaryKeyConstraint("file_id", name="pk_recording_files"),
    )
    op.create_index("ix_recording_files_recording_id", "recording_files", ["recording_id"], unique=False)
    op.create_index(
        "uq_recording_files_uri_live",
        "recording_files",
        ["uri"],
        unique=True,
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )


def create_segmentations() -> None:
    op.create_table(
        "segmentations",
        sa.Column("segmentation_id", sa.Integer(), nullable=False),
        sa.Column("recording_id", sa.Integer(), nullable=False),
        sa.Column("recipe", sa.Text(), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("speech_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.recording_id"], name="fk_segmentations_recording_id"
        ),
        sa.PrimaryKeyConstraint("segmentation_id", name="pk_segmentations"),
        sa.UniqueConstraint("recording_id", "fingerprint", name="uq_segmentations_recording_id_fingerprint"),
    )
    op.create_index(
        "uq_segmentations_active",
        "segmentations",
        ["recording_id"],
        unique=True,
        sqlite_where=sa.text("is_active"),
        postgresql_where=sa.text("is_active"),
    )


def create_segments() -> None:
    op.create_table(
        "segments",
        sa.Column("segment_id", sa.Integer(), nullable=False),
        sa.Column("segmentation_id", sa.Integer(), nullable=False),
        sa.Column("recording_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Integer(), nullable=True),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("speaker", sa.Text(), nullable=True),
        sa.Column("superseded_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("0 <= start_ms AND start_ms < end_ms", name="ck_segments_ordered"),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.recording_id"], name="fk_segments_recording_id"
        ),
        sa.ForeignKeyConstraint(
            ["segmentation_id"], ["segmentations.segmentation_id"], name="fk_segments_segmentation_id"
        ),
        sa.ForeignKeyConstraint(["superseded_by"], ["segments.segment_id"], name="fk_segments_superseded_by"),
        sa.PrimaryKeyConstraint("segment_id", name="pk_segments"),
        sa.UniqueConstraint(
            "segmentation_id", "content_hash", name="uq_segments_segmentation_id_content_hash"
        ),
    )
    op.create_index("ix_segments_recording_id", "segments", ["recording_id"], unique=False)


def create_failures() -> None:
    op.create_table(
        "failures",
        sa.Column("failure_id", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("recording_id", sa.Integer(), nullable=True),
        sa.Column("segment_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("stamp", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.recording_id"], name="fk_failures_recording_id"
        ),
        sa.ForeignKeyConstraint(["segment_id"], ["segments.segment_id"], name="fk_failures_segment_id"),
        sa.PrimaryKeyConstraint("failure_id", name="pk_failures"),
        sa.UniqueConstraint("stage", "item", "fingerprint", name="uq_failures_stage_item_fingerprint"),
    )
    op.create_index("ix_failures_recording_id", "failures", ["recording_id"], unique=False)
    op.create_index(
        "ix_failures_stage_fingerprint_segment_id",
        "failures",
        ["stage", "fingerprint", "segment_id"],
        unique=False,
    )


def create_transcripts() -> None:
    op.create_table(
        "transcripts",
        sa.Column("transcript_id", sa.Integer(), nullable=False),
        sa.Column("segment_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("engine_fingerprint", sa.Text(), nullable=True),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("engine_language", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("raw_text", sa.Text(), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("word_confidence", sa.Text(), nullable=False),
        sa.Column("finish_reason", sa.Text(), nullable=True),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "origin IN ('engine', 'human', 'import', 'consensus')", name="ck_transcripts_origin"
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["transcripts.transcript_id"], name="fk_transcripts_parent_id"
        ),
        sa.ForeignKeyConstraint(["run_id"], ["engine_runs.run_id"], name="fk_transcripts_run_id"),
        sa.ForeignKeyConstraint(["segment_id"], ["segments.segment_id"], name="fk_transcripts_segment_id"),
        sa.PrimaryKeyConstraint("transcript_id", name="pk_transcripts"),
        sa.UniqueConstraint(
            "segment_id", "engine_fingerprint", name="uq_transcripts_segment_id_engine_fingerprint"
        ),
        sa.UniqueConstraint("segment_id", "version", name="uq_transcripts_segment_id_version"),
    )
    op.create_index("ix_transcripts_run_id", "transcripts", ["run_id"], unique=False)


def create_alignments() -> None:
    op.create_table(
        "alignments",
        sa.Column("alignment_id", sa.Integer(), nullable=False),
        sa.Column("transcript_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["engine_runs.run_id"], name="fk_alignments_run_id"),
        sa.ForeignKeyConstraint(
            ["transcript_id"], ["transcripts.transcript_id"], name="fk_alignments_transcript_id"
        ),
        sa.PrimaryKeyConstraint("alignment_id", name="pk_alignments"),
        sa.UniqueConstraint("transcript_id", "fingerprint", name="uq_alignments_transcript_id_fingerprint"),
    )
    op.create_index("ix_alignments_run_id", "alignments", ["run_id"], unique=False)


def create_reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("transcript_id", sa.Integer(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("verdict IN ('accepted', 'corrected', 'rejected')", name="ck_reviews_verdict"),
        sa.ForeignKeyConstraint(
            ["transcript_id"], ["transcripts.transcript_id"], name="fk_reviews_transcript_id"
        ),
        sa.PrimaryKeyConstraint("review_id", name="pk_reviews"),
    )
    op.create_index("ix_reviews_transcript_id", "reviews", ["transcript_id"], unique=False)


def create_words() -> None:
    op.create_table(
        "words",
        sa.Column("alignment_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.CheckConstraint("0 <= start_ms AND start_ms <= end_ms", name="ck_words_ordered"),
        sa.ForeignKeyConstraint(["alignment_id"], ["alignments.alignment_id"], name="fk_words_alignment_id"),
        sa.PrimaryKeyConstraint("alignment_id", "position", name="pk_words"),
    )
