"""Outlines of recordings as the page asks for them: at once for a short span, as far as they are known for a long one.

A long recording is read through once, in the background, and its outline kept.
"""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from asrlab.audio.near import look_ahead
from asrlab.audio.peaks import (
    Outline,
    Peaks,
    View,
    keep_outline,
    kept_outline,
    num_stretches,
    outline_blocks,
    outline_peaks,
    span_peaks,
)
from asrlab.audio.places import at_hand
from asrlab.domain.audio import AudioSource
from asrlab.domain.time import MS_PER_SECOND, Seconds
from asrlab.errors import AudioError

log = logging.getLogger(__name__)

DECODED_S: Seconds = 120.0
"""A span up to this long is decoded whenever it is asked for."""
READERS = 2


@dataclass(slots=True)
class _Reading:
    """An outline that grows; what lies behind `known` is still silence. error: why it grows no more."""

    outline: Outline
    known: int = 0
    error: AudioError | None = None


class Waveforms:
    """Safe to use from several threads; `close` ends the reading under way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readings: dict[str, _Reading] = {}
        self._looked_at: set[str] = set()
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="asrlab-outline")
        self._is_closed = threading.Event()

    def peaks(self, source: AudioSource, view: View) -> Peaks:
        """Raises AudioError when the audio can't be read, or has no such channel."""
        self._look_ahead(source)
        if view.span.duration <= DECODED_S:
            return span_peaks(at_hand(source), source.sampling_rate, view)
        if view.channel is not None and view.channel >= source.num_channels:
            # The decoder's own error would come from a thread that nobody waits for.
            return span_peaks(at_hand(source), source.sampling_rate, view)
        kept = kept_outline(source.content_hash)
        if kept is not None:
            return outline_peaks(kept, len(kept), view)
        reading = self._reading(source)
        if reading.error is not None:
            # Asked for again it is tried again: the file may be back.
            self._readings.pop(source.content_hash, None)
            raise reading.error
        return outline_peaks(reading.outline, reading.known, view)

    def _look_ahead(self, source: AudioSource) -> None:
        """Of a recording that is opened, find the places of its packets before anybody jumps about in it."""
        with self._lock:
            if source.content_hash in self._looked_at:
                return
            self._looked_at.add(source.content_hash)
        self._readers.submit(_find_places, source)

    def close(self) -> None:
        self._is_closed.set()
        self._readers.shutdown(wait=True, cancel_futures=True)

    def _reading(self, source: AudioSource) -> _Reading:
        """The reading of this recording, begun now unless it was."""
        with self._lock:
            reading = self._readings.get(source.content_hash)
            if reading is None:
                length = num_stretches(round(source.duration * MS_PER_SECOND))
                reading = _Reading(np.zeros((length, source.num_channels + 1, 2), dtype=np.int8))
                self._readings[source.content_hash] = reading
                self._readers.submit(self._read, source, reading)
        return reading

    def _read(self, source: AudioSource, reading: _Reading) -> None:
        try:
            for block in outline_blocks(at_hand(source)):
                if self._is_closed.is_set():
                    return
                end = min(reading.known + len(block), len(reading.outline))
                reading.outline[reading.known : end] = block[: end - reading.known]
                reading.known = end
            reading.known = len(reading.outline)
            keep_outline(source.content_hash, reading.outline)
            self._readings.pop(source.content_hash, None)
        except AudioError as error:
            reading.error = error
        except OSError as error:
            # It stays in memory for as long as this process runs.
            log.warning("an outline can't be kept: %s", error)


def _find_places(source: AudioSource) -> None:
    try:
        look_ahead(at_hand(source), source.num_samples)
    except AudioError as error:
        # Whoever listens is told; this was only to be quick.
        log.info("%s", error)
