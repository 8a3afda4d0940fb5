"""Transcripts: immutable versions of the text of a segment."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from asrlab.catalog.failures import TRANSCRIBE
from asrlab.catalog.schema import FailureRow, RecordingRow, SegmentationRow, SegmentRow, TranscriptRow
from asrlab.catalog.search import index_text
from asrlab.catalog.segments import Segment
from asrlab.catalog.values import chunks, flags_text, storable, utc_now
from asrlab.domain.fingerprint import fingerprint
from asrlab.domain.labels import Hypothesis
from asrlab.domain.reference import NO_PROMPT, Prompt
from asrlab.domain.time import TimeSpan
from asrlab.text.languages import language_tag

STAGE = TRANSCRIBE
CONFIDENCE_DIGITS = 6
# Between the fingerprint of a call and that of a recording's own prompt.
PROMPT_MARK = "+"


@dataclass(frozen=True, slots=True)
class EngineVersion:
    """What an engine heard in a segment, to be stored as that segment's next version."""

    segment_id: int
    run_id: int
    fingerprint: str
    engine: str
    hypothesis: Hypothesis


@dataclass(frozen=True, slots=True)
class ImportVersion:
    """A text out of a file. author: the file; language: a BCP-47 tag, or a name as it was given.

    confidence, flags: what the file tells of them, as an export wrote them.
    """

    segment_id: int
    text: str
    author: str
    language: str | None = None
    confidence: float | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TextVersion:
    """One version of a segment's text. source: the engine, or who wrote it, or where it came from."""

    transcript_id: int
    version: int
    origin: str
    source: str
    text: str


