"""Alignments: the times of the words of one transcript version."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from asrlab.catalog.edited_words import BY_HAND, EDIT
from asrlab.catalog.schema import AlignmentRow, EngineRunRow, FailureRow, SegmentRow, TranscriptRow, WordRow
from asrlab.catalog.segments import Segment
from asrlab.catalog.transcripts import EngineVersion, add_engine_version
from asrlab.catalog.values import chunks, flags_text, storable, utc_now
from asrlab.domain.labels import FLAG_NOT_COVERED, AlignedWord
from asrlab.domain.time import TimeSpan

STAGE = "align"
SCORE_DIGITS = 6
# Flags of a text that are not the engine's own.
TOLD_BY_ALIGNMENTS = frozenset({FLAG_NOT_COVERED})

# The rule of v_current, for one segment: which of its versions counts.
CURRENT_TRANSCRIPT = sa.text(
    "transcripts.transcript_id = (SELECT c.transcript_id FROM transcripts c "
    "WHERE c.segment_id = transcripts.segment_id "
    "ORDER BY CASE c.origin WHEN 'human' THEN 0 WHEN 'import' THEN 1 WHEN 'consensus' THEN 2 ELSE 3 END, "
    "c.version DESC LIMIT 1)"
)


@dataclass(frozen=True, slots=True)
class TranscriptToAlign:
    """A text, and the segment it was spoken in."""

    transcript_id: int
    text: str
    language: str | None
    word_confidence: tuple[tuple[str, float], ...]
    segment: Segment


@dataclass(frozen=True, slots=True)
class NewAlignment:
    """Words on the segment's own clock (seconds from its start). flags: what they tell of the text."""

    transcript: TranscriptToAlign
    run_id: int
    fingerprint: str
    words: tuple[AlignedWord, ...]
    flags: tuple[str, ...] = ()


def transcripts_to_align(
    session: Session, fingerprint: str, segment_ids: Sequence[int]
) -> list[TranscriptToAlign]:
    """The current texts of these segments that this aligner has neither aligned nor failed on."""
    pending: list[TranscriptToAlign] = []
    for some in chunks(segment_ids):
        pending += _pending(session, fingerprint, TranscriptRow.segment_id.in_(some), CURRENT_TRANSCRIPT)
    return pending


def still_to_align(
    session: Session, fingerprint: str, transcript_ids: Sequence[int]
) -> list[TranscriptToAlign]:
    """Those of `transcript_ids` that nobody has finished in the meantime."""
    pending: list[TranscriptToAlign] = []
    for some in chunks(transcript_ids):
        pending += _pending(session, fingerprint, TranscriptRow.transcript_id.in_(some))
    return pending


def add_alignment(session: Session, new: NewAlignment) -> bool:
    """Store the words; False, and nothing done, when this aligner's words stand there."""
    segment = new.transcript.segment
    session.execute(
        sa.select(SegmentRow.segment_id).where(SegmentRow.segment_id == segment.segment_id).with_for_update()
    )
    existing = session.scalar(
        sa.select(AlignmentRow.alignment_id).where(
            AlignmentRow.transcript_id == new.transcript.transcript_id,
            AlignmentRow.fingerprint == new.fingerprint,
        )
    )
    if existing is not None:
        return False
    row = AlignmentRow(
        transcript_id=new.transcript.transcript_id,
        run_id=new.run_id,
        fingerprint=new.fingerprint,
        created_at=utc_now(),
    )
    session.add(row)
    session.flush()
    confidences = _confidences(new)
    session.add_all(
        WordRow(
            alignment_id=row.alignment_id,
            position=position,
            word=storable(word.text),
            # Held inside the segment: an aligner's last frame may reach past its last sample.
            start_ms=min(segment.span.start_ms + word.span.start_ms, segment.span.end_ms),
            end_ms=min(segment.span.start_ms + word.span.end_ms, segment.span.end_ms),
            score=None if word.score is None else round(word.score, SCORE_DIGITS),
            confidence=confidences[position],
            flags=flags_text(word.flags),
        )
        for position, word in enumerate(new.words)
    )
    _flag_text(session, new)
    session.flush()
    return True


