"""From recordings to their segments: one streaming pass each, whatever the length."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from asrlab.audio.energy import EnergyMeter
from asrlab.audio.places import at_hand, named_after
from asrlab.audio.stream import stream_blocks
from asrlab.catalog import Catalog
from asrlab.catalog.failures import FailedItem, record_failure, resolve_failure
from asrlab.catalog.leases import claimed
from asrlab.catalog.recordings import audio_sources
from asrlab.catalog.segments import (
    STAGE,
    NewSegmentation,
    activate_wanted,
    add_segmentation,
    recordings_to_segment,
)
from asrlab.catalog.values import canonical_json
from asrlab.domain.audio import AudioSource
from asrlab.domain.reasons import FailureReason
from asrlab.domain.recipe import Recipe
from asrlab.domain.time import Seconds, TimeSpan
from asrlab.engines.protocol import VoiceDetector, Waveform
from asrlab.errors import AudioError, as_item_error
from asrlab.segment.plan import plan_segments, plan_whole
from asrlab.stopping import check_stop


@dataclass(frozen=True, slots=True)
class Cutter:
    """How to cut: a recipe, its fingerprint, and the voice detector it needs (None for whole files)."""

    recipe: Recipe
    fingerprint: str
    detector: VoiceDetector | None


def recordings_pending(
    catalog: Catalog, fingerprint: str, max_seconds: Seconds, recording_ids: Sequence[int]
) -> list[int]:
    """Those of `recording_ids` that are not cut this way yet, and did not fail at it.

    Where references cut a recording into pieces of at most `max_seconds`, those are its segments.
    """
    with catalog.reading() as session:
        return recordings_to_segment(session, fingerprint, max_seconds, recording_ids)


def segment_recordings(catalog: Catalog, cutter: Cutter, recording_ids: Sequence[int]) -> int:
    """Cut these recordings and make the cut the active one; returns how many were cut now.

    Idempotent; recordings that another process is cutting are left to it.
    """
    done = 0
    with claimed(catalog, STAGE, cutter.fingerprint, recording_ids) as mine:
        with catalog.reading() as session:
            pending = recordings_to_segment(session, cutter.fingerprint, cutter.recipe.max_seconds, mine)
            sources = audio_sources(session, pending)
        for recording_id in pending:
            check_stop()
            with catalog.writing() as session:
                if activate_wanted(session, cutter.fingerprint, cutter.recipe.max_seconds, recording_id):
                    resolve_failure(session, STAGE, str(recording_id), fingerprint=None)
                    continue
            done += _segment_recording(catalog, cutter, recording_id, sources.get(recording_id))
    return done


def _segment_recording(
    catalog: Catalog, cutter: Cutter, recording_id: int, source: AudioSource | None
) -> bool:
    try:
        if source is None:
            raise AudioError(FailureReason.VANISHED, "no file holds this recording any more: ingest it again")
        new = _cut(cutter, recording_id, source)
    except Exception as error:  # noqa: BLE001 - per-item isolation
        # Per-item isolation: whatever one recording raises is that recording's failure.
        failure = as_item_error(error, FailureReason.DECODE_ERROR)
        with catalog.writing() as session:
            failed = FailedItem(
                STAGE,
                str(recording_id),
                source.uri if source else "",
                failure.reason,
                failure.message,
                fingerprint=cutter.fingerprint,
                recording_id=recording_id,
            )
            record_failure(session, failed)
        return False
    with catalog.writing() as session:
        add_segmentation(session, new)
        # Cut by this recipe, it is cut: that another one failed on it no longer matters.
        resolve_failure(session, STAGE, str(recording_id), fingerprint=None)
    return True


def _cut(cutter: Cutter, recording_id: int, source: AudioSource) -> NewSegmentation:
    path = at_hand(source)
    pieces: list[tuple[int | None, TimeSpan]] = []
    speech_seconds = 0.0
    for channel in cutter.recipe.channels_of(source.num_channels):
        with named_after(source.uri, path):
            spans, speech = _cut_channel(cutter, source, path, channel)
        pieces += [(channel, span) for span in spans]
        speech_seconds += speech
    return NewSegmentation(
        recording_id=recording_id,
        content_hash=source.content_hash,
        recipe=cutter.recipe.name,
        parameters=canonical_json(cutter.recipe.parameters),
        fingerprint=cutter.fingerprint,
        speech_seconds=speech_seconds,
        pieces=tuple(pieces),
    )


def _cut_channel(
    cutter: Cutter, source: AudioSource, path: Path, channel: int | None
) -> tuple[Sequence[TimeSpan], Seconds]:
    """The segments of one channel, and how many seconds of speech it holds; one pass over the file."""
    meter = EnergyMeter()
    blocks = _metered(stream_blocks(path, channel=channel), meter)
    if cutter.detector is None:
        for _ in blocks:
            pass
        return plan_whole(meter.energies(), source.duration, cutter.recipe), 0.0
    speech = cutter.detector.speech(blocks)
    spans = plan_segments(speech, meter.energies(), source.duration, cutter.recipe)
    return spans, sum(span.duration for span in speech)


def _metered(blocks: Iterator[Waveform], meter: EnergyMeter) -> Iterator[Waveform]:
    """The same blocks, measured as they pass: one decode serves the detector and the cuts."""
    for block in blocks:
        meter.feed(block)
        yield block
