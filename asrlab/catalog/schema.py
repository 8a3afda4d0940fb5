"""The tables, one ORM class each; people query the views instead (migrations/versions, docs/sql.md).

Spans are whole milliseconds, structured values are canonical JSON text and flags are comma-separated text,
so that both databases hold, compare and return the very same values. What was given away stands in release_schema.py,
what people did in review_schema.py.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from asrlab.catalog.release_schema import ExportRow as ExportRow
from asrlab.catalog.release_schema import ForgottenRow as ForgottenRow
from asrlab.catalog.release_schema import ReleaseItemRow as ReleaseItemRow
from asrlab.catalog.release_schema import ReleaseRecordingRow as ReleaseRecordingRow
from asrlab.catalog.release_schema import ReleaseRow as ReleaseRow
from asrlab.catalog.review_schema import GoldItemRow as GoldItemRow
from asrlab.catalog.review_schema import PendingSpanRow as PendingSpanRow
from asrlab.catalog.review_schema import PersonRow as PersonRow
from asrlab.catalog.review_schema import ReviewActRow as ReviewActRow
from asrlab.catalog.review_schema import ReviewClaimRow as ReviewClaimRow
from asrlab.catalog.review_schema import ReviewEditsRow as ReviewEditsRow
from asrlab.catalog.review_schema import ReviewItemRow as ReviewItemRow
from asrlab.catalog.review_schema import ReviewPassRow as ReviewPassRow
from asrlab.catalog.review_schema import ReviewRow as ReviewRow
from asrlab.catalog.schema_base import Base as Base
from asrlab.catalog.schema_base import UtcDateTime as UtcDateTime


class SourceRow(Base):
    """Where audio comes from, to be looked at again and again; what the last look found."""

    __tablename__ = "sources"

    source_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    uri: Mapped[str]
    include: Mapped[str]
    corpus: Mapped[str]
    sidecar: Mapped[str | None]
    metadata_json: Mapped[str] = mapped_column("metadata")
    is_enabled: Mapped[bool]
    created_at: Mapped[datetime]
    looked_at: Mapped[datetime | None]
    state: Mapped[str | None]
    message: Mapped[str] = mapped_column(default="")
    num_found: Mapped[int] = mapped_column(default=0)
    num_new: Mapped[int] = mapped_column(default=0)
    num_failed: Mapped[int] = mapped_column(default=0)


class CorpusRow(Base):
    """A corpus that is not of priority 0."""

    __tablename__ = "corpora"

    corpus: Mapped[str] = mapped_column(primary_key=True)
    priority: Mapped[int]


class RecordingRow(Base):
    """Audio as received, by the hash of its bytes."""

    __tablename__ = "recordings"

    recording_id: Mapped[int] = mapped_column(primary_key=True)
    content_hash: Mapped[str] = mapped_column(unique=True)
    container: Mapped[str]
    codec: Mapped[str]
    sampling_rate: Mapped[int]
    num_channels: Mapped[int]
    num_samples: Mapped[int] = mapped_column(sa.BigInteger)
    corpus: Mapped[str] = mapped_column(index=True)
    metadata_json: Mapped[str] = mapped_column("metadata", default="{}")
    ingested_at: Mapped[datetime]
    language: Mapped[str | None]
    context: Mapped[str | None]
    speaker: Mapped[str | None]
    license: Mapped[str | None]
    references_digest: Mapped[str | None]


class RecordingFileRow(Base):
    """A place a recording was found at; superseded when other bytes came to that place."""

    __tablename__ = "recording_files"
    __table_args__ = (
        sa.Index(
            "uq_recording_files_uri_live",
            "uri",
            unique=True,
            sqlite_where=sa.text("superseded_at IS NULL"),
            postgresql_where=sa.text("superseded_at IS NULL"),
        ),
    )

    file_id: Mapped[int] = mapped_column(primary_key=True)
    recording_id: Mapped[int] = mapped_column(sa.ForeignKey("recordings.recording_id"), index=True)
    uri: Mapped[str]
    size: Mapped[int] = mapped_column(sa.BigInteger)
    mtime_ns: Mapped[int] = mapped_column(sa.BigInteger)
    corpus: Mapped[str]
    ingested_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]
    etag: Mapped[str] = mapped_column(default="", server_default="")


class SegmentationRow(Base):
    """One way a recording was cut; at most one is active per recording."""

    __tablename__ = "segmentations"
    __table_args__ = (
        sa.UniqueConstraint("recording_id", "fingerprint"),
        sa.Index(
            "uq_segmentations_active",
            "recording_id",
            unique=True,
            sqlite_where=sa.text("is_active"),
            postgresql_where=sa.text("is_active"),
        ),
    )

    segmentation_id: Mapped[int] = mapped_column(primary_key=True)
    recording_id: Mapped[int] = mapped_column(sa.ForeignKey("recordings.recording_id"))
    recipe: Mapped[str]
    parameters: Mapped[str]
    fingerprint: Mapped[str]
    is_active: Mapped[bool]
    speech_ms: Mapped[int] = mapped_column(sa.BigInteger)
    created_at: Mapped[datetime]


class ActivationRow(Base):
    """The moment at which a segmentation became its recording's active one."""

    __tablename__ = "activations"

    activation_id: Mapped[int] = mapped_column(primary_key=True)
    recording_id: Mapped[int] = mapped_column(sa.ForeignKey("recordings.recording_id"), index=True)
    segmentation_id: Mapped[int] = mapped_column(sa.ForeignKey("segmentations.segmentation_id"))
    activated_at: Mapped[datetime]


