"""From texts to the times of their words: the aligner is given a text, whoever wrote it."""

import time
from collections.abc import Sequence

from asrlab.align.how import Alignment
from asrlab.align.spans import drain_spans
from asrlab.audio.batches import Clip, LoadedBatch, load_batches
from asrlab.catalog import Catalog
from asrlab.catalog.alignments import (
    STAGE,
    NewAlignment,
    TranscriptToAlign,
    add_alignment,
    still_to_align,
    transcripts_to_align,
)
from asrlab.catalog.ceilings import remembered_ceiling
from asrlab.catalog.failures import failed_segment, record_failure, resolve_failure
from asrlab.catalog.leases import claimed
from asrlab.catalog.recordings import audio_sources
from asrlab.catalog.runs import note_work
from asrlab.catalog.spans import texts_with_spans
from asrlab.domain.audio import AudioSource
from asrlab.domain.labels import FLAG_NOT_COVERED, AlignedWord
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import Seconds
from asrlab.engines.coverage import MAX_UNCOVERED, speech_in, uncovered_seconds
from asrlab.engines.isolation import memory_of, run_isolated
from asrlab.engines.protocol import LearnsMemory, Waveform
from asrlab.errors import ItemError
from asrlab.stopping import check_stop


def transcripts_pending(
    catalog: Catalog, fingerprint: str, segment_ids: Sequence[int]
) -> list[TranscriptToAlign]:
    """The texts that count today in these segments, without this aligner's words or failure, in whole or in part."""
    with catalog.reading() as session:
        whole = transcripts_to_align(session, fingerprint, segment_ids)
        return [*whole, *texts_with_spans(session, fingerprint, segment_ids)]


def align_segments(catalog: Catalog, how: Alignment, segment_ids: Sequence[int]) -> int:
    """Align the text that counts today in each of these segments; returns how many were stored now.

    Idempotent; texts another process has claimed or finished are left alone. A text that can't be aligned is
    recorded with its reason, and stays. Of a text that a person edited, only what they changed is aligned.
    """
    stored = drain_spans(catalog, how, segment_ids)
    with catalog.reading() as session:
        pending = transcripts_to_align(session, how.fingerprint, segment_ids)
    with claimed(catalog, STAGE, how.fingerprint, [text.transcript_id for text in pending]) as mine:
        with catalog.reading() as session:
            transcripts = still_to_align(session, how.fingerprint, mine)
            sources = audio_sources(session, [text.segment.recording_id for text in transcripts])
        clips = [
            Clip(text, sources.get(text.segment.recording_id), text.segment.span, text.segment.channel)
            for text in transcripts
        ]
        memory = how.aligner.memory if isinstance(how.aligner, LearnsMemory) else None
        with remembered_ceiling(catalog, how.aligner.info.revision, memory):
            for batch in load_batches(clips, how.batch_seconds):
                check_stop()
                began = time.perf_counter()
                results = _align(how, batch)
                took = time.perf_counter() - began
                stored += _store(catalog, how, batch, results, sources, took)
    return stored


def _align(
    how: Alignment, batch: LoadedBatch[TranscriptToAlign]
) -> list[tuple[AlignedWord, ...] | ItemError]:
    def call(items: Sequence[tuple[TranscriptToAlign, Waveform]]) -> Sequence[tuple[AlignedWord, ...]]:
        return how.aligner.align(
            [waveform for _, waveform in items],
            [transcript.text for transcript, _ in items],
            languages=[transcript.language for transcript, _ in items],
        )

    items = list(zip(batch.items, batch.waveforms, strict=True))
    return run_isolated(call, items, FailureReason.ALIGNMENT_FAILED) if items else []


def _store(
    catalog: Catalog,
    how: Alignment,
    batch: LoadedBatch[TranscriptToAlign],
    results: Sequence[tuple[AlignedWord, ...] | ItemError],
    sources: dict[int, AudioSource],
    engine_seconds: Seconds,
) -> int:
    stored = 0
    audio_seconds = 0.0
    outcomes = [*zip(batch.items, results, strict=True), *batch.unreadable]
    flags = {
        transcript.transcript_id: _flags(waveform, words)
        for transcript, waveform, words in zip(batch.items, batch.waveforms, results, strict=True)
        if not isinstance(words, ItemError)
    }
    with catalog.writing() as session:
        for transcript, result in outcomes:
            if not isinstance(result, ItemError):
                new = NewAlignment(
                    transcript, how.run_id, how.fingerprint, result, flags[transcript.transcript_id]
                )
                if add_alignment(session, new):
                    stored += 1
                    audio_seconds += transcript.segment.span.duration
                resolve_failure(session, STAGE, str(transcript.transcript_id), how.fingerprint)
                continue
            source = sources.get(transcript.segment.recording_id)
            record_failure(
                session,
                failed_segment(
                    STAGE, transcript.transcript_id, transcript.segment, source, how.fingerprint, result
                ),
            )
        note_work(session, how.run_id, audio_seconds, engine_seconds, memory_of(how.aligner))
    return stored


def _flags(waveform: Waveform, words: Sequence[AlignedWord]) -> tuple[str, ...]:
    uncovered = uncovered_seconds(speech_in(waveform), words)
    return (FLAG_NOT_COVERED,) if uncovered > MAX_UNCOVERED else ()
