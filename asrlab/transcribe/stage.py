"""From segments to transcripts: claimed, read ahead, transcribed in batches, stored batch by batch."""

from collections.abc import Sequence
from dataclasses import dataclass

from asrlab.audio.batches import Clip, LoadedBatch, load_batches
from asrlab.catalog import Catalog
from asrlab.catalog.failures import failed_segment, record_failure, resolve_failure
from asrlab.catalog.leases import claimed
from asrlab.catalog.recordings import audio_sources
from asrlab.catalog.segments import Segment
from asrlab.catalog.transcripts import (
    STAGE,
    EngineVersion,
    add_engine_version,
    segments_to_transcribe,
    still_to_transcribe,
)
from asrlab.domain.audio import AudioSource
from asrlab.domain.labels import Hypothesis
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import Seconds
from asrlab.engines.isolation import run_isolated
from asrlab.engines.protocol import Engine, Waveform
from asrlab.errors import ItemError


@dataclass(frozen=True, slots=True)
class Transcription:
    """How to transcribe. fingerprint: over the engine, its weights, the language and the context."""

    engine: Engine
    run_id: int
    fingerprint: str
    language: str | None
    context: str
    batch_seconds: Seconds


def segments_pending(catalog: Catalog, fingerprint: str, recording_ids: Sequence[int]) -> list[Segment]:
    """The segments of today in these recordings without this engine's result or failure."""
    with catalog.reading() as session:
        return segments_to_transcribe(session, fingerprint, recording_ids)


def transcribe_segments(catalog: Catalog, how: Transcription, segment_ids: Sequence[int]) -> int:
    """Transcribe these segments and store each as its segment's next version; returns how many.

    Idempotent; segments another process has claimed or finished are left alone. A segment that fails is
    recorded and the rest goes on. No transaction is open while the engine runs.
    """
    stored = 0
    with claimed(catalog, STAGE, how.fingerprint, segment_ids) as mine:
        with catalog.reading() as session:
            segments = still_to_transcribe(session, how.fingerprint, mine)
            sources = audio_sources(session, [segment.recording_id for segment in segments])
        clips = [
            Clip(segment, sources.get(segment.recording_id), segment.span, segment.channel)
            for segment in segments
        ]
        for batch in load_batches(clips, how.batch_seconds):
            stored += _store(catalog, how, batch, _transcribe(how, batch), sources)
    return stored


def _transcribe(how: Transcription, batch: LoadedBatch[Segment]) -> list[Hypothesis | ItemError]:
    longest = how.engine.info.max_seconds
    too_long: dict[int, ItemError] = {}
    for index, segment in enumerate(batch.items):
        if longest is not None and segment.span.duration > longest:
            too_long[index] = ItemError(
                FailureReason.TOO_LONG,
                f"{segment.span.duration:.1f} s in one segment, and {how.engine.info.name} reads {longest:g} s "
                f"at once: segment again with --max-segment {longest:g}",
            )

    def call(waveforms: Sequence[Waveform]) -> Sequence[Hypothesis]:
        return how.engine.transcribe(waveforms, language=how.language, context=how.context)

    short = [waveform for index, waveform in enumerate(batch.waveforms) if index not in too_long]
    results = iter(run_isolated(call, short, FailureReason.ENGINE_ERROR) if short else [])
    return [too_long[index] if index in too_long else next(results) for index in range(len(batch.items))]


def _store(
    catalog: Catalog,
    how: Transcription,
    batch: LoadedBatch[Segment],
    results: Sequence[Hypothesis | ItemError],
    sources: dict[int, AudioSource],
) -> int:
    stored = 0
    outcomes = [*zip(batch.items, results, strict=True), *batch.unreadable]
    with catalog.writing() as session:
        for segment, result in outcomes:
            if isinstance(result, Hypothesis):
                stored += add_engine_version(
                    session,
                    EngineVersion(
                        segment.segment_id, how.run_id, how.fingerprint, how.engine.info.name, result
                    ),
                )
                resolve_failure(session, STAGE, str(segment.segment_id), how.fingerprint)
                continue
            source = sources.get(segment.recording_id)
            record_failure(
                session,
                failed_segment(STAGE, segment.segment_id, segment, source, how.fingerprint, result),
            )
    return stored