class SegmentRow(Base):
    """An interval of one channel (NULL: the mix of all) of a recording; no text."""

    __tablename__ = "segments"
    __table_args__ = (
        sa.UniqueConstraint("segmentation_id", "content_hash"),
        sa.CheckConstraint("0 <= start_ms AND start_ms < end_ms", name="ordered"),
    )

    segment_id: Mapped[int] = mapped_column(primary_key=True)
    segmentation_id: Mapped[int] = mapped_column(sa.ForeignKey("segmentations.segmentation_id"))
    recording_id: Mapped[int] = mapped_column(sa.ForeignKey("recordings.recording_id"), index=True)
    channel: Mapped[int | None]
    start_ms: Mapped[int] = mapped_column(sa.BigInteger)
    end_ms: Mapped[int] = mapped_column(sa.BigInteger)
    content_hash: Mapped[str]
    speaker: Mapped[str | None]
    superseded_by: Mapped[int | None] = mapped_column(sa.ForeignKey("segments.segment_id"))
    superseded_at: Mapped[datetime | None]
    language: Mapped[str | None]
    context: Mapped[str | None]
    metadata_json: Mapped[str] = mapped_column("metadata", default="{}", server_default="{}")


class EngineRunRow(Base):
    """One pass of an engine or aligner, with all that decides its output."""

    __tablename__ = "engine_runs"

    run_id: Mapped[int] = mapped_column(primary_key=True)
    stage: Mapped[str]
    engine: Mapped[str]
    checkpoint: Mapped[str]
    revision: Mapped[str]
    code_version: Mapped[str]
    parameters: Mapped[str]
    fingerprint: Mapped[str] = mapped_column(index=True)
    asrlab_version: Mapped[str]
    host: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    audio_seconds: Mapped[float] = mapped_column(default=0.0, server_default="0")
    wall_seconds: Mapped[float] = mapped_column(default=0.0, server_default="0")
    engine_seconds: Mapped[float] = mapped_column(default=0.0, server_default="0")
    peak_memory_bytes: Mapped[int | None] = mapped_column(sa.BigInteger)


