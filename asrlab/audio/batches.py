"""Reading segments ahead of the model: the next batch is decoded while this one is computed."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from asrlab.audio.places import at_hand, named_after
from asrlab.audio.read import SpanReader
from asrlab.domain.audio import AudioSource
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import Seconds, TimeSpan
from asrlab.errors import AudioError, ItemError, as_item_error

Waveform = npt.NDArray[np.float32]
Item = TypeVar("Item")

BATCHES_AHEAD = 1


@dataclass(frozen=True, slots=True)
class Clip(Generic[Item]):
    """A piece of a recording to read, and the item of work it is read for."""

    item: Item
    source: AudioSource | None
    span: TimeSpan
    channel: int | None


@dataclass(frozen=True, slots=True)
class LoadedBatch(Generic[Item]):
    """Items with their waveforms (mono float32, 16 kHz), and those that could not be read."""

    items: tuple[Item, ...]
    waveforms: tuple[Waveform, ...]
    unreadable: tuple[tuple[Item, ItemError], ...]


def load_batches(clips: Sequence[Clip[Item]], batch_seconds: Seconds) -> Iterator[LoadedBatch[Item]]:
    """The clips in order, read in batches of at most `batch_seconds` of audio (one clip at least)."""
    batches = deque(_split(clips, batch_seconds))
    reads: deque[Future[LoadedBatch[Item]]] = deque()
    files = _Files()
    try:
        with ThreadPoolExecutor(1, thread_name_prefix="asrlab-read-ahead") as reader:
            while batches or reads:
                while batches and len(reads) <= BATCHES_AHEAD:
                    reads.append(reader.submit(_load, batches.popleft(), files))
                yield reads.popleft().result()
    finally:
        files.close()


class _Files:
    """The files of one pass: each is verified once, and the last one stays open where it was left."""

    def __init__(self) -> None:
        self._verified: dict[str, Path] = {}
        self._uri = ""
        self._reader: SpanReader | None = None

    def read(self, clips: Sequence[Clip[Item]]) -> list[Waveform]:
        """The waveforms of clips of one source."""
        source = clips[0].source
        if source is None:
            raise AudioError(FailureReason.VANISHED, "no file holds this recording any more: ingest it again")
        path = self._verified.get(source.uri)
        if path is None:
            path = self._verified[source.uri] = at_hand(source)
        try:
            with named_after(source.uri, path):
                if self._reader is None or self._uri != source.uri:
                    self.close()
                    self._reader, self._uri = SpanReader(path), source.uri
                return self._reader.read([clip.span for clip in clips], [clip.channel for clip in clips])
        except BaseException:
            # Where a decoder stands after it raised is anybody's guess.
            self.close()
            raise

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self._reader = None


def _split(clips: Sequence[Clip[Item]], batch_seconds: Seconds) -> Iterator[list[Clip[Item]]]:
    batch: list[Clip[Item]] = []
    seconds = 0.0
    for clip in clips:
        if batch and seconds + clip.span.duration > batch_seconds:
            yield batch
            batch, seconds = [], 0.0
        batch.append(clip)
        seconds += clip.span.duration
    if batch:
        yield batch


def _load(batch: list[Clip[Item]], files: _Files) -> LoadedBatch[Item]:
    items: list[Item] = []
    waveforms: list[Waveform] = []
    unreadable: list[tuple[Item, ItemError]] = []
    for clips in _by_source(batch):
        try:
            read = files.read(clips)
        except Exception as error:  # noqa: BLE001 - per-item isolation
            # Per-item isolation: a file that can't be read is recorded for each of its segments.
            failure = as_item_error(error, FailureReason.DECODE_ERROR)
            unreadable += [(clip.item, failure) for clip in clips]
            continue
        items += [clip.item for clip in clips]
        waveforms += read
    return LoadedBatch(tuple(items), tuple(waveforms), tuple(unreadable))


def _by_source(batch: Sequence[Clip[Item]]) -> list[list[Clip[Item]]]:
    groups: dict[AudioSource | None, list[Clip[Item]]] = {}
    for clip in batch:
        groups.setdefault(clip.source, []).append(clip)
    return list(groups.values())
