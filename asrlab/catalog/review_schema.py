"""The tables of review: people and what they did, claims, blind passes, and words of an edit that await alignment."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from asrlab.catalog.schema_base import Base


class PersonRow(Base):
    """Somebody who reviews. token_hash: SHA-256 of the token they log in with, NULL for who needs none."""

    __tablename__ = "people"
    __table_args__ = (sa.CheckConstraint("role IN ('annotator', 'reviewer', 'admin')", name="role"),)

    person: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str]
    token_hash: Mapped[str | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class ReviewRow(Base):
    """A person's verdict on one transcript version; one that was withdrawn counts no more."""

    __tablename__ = "reviews"
    __table_args__ = (sa.CheckConstraint("verdict IN ('accepted', 'corrected', 'rejected')", name="verdict"),)

    review_id: Mapped[int] = mapped_column(primary_key=True)
    transcript_id: Mapped[int] = mapped_column(sa.ForeignKey("transcripts.transcript_id"), index=True)
    reviewer: Mapped[str]
    verdict: Mapped[str]
    reason: Mapped[str | None]
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class ReviewActRow(Base):
    """One act of a person: for its time, the history, and undo.

    kind: edited, accepted, corrected, rejected, skipped, words, borders, split, merged, restored, described, undone,
    second or gold. transcript_id: the version made or judged. seconds: time spent. audio_ms: length of the segment.
    detail: JSON, by kind. An act on several segments has a row on each; time and audio stand in the first.
    """

    __tablename__ = "review_acts"
    __table_args__ = (
        sa.Index("ix_review_acts_person_act_id", "person", "act_id"),
        sa.Index("ix_review_acts_time", "person", "kind", "seconds", "audio_ms"),
    )

    act_id: Mapped[int] = mapped_column(primary_key=True)
    segment_id: Mapped[int] = mapped_column(sa.ForeignKey("segments.segment_id"), index=True)
    transcript_id: Mapped[int | None] = mapped_column(sa.ForeignKey("transcripts.transcript_id"), index=True)
    review_id: Mapped[int | None] = mapped_column(sa.ForeignKey("reviews.review_id"))
    person: Mapped[str]
    kind: Mapped[str]
    seconds: Mapped[float]
    audio_ms: Mapped[int]
    detail: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)
    undone_at: Mapped[datetime | None]


class ReviewClaimRow(Base):
    """A person works on a segment, for a limited time: nobody else is given it meanwhile."""

    __tablename__ = "review_claims"

    segment_id: Mapped[int] = mapped_column(
        sa.ForeignKey("segments.segment_id"), primary_key=True, autoincrement=False
    )
    person: Mapped[str] = mapped_column(index=True)
    expires_at: Mapped[datetime]


class ReviewPassRow(Base):
    """What a person made of a segment without seeing others' work; never a version, never what counts.

    parent_id: the version they were shown. review_id: the verdict in force then, that a second pass is compared with.
    engine: who heard the text shown, or its origin. known_by: who decided on the text it is compared with, NULL where
    there is none. words: of that text, normalised, NULL until word_edits are counted.
    """

    __tablename__ = "review_passes"
    __table_args__ = (
        sa.UniqueConstraint("segment_id", "person", "kind"),
        sa.CheckConstraint("kind IN ('second', 'gold')", name="kind"),
    )

    pass_id: Mapped[int] = mapped_column(primary_key=True)
    segment_id: Mapped[int] = mapped_column(sa.ForeignKey("segments.segment_id"))
    person: Mapped[str]
    kind: Mapped[str]
    parent_id: Mapped[int] = mapped_column(sa.ForeignKey("transcripts.transcript_id"))
    review_id: Mapped[int | None] = mapped_column(sa.ForeignKey("reviews.review_id"))
    text: Mapped[str]
    verdict: Mapped[str]
    seconds: Mapped[float]
    created_at: Mapped[datetime]
    engine: Mapped[str | None]
    known_by: Mapped[str | None]
    words: Mapped[int | None]
    word_edits: Mapped[int | None]


class GoldItemRow(Base):
    """A segment whose text is known to be right, to check people by."""

    __tablename__ = "gold_items"

    segment_id: Mapped[int] = mapped_column(
        sa.ForeignKey("segments.segment_id"), primary_key=True, autoincrement=False
    )
    text: Mapped[str]
    added_by: Mapped[str]
    added_at: Mapped[datetime]