def add_heard(session: Session, new: EngineVersion, segment: Segment) -> bool:
    """Store what an engine heard in a segment, and its words' times where it told them; see add_engine_version.

    An aligner's words, which come later, count before the engine's.
    """
    if not add_engine_version(session, new):
        return False
    heard = new.hypothesis
    if heard.aligned:
        transcript_id = session.scalars(
            sa.select(TranscriptRow.transcript_id).where(
                TranscriptRow.segment_id == new.segment_id,
                TranscriptRow.engine_fingerprint == new.fingerprint,
            )
        ).one()
        confidence = tuple((word.text, word.confidence) for word in heard.words)
        text = TranscriptToAlign(transcript_id, heard.text, heard.language_tag, confidence, segment)
        add_alignment(session, NewAlignment(text, new.run_id, new.fingerprint, heard.aligned))
    return True


def _flag_text(session: Session, new: NewAlignment) -> None:
    """Let the text bear what its newest alignment tells of it, and no longer what an older one told."""
    row = session.get_one(TranscriptRow, new.transcript.transcript_id)
    kept = [flag for flag in row.flags.split(",") if flag and flag not in TOLD_BY_ALIGNMENTS]
    row.flags = flags_text((*kept, *new.flags))


def _confidences(new: NewAlignment) -> list[float | None]:
    """The engine's confidence of each word, where aligner and engine agree on what the words are."""
    heard = new.transcript.word_confidence
    if [text for text, _ in heard] != [word.text for word in new.words]:
        return [None] * len(new.words)
    return [confidence for _, confidence in heard]


def _pending(
    session: Session, fingerprint: str, *conditions: sa.ColumnElement[bool] | sa.TextClause
) -> list[TranscriptToAlign]:
    """Texts without this aligner's words or failure. One whose words a person's edit kept is not aligned as a whole."""
    done = sa.select(AlignmentRow.alignment_id).where(
        AlignmentRow.transcript_id == TranscriptRow.transcript_id, AlignmentRow.fingerprint == fingerprint
    )
    failed = sa.select(FailureRow.failure_id).where(
        FailureRow.stage == STAGE,
        FailureRow.item == sa.cast(TranscriptRow.transcript_id, sa.Text),
        FailureRow.fingerprint == fingerprint,
        FailureRow.resolved_at.is_(None),
    )
    return texts_to_align(session, ~done.exists(), ~failed.exists(), *_kept_by_nobody(), *conditions)


def _kept_by_nobody() -> tuple[sa.ColumnElement[bool], ...]:
    """Neither an edit's words are the newest, nor did a person place any."""
    of_text = AlignmentRow.transcript_id == TranscriptRow.transcript_id
    later = aliased(AlignmentRow)
    edited = sa.exists().where(
        of_text,
        AlignmentRow.fingerprint == EDIT,
        ~sa.exists().where(
            later.transcript_id == AlignmentRow.transcript_id, later.alignment_id > AlignmentRow.alignment_id
        ),
    )
    by_hand = sa.exists().where(
        of_text,
        sa.or_(AlignmentRow.fingerprint == BY_HAND, AlignmentRow.fingerprint.startswith(f"{BY_HAND}:")),
    )
    # An edit hands such words on to the next version.
    handed_on = sa.exists().where(
        of_text,
        WordRow.alignment_id == AlignmentRow.alignment_id,
        EngineRunRow.run_id == WordRow.run_id,
        EngineRunRow.engine == BY_HAND,
    )
    return ~edited, ~by_hand, sa.or_(TranscriptRow.origin != "human", ~handed_on)


def texts_to_align(
    session: Session, *conditions: sa.ColumnElement[bool] | sa.TextClause
) -> list[TranscriptToAlign]:
    """The texts that meet these conditions over transcripts and segments and are not empty, by recording and time."""
    statement = (
        sa.select(
            TranscriptRow.transcript_id,
            TranscriptRow.text,
            TranscriptRow.language,
            TranscriptRow.word_confidence,
            SegmentRow.segment_id,
            SegmentRow.recording_id,
            SegmentRow.channel,
            SegmentRow.start_ms,
            SegmentRow.end_ms,
        )
        .join(SegmentRow, SegmentRow.segment_id == TranscriptRow.segment_id)
        .where(TranscriptRow.text != "", *conditions)
        .order_by(SegmentRow.recording_id, SegmentRow.start_ms, TranscriptRow.transcript_id)
    )
    return [
        TranscriptToAlign(
            row.transcript_id,
            row.text,
            row.language,
            tuple((text, confidence) for text, confidence in json.loads(row.word_confidence)),
            Segment(
                row.segment_id, row.recording_id, row.channel, TimeSpan.from_ms(row.start_ms, row.end_ms)
            ),
        )
        for row in session.execute(statement)
    ]
