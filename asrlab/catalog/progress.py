"""How far each stage is with each corpus, how fast it goes now, and when it will be through."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.schema import (
    AlignmentRow,
    EngineRunRow,
    LeaseRow,
    RecordingRow,
    SegmentRow,
    TranscriptRow,
)
from asrlab.catalog.summary import CorpusSummary, corpus_summaries
from asrlab.catalog.values import utc_now
from asrlab.domain.time import MS_PER_SECOND, Seconds

# What counts as now, for a speed.
WINDOW = timedelta(minutes=5)
STAGES = ("segment", "transcribe", "align")


@dataclass(frozen=True, slots=True)
class StageProgress:
    """A stage over a corpus: recordings to cut, segments to transcribe, texts to align.

    total counts what there is to do today, done what needs nothing any more; failed and running are of the rest.
    done_seconds, total_seconds: of audio. speed: seconds of audio per second over the last minutes, None when nothing
    was done in them. eta_seconds: until the rest is done at that speed.
    """

    corpus: str
    stage: str
    total: int
    done: int
    running: int
    failed: int
    total_seconds: Seconds
    done_seconds: Seconds
    speed: float | None
    eta_seconds: Seconds | None


def stage_progress(session: Session) -> list[StageProgress]:
    """Every stage of every corpus, by corpus."""
    running = _running(session)
    failed = _failed(session)
    speeds = {"transcribe": _speeds(session, TranscriptRow), "align": _speeds(session, AlignmentRow)}
    return [
        _progress(summary, stage, running, failed, speeds.get(stage, {}).get(summary.corpus))
        for summary in corpus_summaries(session)
        for stage in STAGES
    ]


def _progress(
    summary: CorpusSummary,
    stage: str,
    running: Mapping[tuple[str, str], int],
    failed: Mapping[tuple[str, str], int],
    speed: float | None,
) -> StageProgress:
    counts = {
        "segment": (summary.recordings, summary.segmented_recordings),
        "transcribe": (summary.segments, summary.transcribed_segments),
        "align": (summary.segments, summary.aligned_segments),
    }
    seconds = {
        # What share of a recording is cut is not known before it is.
        "segment": (summary.audio_seconds, 0.0),
        "transcribe": (summary.segment_seconds, summary.transcribed_seconds),
        "align": (summary.segment_seconds, summary.aligned_seconds),
    }
    total, done = counts[stage]
    total_seconds, done_seconds = seconds[stage]
    if stage == "segment" and total:
        done_seconds = total_seconds * done / total
    left = max(total_seconds - done_seconds, 0.0)
    key = (summary.corpus, stage)
    return StageProgress(
        *key,
        total=total,
        done=done,
        running=running.get(key, 0),
        failed=failed.get(key, 0),
        total_seconds=total_seconds,
        done_seconds=done_seconds,
        speed=speed,
        eta_seconds=left / speed if speed and left else None,
    )


def _running(session: Session) -> dict[tuple[str, str], int]:
    """Items that a living claim holds, by corpus and stage."""
    items = {
        "segment": sa.select(RecordingRow.corpus, LeaseRow.item_id).join(
            RecordingRow, RecordingRow.recording_id == LeaseRow.item_id
        ),
        "transcribe": sa.select(RecordingRow.corpus, LeaseRow.item_id)
        .join(SegmentRow, SegmentRow.segment_id == LeaseRow.item_id)
        .join(RecordingRow, RecordingRow.recording_id == SegmentRow.recording_id),
        "align": sa.select(RecordingRow.corpus, LeaseRow.item_id)
        .join(TranscriptRow, TranscriptRow.transcript_id == LeaseRow.item_id)
        .join(SegmentRow, SegmentRow.segment_id == TranscriptRow.segment_id)
        .join(RecordingRow, RecordingRow.recording_id == SegmentRow.recording_id),
    }
    found: dict[tuple[str, str], int] = {}
    now = utc_now()
    for stage, statement in items.items():
        held = statement.where(LeaseRow.stage == stage, LeaseRow.expires_at >= now).subquery()
        for corpus, count in session.execute(
            sa.select(held.c.corpus, sa.func.count()).group_by(held.c.corpus)
        ):
            found[corpus, stage] = count
    return found


def _failed(session: Session) -> dict[tuple[str, str], int]:
    rows = session.execute(
        sa.text(
            "SELECT r.corpus, f.stage, COUNT(*) FROM v_failures f "
            "JOIN recordings r ON r.recording_id = f.recording_id GROUP BY r.corpus, f.stage"
        )
    )
    return {(row[0], row[1]): row[2] for row in rows}


def _speeds(session: Session, made: type[TranscriptRow] | type[AlignmentRow]) -> dict[str, float]:
    """Seconds of audio per second in the last minutes, by corpus: since its runs began, or since the minutes did."""
    now = utc_now()
    since = now - WINDOW
    statement = (
        sa.select(
            RecordingRow.corpus,
            sa.func.sum(SegmentRow.end_ms - SegmentRow.start_ms),
            sa.func.min(EngineRunRow.started_at),
        )
        .select_from(made)
        .join(EngineRunRow, EngineRunRow.run_id == made.run_id)
        .where(made.created_at >= since)
        .group_by(RecordingRow.corpus)
    )
    if made is AlignmentRow:
        statement = statement.join(TranscriptRow, TranscriptRow.transcript_id == AlignmentRow.transcript_id)
    statement = statement.join(SegmentRow, SegmentRow.segment_id == TranscriptRow.segment_id).join(
        RecordingRow, RecordingRow.recording_id == SegmentRow.recording_id
    )
    return {
        corpus: _speed(length_ms, began, since, now)
        for corpus, length_ms, began in session.execute(statement)
    }


def _speed(length_ms: int, began: datetime, since: datetime, now: datetime) -> float:
    # At least a second: a clock that was set must not make a speed of nothing.
    passed = max((now - max(began, since)).total_seconds(), 1.0)
    return int(length_ms) / MS_PER_SECOND / passed
