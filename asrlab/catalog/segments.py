"""Segmentations and their segments."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from asrlab.catalog.schema import ActivationRow, FailureRow, RecordingRow, SegmentationRow, SegmentRow
from asrlab.catalog.values import chunks, utc_now
from asrlab.domain.reference import NO_PROMPT, Prompt
from asrlab.domain.time import MS_PER_SECOND, Seconds, TimeSpan

STAGE = "segment"
IMPORT_RECIPE = "import"
"""The recipe, and the fingerprint, of the segmentation that references make of a recording."""


@dataclass(frozen=True, slots=True)
class NewSegmentation:
    """How one recording was cut. speech_seconds: how much speech the detector saw, over all channels.

    pieces: the segments, each with its channel (None: the mean of all).
    """

    recording_id: int
    content_hash: str
    recipe: str
    parameters: str
    fingerprint: str
    speech_seconds: Seconds
    pieces: tuple[tuple[int | None, TimeSpan], ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment as the stages work on it. prompt: its own, or its recording's; only transcription asks for it."""

    segment_id: int
    recording_id: int
    channel: int | None
    span: TimeSpan
    prompt: Prompt = NO_PROMPT


def segment_content_hash(recording_hash: str, channel: int | None, span: TimeSpan) -> str:
    """The identity of a segment's audio: the same interval of the same bytes, whoever cut it."""
    name = f"{recording_hash}:{'mix' if channel is None else channel}:{span.start_ms}:{span.end_ms}"
    return hashlib.sha256(name.encode()).hexdigest()


def recordings_to_segment(
    session: Session, fingerprint: str, max_seconds: Seconds, recording_ids: Sequence[int]
) -> list[int]:
    """Those whose active segmentation is not the one they are to have, and that did not fail at it.

    A recording is to be cut by this fingerprint's recipe, unless references cut it into pieces of at most
    `max_seconds` already.
    """
    pending: list[int] = []
    for some in chunks(recording_ids):
        wanted = _wanted(fingerprint, max_seconds)
        done = sa.exists().where(
            SegmentationRow.recording_id == RecordingRow.recording_id,
            SegmentationRow.fingerprint == wanted,
            SegmentationRow.is_active,
        )
        failed = sa.exists().where(
            FailureRow.stage == STAGE,
            FailureRow.recording_id == RecordingRow.recording_id,
            FailureRow.fingerprint == fingerprint,
            FailureRow.resolved_at.is_(None),
        )
        pending += session.scalars(
            sa.select(RecordingRow.recording_id)
            .where(RecordingRow.recording_id.in_(some), ~done, ~failed)
            .order_by(RecordingRow.recording_id)
        )
    return pending


def _wanted(fingerprint: str, max_seconds: Seconds) -> sa.ColumnElement[str]:
    """The fingerprint of the segmentation that a row of recordings is to have."""
    references = aliased(SegmentationRow)
    too_long = (
        sa.exists()
        .where(
            SegmentRow.segmentation_id == references.segmentation_id,
            SegmentRow.superseded_by.is_(None),
            SegmentRow.end_ms - SegmentRow.start_ms > round(max_seconds * MS_PER_SECOND),
        )
        .correlate(references)
    )
    # Said outright: two selects away, a row would be of any recording.
    fits = (
        sa.exists()
        .where(
            references.recording_id == RecordingRow.recording_id,
            references.fingerprint == IMPORT_RECIPE,
            ~too_long,
        )
        .correlate(RecordingRow)
    )
    return sa.case((fits, IMPORT_RECIPE), else_=fingerprint)


def activate_wanted(session: Session, fingerprint: str, max_seconds: Seconds, recording_id: int) -> bool:
    """Make the segmentation that this recording is to have the active one; False when it is not there yet."""
    wanted = session.scalars(
        sa.select(_wanted(fingerprint, max_seconds)).where(RecordingRow.recording_id == recording_id)
    ).one()
    return _activate(session, wanted, recording_id)


def _activate(session: Session, fingerprint: str, recording_id: int) -> bool:
    segmentation_id = session.scalar(
        sa.select(SegmentationRow.segmentation_id).where(
            SegmentationRow.recording_id == recording_id, SegmentationRow.fingerprint == fingerprint
        )
    )
    if segmentation_id is None:
        return False
    set_active(session, recording_id, segmentation_id)
    return True