class TranscriptRow(Base):
    """One immutable version of the text of a segment; inserted, never updated."""

    __tablename__ = "transcripts"
    __table_args__ = (
        sa.UniqueConstraint("segment_id", "version"),
        # The key that makes a repeated transcription a no-op; people's versions carry no fingerprint.
        sa.UniqueConstraint("segment_id", "engine_fingerprint"),
        sa.CheckConstraint("origin IN ('engine', 'human', 'import', 'consensus')", name="origin"),
    )

    transcript_id: Mapped[int] = mapped_column(primary_key=True)
    segment_id: Mapped[int] = mapped_column(sa.ForeignKey("segments.segment_id"))
    version: Mapped[int]
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("transcripts.transcript_id"))
    origin: Mapped[str]
    run_id: Mapped[int | None] = mapped_column(sa.ForeignKey("engine_runs.run_id"), index=True)
    engine_fingerprint: Mapped[str | None]
    author: Mapped[str | None]
    language: Mapped[str | None]
    engine_language: Mapped[str | None]
    text: Mapped[str]
    raw_text: Mapped[str | None]
    confidence: Mapped[float | None]
    word_confidence: Mapped[str] = mapped_column(default="[]")
    finish_reason: Mapped[str | None]
    flags: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(index=True)


class TranscriptTermRow(Base):
    """A term that a transcript holds: the index behind `asrlab search`."""

    __tablename__ = "transcript_terms"
    __table_args__ = ({"sqlite_with_rowid": False},)

    term: Mapped[str] = mapped_column(primary_key=True)
    transcript_id: Mapped[int] = mapped_column(
        sa.ForeignKey("transcripts.transcript_id"), primary_key=True, index=True
    )


class AlignmentRow(Base):
    """The times of the words of one transcript version, by one aligner."""

    __tablename__ = "alignments"
    __table_args__ = (sa.UniqueConstraint("transcript_id", "fingerprint"),)

    alignment_id: Mapped[int] = mapped_column(primary_key=True)
    transcript_id: Mapped[int] = mapped_column(sa.ForeignKey("transcripts.transcript_id"))
    run_id: Mapped[int] = mapped_column(sa.ForeignKey("engine_runs.run_id"), index=True)
    fingerprint: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)


class WordRow(Base):
    """A word of an alignment, on the recording's clock. run_id: whose its times are when not its alignment's."""

    __tablename__ = "words"
    __table_args__ = (sa.CheckConstraint("0 <= start_ms AND start_ms <= end_ms", name="ordered"),)

    alignment_id: Mapped[int] = mapped_column(sa.ForeignKey("alignments.alignment_id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str]
    start_ms: Mapped[int] = mapped_column(sa.BigInteger)
    end_ms: Mapped[int] = mapped_column(sa.BigInteger)
    score: Mapped[float | None]
    confidence: Mapped[float | None]
    flags: Mapped[str] = mapped_column(default="")
    run_id: Mapped[int | None]


class FailureRow(Base):
    """An item that could not be labeled, why, and how often it was tried; resolved when it is mended."""

    __tablename__ = "failures"
    __table_args__ = (
        sa.UniqueConstraint("stage", "item", "fingerprint"),
        sa.Index("ix_failures_stage_fingerprint_segment_id", "stage", "fingerprint", "segment_id"),
    )

    failure_id: Mapped[int] = mapped_column(primary_key=True)
    stage: Mapped[str]
    item: Mapped[str]
    fingerprint: Mapped[str]
    uri: Mapped[str]
    recording_id: Mapped[int | None] = mapped_column(sa.ForeignKey("recordings.recording_id"), index=True)
    segment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("segments.segment_id"))
    reason: Mapped[str]
    message: Mapped[str]
    stamp: Mapped[str] = mapped_column(default="")
    attempts: Mapped[int]
    first_failed_at: Mapped[datetime]
    last_failed_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]


class MemoryCeilingRow(Base):
    """The most padded audio, in seconds, that a model's forward pass may hold on a device: it ran out with twice that."""

    __tablename__ = "memory_ceilings"

    device: Mapped[str] = mapped_column(primary_key=True)
    model: Mapped[str] = mapped_column(primary_key=True)
    compute_type: Mapped[str] = mapped_column(primary_key=True)
    batch_seconds: Mapped[float]
    learned_at: Mapped[datetime]


class LeaseRow(Base):
    """A claim on an item of work by one process, for a limited time."""

    __tablename__ = "leases"

    stage: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(index=True)
    expires_at: Mapped[datetime]
