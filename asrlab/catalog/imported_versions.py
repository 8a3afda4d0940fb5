"""The versions that an import adds: a file's own, and those of people who annotated elsewhere."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from asrlab.catalog.alignments import TOLD_BY_ALIGNMENTS, NewAlignment, TranscriptToAlign, add_alignment
from asrlab.catalog.reviews import (
    Version,
    add_human_version,
    add_verdict,
    current_id,
    get_version,
    verdict_of,
)
from asrlab.catalog.runs import NewRun, begin_run, finish_run
from asrlab.catalog.schema import SegmentRow
from asrlab.catalog.segments import Segment
from asrlab.catalog.transcripts import ImportVersion, insert_import_version
from asrlab.catalog.values import storable
from asrlab.domain.imported import ImportedText
from asrlab.domain.labels import AlignedWord
from asrlab.domain.time import TimeSpan
from asrlab.text.languages import language_tag

ALIGNER = "import"
"""The engine and the fingerprint of words whose times a file told."""


@dataclass(frozen=True, slots=True)
class NewText:
    """A text and its place. segment_id: None for a segment that is to be made.

    is_new: whether it becomes a version; what else is said of the segment is stored anyway. superseded: the segments
    that give way to this one. words: within the segment, on the recording's clock.
    """

    text: ImportedText
    author: str
    segment_id: int | None
    channel: int | None
    span: TimeSpan
    is_new: bool
    words: tuple[AlignedWord, ...] = ()
    superseded: tuple[int, ...] = ()


class ImportRun:
    """The run that the words of one import stand under, begun when the first come."""

    def __init__(self) -> None:
        self._run_id: int | None = None

    def id(self, session: Session) -> int:
        if self._run_id is None:
            self._run_id = begin_run(session, NewRun("align", ALIGNER, "", "", "", ALIGNER))
        return self._run_id

    def finish(self, session: Session) -> None:
        """A no-op when no words came."""
        if self._run_id is not None:
            finish_run(session, self._run_id)


def add_version(session: Session, new: NewText, row: SegmentRow, run: ImportRun) -> None:
    """Store the text as the segment's next version, with its words' times."""
    text = new.text
    if text.annotator:
        transcript_id = _add_annotated(session, text, row.segment_id)
    else:
        transcript_id = insert_import_version(
            session,
            ImportVersion(
                row.segment_id,
                text.text,
                new.author,
                text.reference.prompt.language,
                text.confidence,
                text.flags,
            ),
        )
    if not new.words:
        return
    span = TimeSpan.from_ms(row.start_ms, row.end_ms)
    segment = Segment(row.segment_id, row.recording_id, row.channel, span)
    told = tuple(flag for flag in text.flags if flag in TOLD_BY_ALIGNMENTS)
    add_alignment(
        session,
        NewAlignment(
            TranscriptToAlign(transcript_id, text.text, None, (), segment),
            run.id(session),
            ALIGNER,
            tuple(_on_clock_of(new.words, span.start_ms)),
            told,
        ),
    )


def confirm(session: Session, text: ImportedText, segment_id: int) -> None:
    """Note that a person left the text as it is, unless somebody has judged it, or it counts no more."""
    current = current_id(session, segment_id)
    version = None if current is None else get_version(session, current)
    if version is None or version.text != storable(text.text):
        return
    if verdict_of(session, version.transcript_id) is None:
        add_verdict(session, version.transcript_id, text.annotator, "accepted")


def _add_annotated(session: Session, text: ImportedText, segment_id: int) -> int:
    """A person's version, made of the one that counts, as if it had been written in our own page."""
    parent = current_id(session, segment_id)
    language = text.reference.prompt.language
    said = Version(
        transcript_id=0,
        segment_id=segment_id,
        version=0,
        parent_id=parent,
        origin="human",
        author=text.annotator,
        text=text.text,
        language=language_tag(language) if language else None,
        engine_language=None if language is None else storable(language),
    )
    transcript_id = add_human_version(session, segment_id, text.annotator, parent, said)
    add_verdict(session, transcript_id, text.annotator, "corrected")
    return transcript_id


def _on_clock_of(words: Iterable[AlignedWord], start_ms: int) -> Iterable[AlignedWord]:
    return (
        AlignedWord(
            word.text,
            TimeSpan.from_ms(word.span.start_ms - start_ms, word.span.end_ms - start_ms),
            word.score,
            word.flags,
        )
        for word in words
    )
