"""The words of versions that people make: each with the run its times come from, and what of them awaits alignment."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.runs import NewRun, begin_run, finish_run
from asrlab.catalog.schema import AlignmentRow, EngineRunRow, PendingSpanRow, WordRow
from asrlab.catalog.values import storable, utc_now
from asrlab.domain.words import PendingSpan, TimedWord

EDIT = "edit"
"""The engine, and the fingerprint, of words of which some await alignment."""
BY_HAND = "human"
"""The engine of times that a person set; the fingerprint of their alignments begins so."""


@dataclass(frozen=True, slots=True)
class WordsOfVersion:
    """The newest alignment of a version: its words, each with its run, and which of them await alignment."""

    alignment_id: int
    run_id: int
    fingerprint: str
    words: tuple[TimedWord, ...]
    pending: tuple[PendingSpan, ...]


def words_of_version(session: Session, transcript_id: int) -> WordsOfVersion | None:
    """None for a version that nobody aligned."""
    alignment = session.scalars(
        sa.select(AlignmentRow)
        .where(AlignmentRow.transcript_id == transcript_id)
        .order_by(AlignmentRow.alignment_id.desc())
        .limit(1)
    ).one_or_none()
    if alignment is None:
        return None
    return WordsOfVersion(
        alignment.alignment_id,
        alignment.run_id,
        alignment.fingerprint,
        words_of_alignment(session, alignment.alignment_id, alignment.run_id),
        pending_spans(session, transcript_id),
    )


def words_of_alignment(session: Session, alignment_id: int, run_id: int) -> tuple[TimedWord, ...]:
    """Its words in order. run_id: the alignment's own."""
    rows = session.execute(
        sa.select(
            WordRow.word,
            WordRow.start_ms,
            WordRow.end_ms,
            WordRow.score,
            WordRow.confidence,
            WordRow.flags,
            sa.func.coalesce(WordRow.run_id, run_id),
        )
        .where(WordRow.alignment_id == alignment_id)
        .order_by(WordRow.position)
    )
    return tuple(TimedWord(*row) for row in rows)


def words_of_earlier(session: Session, alignment_id: int) -> tuple[TimedWord, ...]:
    """The words of an alignment that may not be the newest."""
    return words_of_alignment(session, alignment_id, session.get_one(AlignmentRow, alignment_id).run_id)


def pending_spans(session: Session, transcript_id: int) -> tuple[PendingSpan, ...]:
    """What of a version awaits alignment, in order."""
    rows = session.execute(
        sa.select(
            PendingSpanRow.first_word,
            PendingSpanRow.num_words,
            PendingSpanRow.start_ms,
            PendingSpanRow.end_ms,
        )
        .where(PendingSpanRow.transcript_id == transcript_id)
        .order_by(PendingSpanRow.first_word)
    )
    return tuple(PendingSpan(*row) for row in rows)


def add_words(
    session: Session, transcript_id: int, run_id: int, fingerprint: str, words: Sequence[TimedWord]
) -> int:
    """Insert an alignment with these words; one without a run has that of the alignment. Returns its id."""
    row = AlignmentRow(
        transcript_id=transcript_id, run_id=run_id, fingerprint=fingerprint, created_at=utc_now()
    )
    session.add(row)
    session.flush()
    session.add_all(
        WordRow(
            alignment_id=row.alignment_id,
            position=position,
            word=storable(word.word),
            start_ms=word.start_ms,
            end_ms=word.end_ms,
            score=word.score,
            confidence=word.confidence,
            flags=word.flags,
            run_id=None if word.run_id == run_id else word.run_id,
        )
        for position, word in enumerate(words)
    )
    session.flush()
    return row.alignment_id


def set_pending(session: Session, transcript_id: int, pending: Sequence[PendingSpan]) -> None:
    """Let just these words of the version await alignment."""
    session.execute(sa.delete(PendingSpanRow).where(PendingSpanRow.transcript_id == transcript_id))
    now = utc_now()
    session.add_all(
        PendingSpanRow(
            transcript_id=transcript_id,
            first_word=each.first_word,
            num_words=each.num_words,
            start_ms=each.start_ms,
            end_ms=each.end_ms,
            attempts=0,
            created_at=now,
        )
        for each in pending
    )
    session.flush()


def next_fingerprint(session: Session, transcript_id: int, name: str) -> str:
    """A fingerprint for another alignment of this version by `name`: those before stay, as exports may name them.

    A version that took over its parent's words may begin with any number.
    """
    taken = session.scalars(
        sa.select(AlignmentRow.fingerprint).where(
            AlignmentRow.transcript_id == transcript_id,
            sa.or_(AlignmentRow.fingerprint == name, AlignmentRow.fingerprint.startswith(f"{name}:")),
        )
    ).all()
    numbers = [int(fingerprint.partition(":")[2] or 1) for fingerprint in taken]
    return f"{name}:{max(numbers) + 1}" if numbers else name


def run_of_people(session: Session, engine: str) -> int:
    """The run that people's words stand under: EDIT or BY_HAND; the first who needs it makes it."""
    known = session.scalar(
        sa.select(sa.func.min(EngineRunRow.run_id)).where(
            EngineRunRow.fingerprint == engine, EngineRunRow.stage == "align"
        )
    )
    if known is not None:
        return known
    run_id = begin_run(session, NewRun("align", engine, "", "", "", engine))
    finish_run(session, run_id)
    return run_id