def text_versions(session: Session, segment_id: int) -> list[TextVersion]:
    """All versions of a segment's text, oldest first."""
    rows = session.execute(
        sa.select(
            TranscriptRow.transcript_id,
            TranscriptRow.version,
            TranscriptRow.origin,
            sa.func.coalesce(TranscriptRow.author, TranscriptRow.origin),
            TranscriptRow.text,
        )
        .where(TranscriptRow.segment_id == segment_id)
        .order_by(TranscriptRow.version)
    )
    return [TextVersion(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class TranscriptKey:
    """The key under which an engine's texts stand: of the call, and of what a recording itself prompts it with.

    call: fingerprint over the engine, its weights, and the call's language and context. Failures stand under it.
    """

    call: str

    def of(self, prompt: Prompt) -> str:
        """The key of a segment with this prompt of its own."""
        if prompt == NO_PROMPT:
            return self.call
        own = fingerprint({"language": prompt.language, "context": prompt.context})
        return f"{self.call}{PROMPT_MARK}{own}"


def of_call(column: InstrumentedAttribute[str | None], call: str) -> sa.ColumnElement[bool]:
    """Whether a fingerprint is of this call, whatever a recording prompted the engine with."""
    return sa.or_(column == call, column.startswith(f"{call}{PROMPT_MARK}"))


def segments_to_transcribe(
    session: Session, key: TranscriptKey, recording_ids: Sequence[int]
) -> list[Segment]:
    """The segments of today in these recordings that this engine has neither labeled nor failed on."""
    pending: list[Segment] = []
    for some in chunks(recording_ids):
        of_today = (
            SegmentRow.recording_id.in_(some),
            SegmentationRow.is_active,
            SegmentRow.superseded_by.is_(None),
        )
        pending += _pending(session, key, *of_today)
    return sorted(pending, key=_by_time)


def still_to_transcribe(session: Session, key: TranscriptKey, segment_ids: Sequence[int]) -> list[Segment]:
    """Those of `segment_ids` that nobody has finished in the meantime."""
    pending: list[Segment] = []
    for some in chunks(segment_ids):
        pending += _pending(session, key, SegmentRow.segment_id.in_(some))
    return sorted(pending, key=_by_time)


def _by_time(segment: Segment) -> tuple[int, int, int]:
    return (segment.recording_id, segment.span.start_ms, segment.segment_id)


def add_engine_version(session: Session, new: EngineVersion) -> bool:
    """Insert the segment's next version; False, and nothing done, when this engine's result stands there."""
    versions = _locked_versions(session, new.segment_id)
    if any(version.engine_fingerprint == new.fingerprint for version in versions):
        return False
    hypothesis = new.hypothesis
    row = TranscriptRow(
        segment_id=new.segment_id,
        version=_next(versions),
        parent_id=None,
        origin="engine",
        run_id=new.run_id,
        engine_fingerprint=new.fingerprint,
        author=new.engine,
        language=hypothesis.language_tag,
        engine_language=hypothesis.language,
        text=storable(hypothesis.text),
        raw_text=storable(hypothesis.raw_text),
        confidence=_rounded(hypothesis.confidence),
        word_confidence=json.dumps(
            [[storable(word.text), _rounded(word.confidence)] for word in hypothesis.words],
            ensure_ascii=False,
        ),
        finish_reason=hypothesis.finish_reason,
        flags=flags_text(hypothesis.flags),
        created_at=utc_now(),
    )
    _insert(session, row)
    return True


def add_import_version(
    session: Session, segment_id: int, text: str, *, author: str, language: str | None
) -> bool:
    """Insert a reference text as the segment's next version; False when the last imported one says the same.

    author: the file it stands in. language: a BCP-47 tag, or a name as it was given.
    """
    versions = _locked_versions(session, segment_id)
    imported = [version for version in versions if version.origin == "import"]
    if imported and imported[-1].text == storable(text):
        return False
    _insert_imported(session, ImportVersion(segment_id, text, author, language), versions)
    return True


def insert_import_version(session: Session, new: ImportVersion) -> int:
    """Insert the segment's next version, whatever stands there; returns its id."""
    return _insert_imported(session, new, _locked_versions(session, new.segment_id))


def _insert_imported(session: Session, new: ImportVersion, versions: Sequence[TranscriptRow]) -> int:
    imported = [version for version in versions if version.origin == "import"]
    row = TranscriptRow(
        segment_id=new.segment_id,
        version=_next(versions),
        parent_id=imported[-1].transcript_id if imported else None,
        origin="import",
        author=storable(new.author),
        language=language_tag(new.language) if new.language else None,
        engine_language=None if new.language is None else storable(new.language),
        text=storable(new.text),
        confidence=_rounded(new.confidence),
        flags=flags_text(new.flags),
        created_at=utc_now(),
    )
    _insert(session, row)
    return row.transcript_id


def _locked_versions(session: Session, segment_id: int) -> list[TranscriptRow]:
    """A segment's versions, oldest first; locked, so that they are numbered one after the other."""
    session.execute(
        sa.select(SegmentRow.segment_id).where(SegmentRow.segment_id == segment_id).with_for_update()
    )
    return list(
        session.scalars(
            sa.select(TranscriptRow)
            .where(TranscriptRow.segment_id == segment_id)
            .order_by(TranscriptRow.version)
        )
    )


def _next(versions: Sequence[TranscriptRow]) -> int:
    return versions[-1].version + 1 if versions else 1


def _insert(session: Session, row: TranscriptRow) -> None:
    session.add(row)
    session.flush()
    index_text(session, row.transcript_id, row.text)


def _pending(
    session: Session, key: TranscriptKey, *conditions: sa.ColumnExpressionArgument[bool]
) -> list[Segment]:
    """Segments that meet `conditions`, without a text under their key and without an open failure."""
    language = sa.func.coalesce(SegmentRow.language, RecordingRow.language)
    context = sa.func.coalesce(SegmentRow.context, RecordingRow.context)
    tables = sa.join(SegmentRow, RecordingRow, RecordingRow.recording_id == SegmentRow.recording_id).join(
        SegmentationRow, SegmentationRow.segmentation_id == SegmentRow.segmentation_id
    )
    prompts = session.execute(
        sa.select(language, context).select_from(tables).where(*conditions).distinct()
    ).all()
    failed = sa.exists().where(
        FailureRow.stage == STAGE,
        FailureRow.fingerprint == key.call,
        FailureRow.segment_id == SegmentRow.segment_id,
        FailureRow.resolved_at.is_(None),
    )
    pending: list[Segment] = []
    for prompt in (Prompt(*row) for row in prompts):
        done = sa.exists().where(
            TranscriptRow.segment_id == SegmentRow.segment_id,
            TranscriptRow.engine_fingerprint == key.of(prompt),
        )
        rows = session.execute(
            sa.select(
                SegmentRow.segment_id,
                SegmentRow.recording_id,
                SegmentRow.channel,
                SegmentRow.start_ms,
                SegmentRow.end_ms,
            )
            .select_from(tables)
            .where(
                *conditions,
                language.is_not_distinct_from(prompt.language),
                context.is_not_distinct_from(prompt.context),
                ~done,
                ~failed,
            )
        )
        pending += [
            Segment(
                row.segment_id,
                row.recording_id,
                row.channel,
                TimeSpan.from_ms(row.start_ms, row.end_ms),
                prompt,
            )
            for row in rows
        ]
    return pending


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, CONFIDENCE_DIGITS)
