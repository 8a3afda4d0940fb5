"""The tables of what was given away: sealed releases with all that is in them, exports, and what was forgotten."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from asrlab.catalog.schema_base import Base


class ReleaseRow(Base):
    """A frozen selection under a name.

    splits: one letter an utterance in the order of the export, zlib-compressed. split_names: comma-separated. leaks: what
    the splits avoided, a line each. manifest_sha256: over the checksums
    of all files of the export that sealed it. num_forgotten: transcripts that were in it and were forgotten since.
    """

    __tablename__ = "releases"

    release_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    format: Mapped[str]
    options: Mapped[str]
    created_at: Mapped[datetime]
    num_utterances: Mapped[int]
    audio_seconds: Mapped[float]
    splits: Mapped[bytes]
    split_names: Mapped[str]
    leaks: Mapped[str]
    manifest_sha256: Mapped[str]
    num_forgotten: Mapped[int] = mapped_column(default=0, server_default="0")
    asrlab_version: Mapped[str]


class ReleaseItemRow(Base):
    """A transcript version in a release, with what may change outside of it: its words, speaker, verdict and flags.

    split: train, dev, test, "" without splits, or "left" for one that no utterance was made of.
    """

    __tablename__ = "release_items"
    __table_args__ = ({"sqlite_with_rowid": False},)

    release_id: Mapped[int] = mapped_column(sa.ForeignKey("releases.release_id"), primary_key=True)
    transcript_id: Mapped[int] = mapped_column(
        sa.ForeignKey("transcripts.transcript_id"), primary_key=True, index=True
    )
    alignment_id: Mapped[int | None]
    split: Mapped[str]
    speaker: Mapped[str | None]
    verdict: Mapped[str | None]
    flags: Mapped[str]


class ReleaseRecordingRow(Base):
    """A recording in a release: where its audio lay, and what was said of it."""

    __tablename__ = "release_recordings"
    __table_args__ = ({"sqlite_with_rowid": False},)

    release_id: Mapped[int] = mapped_column(sa.ForeignKey("releases.release_id"), primary_key=True)
    recording_id: Mapped[int] = mapped_column(sa.ForeignKey("recordings.recording_id"), primary_key=True)
    uri: Mapped[str]
    corpus: Mapped[str]
    license: Mapped[str | None]
    metadata_json: Mapped[str] = mapped_column("metadata")


class ExportRow(Base):
    """Something that was written for others: what, when, where to."""

    __tablename__ = "exports"

    export_id: Mapped[int] = mapped_column(primary_key=True)
    release_id: Mapped[int | None] = mapped_column(sa.ForeignKey("releases.release_id"))
    format: Mapped[str]
    folder: Mapped[str]
    created_at: Mapped[datetime]
    options: Mapped[str]
    num_utterances: Mapped[int]
    audio_seconds: Mapped[float]
    lock_sha256: Mapped[str]
    asrlab_version: Mapped[str]


class ForgottenRow(Base):
    """Audio that is not to come back: it is refused when it is found again.

    content_hash: of a recording, or of a segment of one that stays.
    """

    __tablename__ = "forgotten"

    content_hash: Mapped[str] = mapped_column(primary_key=True)
    forgotten_at: Mapped[datetime]
