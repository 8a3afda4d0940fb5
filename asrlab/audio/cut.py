"""Cutting pieces out of one recording: the file is read forward once, whatever the pieces' number and overlaps.

What `SpanReader` reads call after call for an engine, this reads in one go for clips: the same samples.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from asrlab.audio.decode import open_audio
from asrlab.audio.files import printable
from asrlab.audio.protocol import BLOCK_SAMPLES, AudioStream, Frames
from asrlab.audio.read import check_channel
from asrlab.audio.resample import Waveform, resample, to_mono
from asrlab.domain.audio import AudioSource
from asrlab.domain.reasons import FailureReason
from asrlab.errors import AudioError

MIX = "mix"
ALL = "all"
Channel = int | str
"""One channel (from 0), MIX for the mean of all, or ALL as they are."""


class Piece(NamedTuple):
    """Samples `[first, end)` at the file's own rate, within it."""

    first: int
    end: int
    channel: Channel


def cut_pieces(
    path: Path, source: AudioSource, pieces: Sequence[Piece], target_rate: int
) -> Iterator[tuple[int, Waveform]]:
    """Each piece's index and its samples at `target_rate` Hz, as soon as its last one is read.

    Shape (samples,), for ALL (samples, channels). The pieces may come in any order; held are those that are begun and
    one block. Raises AudioError when the file can't be read, is not what `source` says, lacks a channel or ends before
    a piece does.
    """
    with open_audio(path) as stream:
        facts = stream.facts
        if (facts.sampling_rate, facts.num_channels) != (source.sampling_rate, source.num_channels):
            raise AudioError(
                FailureReason.CHANGED,
                f"{printable(path)} holds {facts.num_channels} channel(s) at {facts.sampling_rate} Hz, and held "
                f"{source.num_channels} at {source.sampling_rate} Hz when it was ingested: ingest it again",
            )
        for piece in pieces:
            check_channel(path, piece.channel if isinstance(piece.channel, int) else None, facts.num_channels)
        cut = _found(stream, pieces) if stream.is_seekable else _passed(stream, pieces)
        for index, parts in cut:
            piece = pieces[index]
            if sum(len(part) for part in parts) != piece.end - piece.first:
                raise AudioError(
                    FailureReason.CHANGED,
                    f"{printable(path)} ends before {piece.end / facts.sampling_rate:.3f} s, where a segment ends: "
                    "ingest it again",
                )
            yield index, _resampled(np.concatenate(parts), facts.sampling_rate, target_rate)


def _found(stream: AudioStream, pieces: Sequence[Piece]) -> Iterator[tuple[int, list[Frames]]]:
    """The parts of each piece where the decoder finds a sample exactly: what lies between pieces is not read."""
    size = max(1, BLOCK_SAMPLES // stream.facts.num_channels)
    for index, piece in enumerate(pieces):
        parts = [_empty(stream, piece)]
        place = min(piece.first, stream.facts.declared_frames or 0)
        stream.seek(place)
        while place < piece.end and len(block := stream.read(min(size, piece.end - place))):
            parts.append(_picked(block, piece.channel))
            place += len(block)
        yield index, parts


def _passed(stream: AudioStream, pieces: Sequence[Piece]) -> Iterator[tuple[int, list[Frames]]]:
    """The parts of each piece where a file is read forward; those it does not reach come last, incomplete."""
    waiting = deque(sorted(enumerate(pieces), key=lambda one: one[1].first))
    begun: dict[int, list[Frames]] = {}
    start = 0
    for block in stream.blocks():
        stop = start + len(block)
        while waiting and waiting[0][1].first < stop:
            index, piece = waiting.popleft()
            begun[index] = [_empty(stream, piece)]
        for index in list(begun):
            piece = pieces[index]
            part = block[max(piece.first - start, 0) : piece.end - start]
            begun[index].append(_picked(part, piece.channel))
            if piece.end <= stop:
                yield index, begun.pop(index)
        if not waiting and not begun:
            return
        start = stop
    yield from begun.items()
    for index, piece in waiting:
        yield index, [_empty(stream, piece)]


def _empty(stream: AudioStream, piece: Piece) -> Frames:
    return _picked(np.zeros((0, stream.facts.num_channels), dtype=np.float32), piece.channel)


def _picked(block: Frames, channel: Channel) -> Frames:
    """A copy, so that a piece does not hold the blocks it lay in."""
    if isinstance(channel, int):
        return block[:, channel].copy()
    return to_mono(block, None) if channel == MIX else block.copy()


def _resampled(samples: Frames, rate: int, target_rate: int) -> Waveform:
    if samples.ndim == 1 or rate == target_rate:
        return resample(samples, rate, target_rate)
    return np.stack(
        [resample(np.ascontiguousarray(one), rate, target_rate) for one in samples.T],
        axis=1,
    )
