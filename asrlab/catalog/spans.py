"""Words of edited texts that await alignment, each run of them in its own stretch of the recording."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.alignments import (
    CURRENT_TRANSCRIPT,
    SCORE_DIGITS,
    STAGE,
    TranscriptToAlign,
    texts_to_align,
)
from asrlab.catalog.edited_words import (
    WordsOfVersion,
    add_words,
    next_fingerprint,
    set_pending,
    words_of_version,
)
from asrlab.catalog.schema import (
    FailureRow,
    PendingSpanRow,
    SegmentationRow,
    SegmentRow,
    TranscriptRow,
)
from asrlab.catalog.values import chunks, flags_text
from asrlab.domain.labels import AlignedWord
from asrlab.domain.words import PendingSpan, TimedWord
from asrlab.text.words import word_spans


@dataclass(frozen=True, slots=True)
class EditedText:
    """A text of which some words await alignment."""

    transcript: TranscriptToAlign
    words: WordsOfVersion

    def said(self, spans: Sequence[PendingSpan]) -> list[str]:
        """The words of each span as the text has them, where its words are those of the alignment."""
        text, words = self.transcript.text, [word.word for word in self.words.words]
        places = word_spans(text)
        is_same = [text[first:end] for first, end in places] == words
        found = []
        for span in spans:
            end = span.first_word + span.num_words
            if is_same:
                found.append(text[places[span.first_word][0] : places[end - 1][1]])
            else:
                found.append(" ".join(words[span.first_word : end]))
        return found


def texts_with_spans(
    session: Session, fingerprint: str, segment_ids: Sequence[int] | None
) -> list[TranscriptToAlign]:
    """The texts that count today, in these segments or anywhere, with words that this aligner has not failed on."""
    waits = sa.exists().where(PendingSpanRow.transcript_id == TranscriptRow.transcript_id)
    failed = sa.exists().where(
        FailureRow.stage == STAGE,
        FailureRow.item == sa.cast(TranscriptRow.transcript_id, sa.Text),
        FailureRow.fingerprint == fingerprint,
        FailureRow.resolved_at.is_(None),
    )
    of_today = SegmentRow.segmentation_id.in_(
        sa.select(SegmentationRow.segmentation_id).where(SegmentationRow.is_active)
    )
    conditions = (waits, ~failed, of_today, SegmentRow.superseded_by.is_(None), CURRENT_TRANSCRIPT)
    if segment_ids is None:
        some = sa.select(PendingSpanRow.transcript_id).distinct()
        return texts_to_align(session, TranscriptRow.transcript_id.in_(some), *conditions)
    found: list[TranscriptToAlign] = []
    for ids in chunks(segment_ids):
        found += texts_to_align(session, TranscriptRow.segment_id.in_(ids), *conditions)
    return found


def edited_text(session: Session, transcript: TranscriptToAlign) -> EditedText | None:
    """The text with its words as they are now; None when nothing of it waits any more."""
    words = words_of_version(session, transcript.transcript_id)
    if words is None or not words.pending:
        return None
    return EditedText(transcript, words)


def store_spans(
    session: Session,
    edited: EditedText,
    run_id: int,
    fingerprint: str,
    found: Sequence[Sequence[AlignedWord]],
) -> bool:
    """Store an alignment with what an aligner found in each span; the words outside stay as they are.

    found: words with times from the beginning of their span, as many as the span has. False, and nothing done, when
    the words of the text changed meanwhile.
    """
    transcript = edited.transcript
    session.execute(
        sa.select(SegmentRow.segment_id)
        .where(SegmentRow.segment_id == transcript.segment.segment_id)
        .with_for_update()
    )
    if words_of_version(session, transcript.transcript_id) != edited.words:
        return False
    words = list(edited.words.words)
    for span, heard in zip(edited.words.pending, found, strict=True):
        for at, word in enumerate(heard, span.first_word):
            words[at] = TimedWord(
                words[at].word,
                min(span.start_ms + word.span.start_ms, span.end_ms),
                min(span.start_ms + word.span.end_ms, span.end_ms),
                None if word.score is None else round(word.score, SCORE_DIGITS),
                words[at].confidence,
                flags_text(word.flags),
            )
    name = next_fingerprint(session, transcript.transcript_id, fingerprint)
    add_words(session, transcript.transcript_id, run_id, name, words)
    set_pending(session, transcript.transcript_id, ())
    return True


def count_attempt(session: Session, transcript_id: int, first_words: Sequence[int]) -> None:
    """Note that these spans of a text could not be aligned."""
    session.execute(
        sa.update(PendingSpanRow)
        .where(PendingSpanRow.transcript_id == transcript_id, PendingSpanRow.first_word.in_(first_words))
        .values(attempts=PendingSpanRow.attempts + 1)
    )