class ReviewItemRow(Base):
    """What queues ask of a segment with a text: which text counts, how sure it is, and whether it is decided.

    Derived from the other tables by triggers (migrations 0010, 0011), so that no writer can forget it, a page of a queue
    is a walk along one index, and figures are sums along another. Only segments of today have a row. sample_key: the
    beginning of the segment's content hash, in whose order a sample is drawn. num_readings: how many texts engines heard
    in it that differ by more than case and marks. verdict, reviewer: of the verdict in force. engine, words to
    character_edits: of review_edits, NULL and 0 until they are counted. seconds: spent by all acts on it.
    pass_audio_ms: heard in blind passes.
    """

    __tablename__ = "review_items"
    __table_args__ = (
        sa.Index("ix_review_items_all", "corpus", "recording_id", "start_ms", "segment_id", "language"),
        sa.Index(
            "ix_review_items_open",
            *("corpus", "recording_id", "start_ms", "segment_id", "language", "confidence"),
            sqlite_where=sa.text("verdict IS NULL"),
            postgresql_where=sa.text("verdict IS NULL"),
        ),
        sa.Index(
            "ix_review_items_doubtful",
            *("confidence", "segment_id", "corpus", "language"),
            sqlite_where=sa.text("verdict IS NULL AND confidence IS NOT NULL"),
            postgresql_where=sa.text("verdict IS NULL AND confidence IS NOT NULL"),
        ),
        sa.Index(
            "ix_review_items_flagged",
            *("corpus", "recording_id", "start_ms", "segment_id", "flags"),
            sqlite_where=sa.text("verdict IS NULL AND flags <> ''"),
            postgresql_where=sa.text("verdict IS NULL AND flags <> ''"),
        ),
        sa.Index(
            "ix_review_items_disagreement",
            *("corpus", "recording_id", "start_ms", "segment_id"),
            sqlite_where=sa.text("verdict IS NULL AND num_readings > 1"),
            postgresql_where=sa.text("verdict IS NULL AND num_readings > 1"),
        ),
        sa.Index(
            "ix_review_items_rejected",
            *("corpus", "recording_id", "start_ms", "segment_id"),
            sqlite_where=sa.text("verdict = 'rejected'"),
            postgresql_where=sa.text("verdict = 'rejected'"),
        ),
        sa.Index("ix_review_items_sample", "sample_key", "segment_id", "corpus", "language", "reviewer"),
        sa.Index(
            "ix_review_items_decided",
            *("sample_key", "segment_id", "reviewer"),
            sqlite_where=sa.text("verdict IS NOT NULL"),
            postgresql_where=sa.text("verdict IS NOT NULL"),
        ),
        sa.Index(
            "ix_review_items_figures",
            *("corpus", "reviewer", "verdict", "engine", "audio_ms", "words", "word_edits"),
            *("characters", "character_edits", "seconds", "pass_audio_ms"),
            sqlite_where=sa.text("verdict IS NOT NULL OR seconds > 0"),
            postgresql_where=sa.text("verdict IS NOT NULL OR seconds > 0"),
        ),
    )

    segment_id: Mapped[int] = mapped_column(
        sa.ForeignKey("segments.segment_id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    recording_id: Mapped[int]
    start_ms: Mapped[int] = mapped_column(sa.BigInteger)
    audio_ms: Mapped[int] = mapped_column(sa.BigInteger)
    corpus: Mapped[str]
    sample_key: Mapped[str]
    transcript_id: Mapped[int]
    language: Mapped[str | None]
    confidence: Mapped[float | None]
    flags: Mapped[str]
    num_readings: Mapped[int]
    verdict: Mapped[str | None]
    reviewer: Mapped[str | None]
    engine: Mapped[str | None]
    words: Mapped[int] = mapped_column(server_default="0")
    word_edits: Mapped[int] = mapped_column(server_default="0")
    characters: Mapped[int] = mapped_column(server_default="0")
    character_edits: Mapped[int] = mapped_column(server_default="0")
    seconds: Mapped[float] = mapped_column(server_default="0")
    pass_audio_ms: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")


class ReviewEditsRow(Base):
    """How a decided text differs from the one that a person was shown; counted once, because neither ever changes.

    engine: who heard the text shown, or its origin; "" where none did. words, characters: of the decided text,
    normalised.
    """

    __tablename__ = "review_edits"

    transcript_id: Mapped[int] = mapped_column(
        sa.ForeignKey("transcripts.transcript_id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    engine: Mapped[str]
    words: Mapped[int]
    word_edits: Mapped[int]
    characters: Mapped[int]
    character_edits: Mapped[int]


class PendingSpanRow(Base):
    """Words in a row that an edit brought in, and the stretch of the recording in which they await alignment.

    first_word: position of the first in the newest alignment of the version. attempts: failed ones.
    """

    __tablename__ = "pending_spans"
    __table_args__ = ({"sqlite_with_rowid": False},)

    transcript_id: Mapped[int] = mapped_column(sa.ForeignKey("transcripts.transcript_id"), primary_key=True)
    first_word: Mapped[int] = mapped_column(primary_key=True)
    num_words: Mapped[int]
    start_ms: Mapped[int] = mapped_column(sa.BigInteger)
    end_ms: Mapped[int] = mapped_column(sa.BigInteger)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
