"""From segments to transcripts: claimed, read ahead, transcribed in batches, stored batch by batch."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from asrlab.audio.batches import Clip, LoadedBatch, load_batches
from asrlab.catalog import Catalog
from asrlab.catalog.alignments import add_heard
from asrlab.catalog.ceilings import remembered_ceiling
from asrlab.catalog.failures import failed_segment, record_failure, resolve_failure
from asrlab.catalog.leases import claimed
from asrlab.catalog.recordings import audio_sources
from asrlab.catalog.runs import note_work
from asrlab.catalog.segments import Segment
from asrlab.catalog.transcripts import (
    STAGE,
    EngineVersion,
    TranscriptKey,
    segments_to_transcribe,
    still_to_transcribe,
)
from asrlab.domain.audio import AudioSource
from asrlab.domain.labels import FLAG_EMPTY, FLAG_TRUNCATED, Hypothesis
from asrlab.domain.reasons import FailureReason
from asrlab.domain.reference import Prompt
from asrlab.domain.time import Seconds
from asrlab.engines.coverage import has_speech
from asrlab.engines.isolation import memory_of, run_isolated
from asrlab.engines.protocol import Engine, LearnsMemory, Waveform
from asrlab.errors import ItemError, OptionError
from asrlab.stopping import check_stop


@dataclass(frozen=True, slots=True)
class Transcription:
    """How to transcribe. key: over the engine, its weights, the language and the context.

    language, context: for segments that bring none of their own.
    """

    engine: Engine
    run_id: int
    key: TranscriptKey
    language: str | None
    context: str
    batch_seconds: Seconds


def segments_pending(catalog: Catalog, key: TranscriptKey, recording_ids: Sequence[int]) -> list[Segment]:
    """The segments of today in these recordings without this engine's result or failure."""
    with catalog.reading() as session:
        return segments_to_transcribe(session, key, recording_ids)


def transcribe_segments(catalog: Catalog, how: Transcription, segment_ids: Sequence[int]) -> int:
    """Transcribe these segments and store each as its segment's next version; returns how many.

    Idempotent; segments another process has claimed or finished are left alone. A segment that fails is
    recorded and the rest goes on. No transaction is open while the engine runs.
    """
    stored = 0
    with claimed(catalog, STAGE, how.key.call, segment_ids) as mine:
        with catalog.reading() as session:
            segments = still_to_transcribe(session, how.key, mine)
            sources = audio_sources(session, [segment.recording_id for segment in segments])
        clips = [
            Clip(segment, sources.get(segment.recording_id), segment.span, segment.channel)
            for segment in segments
        ]
        memory = how.engine.memory if isinstance(how.engine, LearnsMemory) else None
        with remembered_ceiling(catalog, how.engine.info.revision, memory):
            for batch in load_batches(clips, how.batch_seconds):
                check_stop()
                began = time.perf_counter()
                results = _transcribe(how, batch)
                took = time.perf_counter() - began
                stored += _store(catalog, how, batch, results, sources, took)
    return stored


def _transcribe(how: Transcription, batch: LoadedBatch[Segment]) -> list[Hypothesis | ItemError]:
    """One result a segment, in order; segments with the same prompt go to the engine together."""
    longest = how.engine.info.max_seconds
    results: dict[int, Hypothesis | ItemError] = {}
    together: dict[Prompt, list[int]] = {}
    for index, segment in enumerate(batch.items):
        if longest is not None and segment.span.duration > longest:
            results[index] = ItemError(
                FailureReason.TOO_LONG,
                f"{segment.span.duration:.1f} s in one segment, and {how.engine.info.name} reads {longest:g} s "
                f"at once: segment again with --max-segment {longest:g}",
            )
        else:
            together.setdefault(segment.prompt, []).append(index)
    for prompt, indices in together.items():
        waveforms = [batch.waveforms[index] for index in indices]
        heard = _prompted(how, prompt, waveforms)
        results.update(zip(indices, map(_checked, heard, waveforms), strict=True))
    return [results[index] for index in range(len(batch.items))]


def _prompted(
    how: Transcription, prompt: Prompt, waveforms: Sequence[Waveform]
) -> Sequence[Hypothesis | ItemError]:
    language = how.language if prompt.language is None else prompt.language
    context = how.context if prompt.context is None else prompt.context

    def call(some: Sequence[Waveform]) -> Sequence[Hypothesis]:
        return how.engine.transcribe(some, language=language, context=context)

    try:
        return run_isolated(call, waveforms, FailureReason.ENGINE_ERROR)
    except OptionError as error:
        if prompt.language is None:
            raise
        # The call's own language was checked before it began; a recording's is known only here.
        refused = ItemError(FailureReason.LANGUAGE_UNSUPPORTED, str(error))
        return [refused] * len(waveforms)


def _checked(heard: Hypothesis | ItemError, waveform: Waveform) -> Hypothesis | ItemError:
    """A clip with speech and without a text is flagged, whatever engine heard it."""
    if isinstance(heard, ItemError) or heard.text or FLAG_EMPTY in heard.flags or not has_speech(waveform):
        return heard
    return replace(heard, flags=(*heard.flags, FLAG_EMPTY))


def _truncated(segment: Segment, engine: str) -> ItemError:
    return ItemError(
        FailureReason.TEXT_TRUNCATED,
        f"{engine} did not end the text of these {segment.span.duration:.1f} s: what it wrote is kept with the flag "
        f"{FLAG_TRUNCATED}; shorter segments (--max-segment) may help",
    )


def _store(
    catalog: Catalog,
    how: Transcription,
    batch: LoadedBatch[Segment],
    results: Sequence[Hypothesis | ItemError],
    sources: dict[int, AudioSource],
    engine_seconds: Seconds,
) -> int:
    stored = 0
    audio_seconds = 0.0
    outcomes = [*zip(batch.items, results, strict=True), *batch.unreadable]
    with catalog.writing() as session:
        for segment, result in outcomes:
            if isinstance(result, Hypothesis):
                version = EngineVersion(
                    segment.segment_id, how.run_id, how.key.of(segment.prompt), how.engine.info.name, result
                )
                if add_heard(session, version, segment):
                    stored += 1
                    audio_seconds += segment.span.duration
                if FLAG_TRUNCATED not in result.flags:
                    resolve_failure(session, STAGE, str(segment.segment_id), how.key.call)
                    continue
                # What there is of the text counts, and nobody shall miss that there should be more.
                result = _truncated(segment, how.engine.info.name)
            source = sources.get(segment.recording_id)
            record_failure(
                session,
                failed_segment(STAGE, segment.segment_id, segment, source, how.key.call, result),
            )
        note_work(session, how.run_id, audio_seconds, engine_seconds, memory_of(how.engine))
    return stored
