"""Of an edited text, aligning just the words that a person changed, on just the audio they are spoken in."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from asrlab.align.context import fitted, heard_with
from asrlab.align.how import Alignment
from asrlab.audio.batches import Clip, load_batches
from asrlab.catalog import Catalog
from asrlab.catalog.alignments import STAGE, TranscriptToAlign
from asrlab.catalog.ceilings import remembered_ceiling
from asrlab.catalog.failures import failed_segment, record_failure, resolve_failure
from asrlab.catalog.leases import claimed
from asrlab.catalog.recordings import audio_sources
from asrlab.catalog.runs import note_work
from asrlab.catalog.spans import EditedText, count_attempt, edited_text, store_spans, texts_with_spans
from asrlab.catalog.values import chunks
from asrlab.domain.audio import AudioSource
from asrlab.domain.labels import AlignedWord
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import MS_PER_SECOND, TimeSpan
from asrlab.domain.words import PendingSpan
from asrlab.engines.isolation import memory_of, run_isolated
from asrlab.engines.protocol import LearnsMemory, Waveform
from asrlab.errors import ItemError
from asrlab.stopping import check_stop

# A text is stored when all its spans are done: so many are held at once.
TEXTS_AT_ONCE = 100

Found = tuple[AlignedWord, ...] | ItemError


@dataclass(frozen=True, slots=True)
class _Piece:
    """A span of an edited text, what the aligner hears for it, and what is spoken there."""

    edited: EditedText
    span: PendingSpan
    window: PendingSpan
    text: str


def drain_spans(catalog: Catalog, how: Alignment, segment_ids: Sequence[int] | None = None) -> int:
    """Align what edits left waiting in the texts that count in these segments, or in all; returns how many were stored.

    Words outside of the spans keep their times, scores and runs, also those that are heard along with a span that has
    too little room to be heard alone. A text of which a span can't be aligned is recorded with the reason, and is left
    until it is forgiven. Idempotent; what another process has claimed is left alone.
    """
    with catalog.reading() as session:
        waiting = texts_with_spans(session, how.fingerprint, segment_ids)
    stored = 0
    for texts in chunks(waiting, TEXTS_AT_ONCE):
        by_id = {text.transcript_id: text for text in texts}
        with claimed(catalog, STAGE, how.fingerprint, list(by_id)) as mine:
            stored += _drain(catalog, how, [by_id[transcript_id] for transcript_id in mine])
    return stored


def _drain(catalog: Catalog, how: Alignment, texts: Sequence[TranscriptToAlign]) -> int:
    with catalog.reading() as session:
        known = [edited_text(session, text) for text in texts]
        sources = audio_sources(session, [text.segment.recording_id for text in texts])
    edited = [each for each in known if each is not None]
    found: dict[tuple[int, int], Found] = {}
    memory = how.aligner.memory if isinstance(how.aligner, LearnsMemory) else None
    took = 0.0
    with remembered_ceiling(catalog, how.aligner.info.revision, memory):
        for batch in load_batches(_clips(edited, sources), how.batch_seconds):
            check_stop()
            began = time.perf_counter()
            results = _align(how, list(zip(batch.items, batch.waveforms, strict=True)))
            took += time.perf_counter() - began
            for piece, result in [*zip(batch.items, results, strict=True), *batch.unreadable]:
                found[piece.edited.transcript.transcript_id, piece.span.first_word] = result
    return _store(catalog, how, edited, found, sources, took)


def _clips(edited: Sequence[EditedText], sources: dict[int, AudioSource]) -> list[Clip[_Piece]]:
    clips = []
    for each in edited:
        segment = each.transcript.segment
        for span, window in zip(each.words.pending, _windows(each), strict=True):
            (text,) = each.said([window])
            stretch = TimeSpan.from_ms(window.start_ms, window.end_ms)
            piece = _Piece(each, span, window, text)
            clips.append(Clip(piece, sources.get(segment.recording_id), stretch, segment.channel))
    return clips


def _windows(edited: EditedText) -> list[PendingSpan]:
    words, segment = edited.words, edited.transcript.segment
    return [heard_with(words.words, words.pending, span, segment.span) for span in words.pending]


def _align(how: Alignment, items: Sequence[tuple[_Piece, Waveform]]) -> list[Found]:
    def call(some: Sequence[tuple[_Piece, Waveform]]) -> Sequence[tuple[AlignedWord, ...]]:
        return how.aligner.align(
            [waveform for _, waveform in some],
            [piece.text for piece, _ in some],
            languages=[piece.edited.transcript.language for piece, _ in some],
        )

    results = run_isolated(call, items, FailureReason.ALIGNMENT_FAILED) if items else []
    return [_checked(piece, result) for (piece, _), result in zip(items, results, strict=True)]


def _checked(piece: _Piece, result: Found) -> Found:
    if isinstance(result, ItemError):
        return result
    if len(result) == piece.window.num_words:
        return fitted(piece.span, piece.window, result)
    return ItemError(
        FailureReason.ALIGNMENT_FAILED,
        f"the aligner found {len(result)} words where {piece.window.num_words} were to be heard: {piece.text}",
    )


def _store(
    catalog: Catalog,
    how: Alignment,
    edited: Sequence[EditedText],
    found: dict[tuple[int, int], Found],
    sources: dict[int, AudioSource],
    engine_seconds: float,
) -> int:
    stored = 0
    audio_ms = 0
    with catalog.writing() as session:
        for each in edited:
            text, spans = each.transcript, each.words.pending
            results = [found[text.transcript_id, span.first_word] for span in spans]
            aligned = [result for result in results if not isinstance(result, ItemError)]
            failed = {
                span.first_word: result
                for span, result in zip(spans, results, strict=True)
                if isinstance(result, ItemError)
            }
            if not failed:
                if store_spans(session, each, how.run_id, how.fingerprint, aligned):
                    stored += 1
                    audio_ms += sum(window.end_ms - window.start_ms for window in _windows(each))
                resolve_failure(session, STAGE, str(text.transcript_id), how.fingerprint)
                continue
            count_attempt(session, text.transcript_id, list(failed))
            why = next(iter(failed.values()))
            source = sources.get(text.segment.recording_id)
            record_failure(
                session,
                failed_segment(STAGE, text.transcript_id, text.segment, source, how.fingerprint, why),
            )
        note_work(session, how.run_id, audio_ms / MS_PER_SECOND, engine_seconds, memory_of(how.aligner))
    return stored
