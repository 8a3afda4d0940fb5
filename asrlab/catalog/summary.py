"""Counts over the catalog: what `status` prints and what a progress bar watches."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.schema import (
    AlignmentRow,
    FailureRow,
    RecordingFileRow,
    RecordingRow,
    SegmentationRow,
    SegmentRow,
    TranscriptRow,
)
from asrlab.catalog.transcripts import of_call
from asrlab.catalog.values import chunks
from asrlab.domain.time import MS_PER_SECOND, Seconds


@dataclass(frozen=True, slots=True)
class CorpusSummary:
    """What stands in the catalog of one corpus. Durations in seconds of audio."""

    corpus: str
    recordings: int
    audio_seconds: Seconds
    segmented_recordings: int
    segments: int
    segment_seconds: Seconds
    transcribed_segments: int
    transcribed_seconds: Seconds
    aligned_segments: int
    aligned_seconds: Seconds


def corpus_summaries(session: Session) -> list[CorpusSummary]:
    """One summary per corpus, by name; of recordings that have a place, as in v_current."""
    somewhere = sa.exists().where(
        RecordingFileRow.recording_id == RecordingRow.recording_id, RecordingFileRow.superseded_at.is_(None)
    )
    recordings = session.execute(
        sa.select(
            RecordingRow.corpus,
            sa.func.count(),
            sa.func.sum(sa.cast(RecordingRow.num_samples, sa.Double) / RecordingRow.sampling_rate),
        )
        .where(somewhere)
        .group_by(RecordingRow.corpus)
    ).all()
    segmented = dict(
        session.execute(
            sa.select(RecordingRow.corpus, sa.func.count())
            .join(SegmentationRow, SegmentationRow.recording_id == RecordingRow.recording_id)
            .where(SegmentationRow.is_active, somewhere)
            .group_by(RecordingRow.corpus)
        )
        .tuples()
        .all()
    )
    transcribed = sa.exists().where(TranscriptRow.segment_id == SegmentRow.segment_id)
    aligned = sa.exists().where(
        TranscriptRow.segment_id == SegmentRow.segment_id,
        AlignmentRow.transcript_id == TranscriptRow.transcript_id,
    )
    length = SegmentRow.end_ms - SegmentRow.start_ms
    segments = {
        row[0]: row[1:]
        for row in session.execute(
            sa.select(
                RecordingRow.corpus,
                sa.func.count(),
                sa.func.sum(length),
                sa.func.sum(sa.case((transcribed, 1), else_=0)),
                sa.func.sum(sa.case((transcribed, length), else_=0)),
                sa.func.sum(sa.case((aligned, 1), else_=0)),
                sa.func.sum(sa.case((aligned, length), else_=0)),
            )
            .join(SegmentRow, SegmentRow.recording_id == RecordingRow.recording_id)
            .join(SegmentationRow, SegmentationRow.segmentation_id == SegmentRow.segmentation_id)
            .where(SegmentationRow.is_active, SegmentRow.superseded_by.is_(None), somewhere)
            .group_by(RecordingRow.corpus)
        )
    }
    return [
        _summary(
            corpus,
            count,
            float(seconds or 0),
            segmented.get(corpus, 0),
            segments.get(corpus, (0, 0, 0, 0, 0, 0)),
        )
        for corpus, count, seconds in sorted(recordings, key=lambda row: str(row[0]))
    ]


def _summary(
    corpus: str, recordings: int, seconds: float, segmented: int, segments: Sequence[int]
) -> CorpusSummary:
    count, length_ms, transcribed, transcribed_ms, aligned, aligned_ms = (
        int(value or 0) for value in segments
    )
    return CorpusSummary(
        corpus=corpus,
        recordings=recordings,
        audio_seconds=seconds,
        segmented_recordings=segmented,
        segments=count,
        segment_seconds=length_ms / MS_PER_SECOND,
        transcribed_segments=transcribed,
        transcribed_seconds=transcribed_ms / MS_PER_SECOND,
        aligned_segments=aligned,
        aligned_seconds=aligned_ms / MS_PER_SECOND,
    )


@dataclass(frozen=True, slots=True)
class LabelProgress:
    """How far a labeling job is, in seconds of audio; `files` counts those read through or refused.

    labeled_seconds: transcribed by this engine since the job began, under any segmentation, so it never shrinks.
    """

    files: int
    recordings: int
    segments: int
    segment_seconds: Seconds
    transcribed_seconds: Seconds
    aligned_seconds: Seconds
    labeled_seconds: Seconds


def newest_transcript(session: Session) -> int:
    """The id of the newest transcript, 0 when there is none: what is labeled later has a higher one."""
    return session.scalar(sa.select(sa.func.max(TranscriptRow.transcript_id))) or 0


def label_progress(
    session: Session,
    uris: Sequence[str],
    transcribe_fingerprint: str,
    align_fingerprint: str | None,
    since_transcript: int,
) -> LabelProgress:
    """How far the job with these fingerprints is on the recordings in these files.

    since_transcript: the newest transcript when the job began.
    """
    files = 0
    ids: set[int] = set()
    for some in chunks(uris):
        known = session.execute(
            sa.select(RecordingFileRow.recording_id).where(
                RecordingFileRow.uri.in_(some), RecordingFileRow.superseded_at.is_(None)
            )
        ).all()
        ids.update(row.recording_id for row in known)
        files += len(known)
        files += session.scalars(
            sa.select(sa.func.count()).where(
                FailureRow.stage == "ingest", FailureRow.item.in_(some), FailureRow.resolved_at.is_(None)
            )
        ).one()
    transcribed = sa.exists().where(
        TranscriptRow.segment_id == SegmentRow.segment_id,
        of_call(TranscriptRow.engine_fingerprint, transcribe_fingerprint),
    )
    labeled_since = transcribed.where(TranscriptRow.transcript_id > since_transcript)
    aligned = sa.exists().where(
        TranscriptRow.segment_id == SegmentRow.segment_id,
        AlignmentRow.transcript_id == TranscriptRow.transcript_id,
        AlignmentRow.fingerprint == (align_fingerprint or ""),
    )
    length = SegmentRow.end_ms - SegmentRow.start_ms
    totals = [0, 0, 0, 0, 0]
    for some_ids in chunks(sorted(ids)):
        row = session.execute(
            sa.select(
                sa.func.count(),
                sa.func.sum(length),
                sa.func.sum(sa.case((transcribed, length), else_=0)),
                sa.func.sum(sa.case((aligned, length), else_=0)),
            )
            .join(SegmentationRow, SegmentationRow.segmentation_id == SegmentRow.segmentation_id)
            .where(
                SegmentRow.recording_id.in_(some_ids),
                SegmentationRow.is_active,
                SegmentRow.superseded_by.is_(None),
            )
        ).one()
        labeled = session.scalar(
            sa.select(sa.func.sum(length)).where(SegmentRow.recording_id.in_(some_ids), labeled_since)
        )
        totals = [total + int(value or 0) for total, value in zip(totals, (*row, labeled), strict=True)]
    return LabelProgress(files, len(ids), totals[0], *(ms / MS_PER_SECOND for ms in totals[1:]))