def set_active(session: Session, recording_id: int, segmentation_id: int) -> None:
    """Make this the recording's active segmentation, and no other."""
    # Locked first, so that two activations of one recording follow each other.
    session.execute(
        sa.select(RecordingRow.recording_id)
        .where(RecordingRow.recording_id == recording_id)
        .with_for_update()
    )
    if _is_active(session, segmentation_id):
        return
    _deactivate(session, recording_id)
    session.execute(
        sa.update(SegmentationRow)
        .where(SegmentationRow.segmentation_id == segmentation_id)
        .values(is_active=True)
    )
    _note_activation(session, recording_id, segmentation_id)


def add_segmentation(session: Session, new: NewSegmentation) -> None:
    """Store a segmentation with its segments and make it the active one; a no-op when it stands there."""
    session.execute(
        sa.select(RecordingRow.recording_id)
        .where(RecordingRow.recording_id == new.recording_id)
        .with_for_update()
    )
    if _activate(session, new.fingerprint, new.recording_id):
        return
    _deactivate(session, new.recording_id)
    row = SegmentationRow(
        recording_id=new.recording_id,
        recipe=new.recipe,
        parameters=new.parameters,
        fingerprint=new.fingerprint,
        is_active=True,
        speech_ms=round(new.speech_seconds * MS_PER_SECOND),
        created_at=utc_now(),
    )
    session.add(row)
    session.flush()
    _note_activation(session, new.recording_id, row.segmentation_id)
    session.add_all(
        SegmentRow(
            segmentation_id=row.segmentation_id,
            recording_id=new.recording_id,
            channel=channel,
            start_ms=span.start_ms,
            end_ms=span.end_ms,
            content_hash=segment_content_hash(new.content_hash, channel, span),
        )
        for channel, span in new.pieces
    )
    session.flush()


def segments_of_today(session: Session, recording_ids: Sequence[int]) -> list[Segment]:
    """The segments of these recordings' active segmentations that no edit superseded, by recording and time."""
    found: list[Segment] = []
    for some in chunks(recording_ids):
        rows = session.execute(
            sa.select(
                SegmentRow.segment_id,
                SegmentRow.recording_id,
                SegmentRow.channel,
                SegmentRow.start_ms,
                SegmentRow.end_ms,
            )
            .join(SegmentationRow, SegmentationRow.segmentation_id == SegmentRow.segmentation_id)
            .where(
                SegmentRow.recording_id.in_(some),
                SegmentationRow.is_active,
                SegmentRow.superseded_by.is_(None),
            )
        )
        found += [
            Segment(row.segment_id, row.recording_id, row.channel, TimeSpan.from_ms(row.start_ms, row.end_ms))
            for row in rows
        ]
    return sorted(found, key=lambda segment: (segment.recording_id, segment.span, segment.segment_id))


def stretches_of_today(
    session: Session, recording_ids: Sequence[int]
) -> dict[int, list[tuple[int, int, int, int | None]]]:
    """Segment, start and end in ms, and channel of all segments of today in these recordings."""
    found: dict[int, list[tuple[int, int, int, int | None]]] = {}
    for segment in segments_of_today(session, recording_ids):
        span = segment.span
        found.setdefault(segment.recording_id, []).append(
            (segment.segment_id, span.start_ms, span.end_ms, segment.channel)
        )
    return found


def _is_active(session: Session, segmentation_id: int) -> bool:
    statement = sa.select(SegmentationRow.is_active).where(SegmentationRow.segmentation_id == segmentation_id)
    return session.scalars(statement).one()


def _note_activation(session: Session, recording_id: int, segmentation_id: int) -> None:
    """So that an export can tell which segments were those of today on an earlier day."""
    session.add(
        ActivationRow(recording_id=recording_id, segmentation_id=segmentation_id, activated_at=utc_now())
    )


def _deactivate(session: Session, recording_id: int) -> None:
    session.execute(
        sa.update(SegmentationRow)
        .where(SegmentationRow.recording_id == recording_id, SegmentationRow.is_active)
        .values(is_active=False)
    )
