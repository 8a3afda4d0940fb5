"""What manifests and sidecars say of recordings: metadata, and texts as transcripts of origin `import`.

A recording with reference texts has one segmentation of the recipe `import`, whose segments are the intervals the
references name. It grows: a later reference that overlaps a segment supersedes it, any other joins it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.failures import resolve_prompted
from asrlab.catalog.schema import RecordingRow, SegmentationRow, SegmentRow
from asrlab.catalog.segments import IMPORT_RECIPE, segment_content_hash, set_active
from asrlab.catalog.transcripts import add_import_version
from asrlab.catalog.values import canonical_json, chunks, storable, utc_now
from asrlab.domain.reference import Reference
from asrlab.domain.time import MS_PER_SECOND, TimeSpan

# Durations in manifests are rounded: an interval may end a little before or behind the audio that it is all of.
END_TOLERANCE_S = 0.1
_FIELDS = ("language", "context", "speaker", "license")


@dataclass(frozen=True, slots=True)
class RefusedReference:
    """A reference that could not be stored, and why."""

    reference: Reference
    why: str


@dataclass(frozen=True, slots=True)
class _Piece:
    """A segment to be, and what was said of it."""

    span: TimeSpan
    reference: Reference


def stored_digests(session: Session, recording_ids: Sequence[int]) -> dict[int, str | None]:
    """The digest of the references stored last, by recording."""
    found: dict[int, str | None] = {}
    for some in chunks(recording_ids):
        rows = session.execute(
            sa.select(RecordingRow.recording_id, RecordingRow.references_digest).where(
                RecordingRow.recording_id.in_(some)
            )
        )
        found.update({row.recording_id: row.references_digest for row in rows})
    return found


def store_references(
    session: Session, recording_id: int, references: Sequence[Reference], digest: str
) -> list[RefusedReference]:
    """Store what is said of a recording, and `digest` when all of it could be; returns what could not.

    Idempotent: equal texts make no new versions. What the recording's references agree on is said of the recording,
    the rest of the segments they name; a value that is given again takes the place of the one before.
    """
    recording = session.scalars(
        sa.select(RecordingRow).where(RecordingRow.recording_id == recording_id).with_for_update()
    ).one()
    pieces, refused = _pieces(recording, references)
    shared = shared_values([values_of(reference) for reference in references])
    describe_recording(session, recording, shared)
    # With something refused all is looked at again: it may be mended by then, and must not be forgotten.
    recording.references_digest = None if refused else digest
    if pieces:
        _store_pieces(session, recording, pieces, shared)
    return refused


def _pieces(
    recording: RecordingRow, references: Sequence[Reference]
) -> tuple[list[_Piece], list[RefusedReference]]:
    """The segments that the references name, one an interval; of a whole recording only when it has a text."""
    duration = recording.num_samples / recording.sampling_rate
    by_span: dict[TimeSpan, Reference] = {}
    refused: list[RefusedReference] = []
    for reference in references:
        end = duration if reference.end is None else reference.end
        if reference.start == 0 and abs(end - duration) <= END_TOLERANCE_S:
            if reference.text is None:
                continue
            end = duration
        if end > duration + END_TOLERANCE_S or reference.start >= min(end, duration):
            why = f"the interval {reference.start:g}–{end:g} s does not lie in the audio's {duration:.3f} s"
            refused.append(RefusedReference(reference, why))
            continue
        # The end is cut, never rounded up: a segment must not end behind its recording.
        last_ms = int(duration * MS_PER_SECOND)
        start_ms, end_ms = round(reference.start * MS_PER_SECOND), round(end * MS_PER_SECOND)
        if start_ms >= min(end_ms, last_ms):
            refused.append(
                RefusedReference(reference, f"the interval {reference.start:g}–{end:g} s holds no audio")
            )
            continue
        span = TimeSpan.from_ms(start_ms, min(end_ms, last_ms))
        before = by_span.get(span)
        if before is not None and before.text and reference.text and before.text != reference.text:
            why = f"another text stands for the same audio: {before.place}"
            refused.append(RefusedReference(reference, why))
        elif before is None or not before.text:
            by_span[span] = reference
    whole = TimeSpan.from_ms(0, int(duration * MS_PER_SECOND))
    if len(by_span) > 1 and whole in by_span:
        why = "the text of the whole recording is left out, because others name intervals of it"
        refused.append(RefusedReference(by_span.pop(whole), why))
    return [_Piece(span, by_span[span]) for span in sorted(by_span)], refused


def values_of(reference: Reference) -> dict[str, str]:
    """All that is said beside interval and text, by column."""
    said = {
        **reference.metadata,
        "language": reference.prompt.language,
        "context": reference.prompt.context,
        "speaker": reference.speaker,
        "license": reference.license,
    }
    return {storable(name): storable(value) for name, value in said.items() if value is not None}


def shared_values(said: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """What all agree on."""
    first, *rest = said
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in rest)}


def describe_recording(session: Session, recording: RecordingRow, shared: Mapping[str, str]) -> None:
    prompt = (recording.language, recording.context)
    for name in _FIELDS:
        if name in shared:
            setattr(recording, name, shared[name])
    if (recording.language, recording.context) != prompt:
        resolve_prompted(session, recording.recording_id)
    others = {name: value for name, value in shared.items() if name not in _FIELDS}
    recording.metadata_json = canonical_json({**json.loads(recording.metadata_json), **others})


def _store_pieces(
    session: Session, recording: RecordingRow, pieces: Sequence[_Piece], shared: Mapping[str, str]
) -> None:
    segmentation_id = import_segmentation(session, recording)
    rows = list(
        session.scalars(sa.select(SegmentRow).where(SegmentRow.segmentation_id == segmentation_id)).all()
    )
    by_hash = {row.content_hash: row for row in rows}
    kept: list[SegmentRow] = []
    for piece in pieces:
        key = segment_content_hash(recording.content_hash, None, piece.span)
        row = by_hash.get(key)
        if row is None:
            row = SegmentRow(
                segmentation_id=segmentation_id,
                recording_id=recording.recording_id,
                channel=None,
                start_ms=piece.span.start_ms,
                end_ms=piece.span.end_ms,
                content_hash=key,
            )
            session.add(row)
        row.superseded_by = None
        row.superseded_at = None
        own = {name: value for name, value in values_of(piece.reference).items() if name not in shared}
        row.speaker = own.pop("speaker", None)
        row.language = own.pop("language", None)
        row.context = own.pop("context", None)
        row.metadata_json = canonical_json(own)
        kept.append(row)
    session.flush()
    _supersede(rows, kept)
    session.flush()
    session.execute(
        sa.update(SegmentationRow)
        .where(SegmentationRow.segmentation_id == segmentation_id)
        .values(
            speech_ms=sa.select(sa.func.sum(SegmentRow.end_ms - SegmentRow.start_ms))
            .where(SegmentRow.segmentation_id == segmentation_id, SegmentRow.superseded_by.is_(None))
            .scalar_subquery()
        )
    )
    for row, piece in zip(kept, pieces, strict=True):
        if piece.reference.text is not None:
            add_import_version(
                session,
                row.segment_id,
                piece.reference.text,
                author=piece.reference.source,
                language=piece.reference.prompt.language,
            )
    session.flush()


def import_segmentation(session: Session, recording: RecordingRow) -> int:
    """The recording's segmentation of references; made, and made the active one, when there is none."""
    known = session.scalar(
        sa.select(SegmentationRow.segmentation_id).where(
            SegmentationRow.recording_id == recording.recording_id,
            SegmentationRow.fingerprint == IMPORT_RECIPE,
        )
    )
    if known is not None:
        return known
    row = SegmentationRow(
        recording_id=recording.recording_id,
        recipe=IMPORT_RECIPE,
        parameters="{}",
        fingerprint=IMPORT_RECIPE,
        is_active=False,
        speech_ms=0,
        created_at=utc_now(),
    )
    session.add(row)
    session.flush()
    set_active(session, recording.recording_id, row.segmentation_id)
    return row.segmentation_id


def _supersede(rows: Sequence[SegmentRow], kept: Sequence[SegmentRow]) -> None:
    """Let the references of now take the place of those of before that they overlap."""
    now = {row.segment_id for row in kept}
    for row in rows:
        if row.segment_id in now or row.superseded_by is not None:
            continue
        over = next((new for new in kept if new.start_ms < row.end_ms and row.start_ms < new.end_ms), None)
        if over is not None:
            row.superseded_by = over.segment_id
            row.superseded_at = utc_now()
