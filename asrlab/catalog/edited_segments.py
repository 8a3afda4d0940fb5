"""Segments that people make of others: a border moved, split, merged. What they take the place of is superseded.

Every function works inside the caller's write transaction, with the recording locked.
"""

import json
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.reviews import LockedSegment
from asrlab.catalog.schema import RecordingRow, SegmentationRow, SegmentRow
from asrlab.catalog.segments import segment_content_hash
from asrlab.catalog.values import canonical_json, utc_now
from asrlab.domain.time import TimeSpan


def lock_recording_of(session: Session, segment_id: int) -> None:
    """Hold off everybody else who changes which segments there are of the recording; before any segment is locked."""
    recording_id = sa.select(SegmentRow.recording_id).where(SegmentRow.segment_id == segment_id)
    session.execute(
        sa.select(RecordingRow.recording_id)
        .where(RecordingRow.recording_id == recording_id.scalar_subquery())
        .with_for_update()
    )


def are_neighbours(session: Session, first: LockedSegment, second: LockedSegment) -> bool:
    """Whether both are of one channel and no segment of today begins between them."""
    if (first.segmentation_id, first.channel) != (second.segmentation_id, second.channel):
        return False
    between = sa.exists().where(
        SegmentRow.segmentation_id == first.segmentation_id,
        SegmentRow.channel.is_not_distinct_from(first.channel),
        SegmentRow.superseded_by.is_(None),
        SegmentRow.segment_id.not_in([first.segment_id, second.segment_id]),
        SegmentRow.start_ms >= min(first.span.start_ms, second.span.start_ms),
        SegmentRow.start_ms < max(first.span.start_ms, second.span.start_ms),
    )
    return not session.scalars(sa.select(between)).one()


def put_segments(
    session: Session, old: Sequence[LockedSegment], spans: Sequence[TimeSpan], speaker: str | None
) -> list[int] | None:
    """Put segments of these spans in the place of the old ones; returns their ids.

    What is said of the old ones is said of the new ones. None, and nothing done, when a segment of today that is none
    of the old has such a span already.
    """
    row = session.get_one(SegmentRow, old[0].segment_id)
    recording = session.get_one(RecordingRow, row.recording_id)
    olds = [session.get_one(SegmentRow, each.segment_id) for each in old]
    metadata: dict[str, str] = {}
    for each in reversed(olds):
        metadata.update(json.loads(each.metadata_json))
    made: list[SegmentRow] = []
    for span in spans:
        content_hash = segment_content_hash(recording.content_hash, row.channel, span)
        known = session.scalars(
            sa.select(SegmentRow).where(
                SegmentRow.segmentation_id == row.segmentation_id, SegmentRow.content_hash == content_hash
            )
        ).one_or_none()
        if known is not None and known.superseded_by is None and known not in olds:
            return None
        made.append(
            known
            or SegmentRow(
                segmentation_id=row.segmentation_id,
                recording_id=row.recording_id,
                channel=row.channel,
                start_ms=span.start_ms,
                end_ms=span.end_ms,
                content_hash=content_hash,
            )
        )
    for new in made:
        new.superseded_by = None
        new.superseded_at = None
        new.speaker = speaker
        new.language = _first(each.language for each in olds)
        new.context = _first(each.context for each in olds)
        new.metadata_json = canonical_json(metadata)
        session.add(new)
    session.flush()
    ids = [new.segment_id for new in made]
    _supersede(session, [each for each in olds if each.segment_id not in ids], ids[0])
    _count(session, row.segmentation_id, made, olds)
    return ids


def take_back(session: Session, old_ids: Sequence[int], new_ids: Sequence[int]) -> None:
    """Let the old segments be those of today again, in the place of the new ones."""
    olds = [session.get_one(SegmentRow, segment_id) for segment_id in old_ids]
    news = [session.get_one(SegmentRow, segment_id) for segment_id in new_ids]
    for old in olds:
        old.superseded_by = None
        old.superseded_at = None
    _supersede(session, [each for each in news if each.segment_id not in old_ids], old_ids[0])
    _count(session, olds[0].segmentation_id, olds, news)


def _supersede(session: Session, rows: Sequence[SegmentRow], by: int) -> None:
    now = utc_now()
    for row in rows:
        row.superseded_by = by
        row.superseded_at = now
    session.flush()


def _count(
    session: Session, segmentation_id: int, made: Sequence[SegmentRow], gone: Sequence[SegmentRow]
) -> None:
    """Speech that a person leaves out is none, and what they take in is: neither is lost, nor hides what is."""
    more = sum(each.end_ms - each.start_ms for each in made) - sum(
        each.end_ms - each.start_ms for each in gone
    )
    session.execute(
        sa.update(SegmentationRow)
        .where(SegmentationRow.segmentation_id == segmentation_id)
        .values(speech_ms=SegmentationRow.speech_ms + more)
    )


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value is not None), None)
