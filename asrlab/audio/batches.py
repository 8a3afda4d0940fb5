"""Reading segments ahead of the model: the next batch is decoded while this one is computed."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from asrlab.audio.probe import content_hash
from asrlab.audio.read import read_spans
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
    verified: set[str] = set()
    reads: deque[Future[LoadedBatch[Item]]] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="asrlab-read-ahead") as reader:
        while batches or reads:
            while batches and len(reads) <= BATCHES_AHEAD:
                reads.append(reader.submit(_load, batches.popleft(), verified))
            yield reads.popleft().result()


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


def _load(batch: list[Clip[Item]], verified: set[str]) -> LoadedBatch[Item]:
    items: list[Item] = []
    waveforms: list[Waveform] = []
    unreadable: list[tuple[Item, ItemError]] = []
    for clips in _by_source(batch):
        try:
            read = _read(clips, verified)
        except Exception as error:
            # Per-item isolation: a file that can't be read is recorded for each of its segments.
            failure = as_item_error(error, FailureReason.DECODE_ERROR)
            unreadable += [(clip.item, failure) for clip in clips]
            continue
        items += [clip.item for clip in clips]
        waveforms += read
    return LoadedBatch(tuple(items), tuple(waveforms), tuple(unreadable))


def _by_source(batch: Sequence[Clip[Item]]) -> list[list[Clip[Item]]]:
    groups: dict[tuple[AudioSource | None, int | None], list[Clip[Item]]] = {}
    for clip in batch:
        groups.setdefault((clip.source, clip.channel), []).append(clip)
    return list(groups.values())


def _read(clips: Sequence[Clip[Item]], verified: set[str]) -> list[Waveform]:
    source = clips[0].source
    if source is None:
        raise AudioError(FailureReason.VANISHED, "no file holds this recording any more: ingest it again")
    if source.uri not in verified:
        verify_unchanged(source)
        verified.add(source.uri)
    return read_spans(Path(source.uri), [clip.span for clip in clips], channel=clips[0].channel)


def verify_unchanged(source: AudioSource, hash_of: Callable[[Path], str] = content_hash) -> None:
    """Raise AudioError when the file is gone or holds other bytes than those ingested."""
    path = Path(source.uri)
    try:
        now = path.stat()
    except FileNotFoundError as error:
        raise AudioError(
            FailureReason.VANISHED, f"{source.uri} is gone: put it back, or ingest its new place"
        ) from error
    except OSError as error:
        raise AudioError(FailureReason.UNREADABLE, f"{source.uri}: {error.strerror}") from error
    if (now.st_size, now.st_mtime_ns) == (source.size, source.mtime_ns):
        return
    # Touched or copied: the bytes decide.
    if now.st_size != source.size or hash_of(path) != source.content_hash:
        raise AudioError(
            FailureReason.CHANGED,
            f"{source.uri} holds other audio than when it was ingested: ingest it again",
        )
