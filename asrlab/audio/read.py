"""Reading pieces of a recording: exactly the samples of each span, mono, at 16 kHz."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from asrlab.audio.decode import open_audio
from asrlab.audio.files import printable
from asrlab.audio.protocol import BLOCK_SAMPLES, AudioStream, Frames
from asrlab.audio.resample import Waveform, resample, to_mono
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import MS_PER_SECOND, TimeSpan
from asrlab.errors import AudioError


def read_spans(path: Path, spans: Sequence[TimeSpan], *, channel: int | None) -> list[Waveform]:
    """One waveform a span, in the order given.

    A span's samples are those of `TimeSpan.sample_range` at the file's own rate, equal to a slice of a full
    decode. channel: from 0; None takes the mean of all.
    Raises AudioError when the file can't be read, or ends before a span does.
    """
    with SpanReader(path) as reader:
        return reader.read(spans, [channel] * len(spans))


@dataclass(frozen=True, slots=True)
class _Piece:
    """A span in the file's own samples, `[first, end)`."""

    span: TimeSpan
    first: int
    end: int
    channel: int | None


class SpanReader:
    """Reads spans of one file, call after call.

    A file whose decoder can't find a sample exactly is read forward, and kept open where it was left: spans asked
    for in order cost one decode of the file, not one for each call. Raises AudioError when it can't be opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened = ExitStack()
        self._reopen()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._opened.close()

    def read(self, spans: Sequence[TimeSpan], channels: Sequence[int | None]) -> list[Waveform]:
        """One waveform a span, of its channel; the order is the caller's."""
        facts = self._stream.facts
        for channel in channels:
            check_channel(self._path, channel, facts.num_channels)
        pieces = [
            _Piece(span, *span.sample_range(facts.sampling_rate), channel)
            for span, channel in zip(spans, channels, strict=True)
        ]
        if self._stream.is_seekable:
            return [self._read_at(piece) for piece in pieces]
        return self._read_forward(pieces)

    def _reopen(self) -> None:
        self._opened.close()
        self._stream: AudioStream = self._opened.enter_context(open_audio(self._path))
        self._blocks: Iterator[Frames] = iter(()) if self._stream.is_seekable else self._stream.blocks()
        self._block = np.zeros((0, self._stream.facts.num_channels), dtype=np.float32)
        self._block_start = 0

    def _read_at(self, piece: _Piece) -> Waveform:
        """In blocks: a segment of 16 channels at 192 kHz would be hundreds of megabytes at once."""
        facts = self._stream.facts
        size = max(1, BLOCK_SAMPLES // facts.num_channels)
        place = min(piece.first, facts.declared_frames or 0)
        self._stream.seek(place)
        parts: list[Waveform] = []
        while place < piece.end and len(block := self._stream.read(min(size, piece.end - place))):
            parts.append(to_mono(block, piece.channel))
            place += len(block)
        return self._whole(piece, parts)

    def _read_forward(self, pieces: Sequence[_Piece]) -> list[Waveform]:
        """Each piece is made mono and resampled as soon as its last sample is there, for the same reason."""
        if any(piece.first < self._block_start for piece in pieces):
            self._reopen()
        begun: dict[int, list[Waveform]] = {index: [] for index in range(len(pieces))}
        found: dict[int, Waveform] = {}
        is_over = False
        while True:
            start, stop = self._block_start, self._block_start + len(self._block)
            for index in list(begun):
                piece = pieces[index]
                if piece.first < stop and start < piece.end:
                    part = self._block[max(piece.first - start, 0) : piece.end - start]
                    begun[index].append(to_mono(part, piece.channel))
                if piece.end <= stop or is_over:
                    found[index] = self._whole(piece, begun.pop(index))
            # The block that holds the last sample is kept: the next call's spans may begin in it.
            if not begun:
                return [found[index] for index in range(len(pieces))]
            block = next(self._blocks, None)
            is_over = block is None
            self._block, self._block_start = (self._block[:0] if block is None else block), stop

    def _whole(self, piece: _Piece, parts: Sequence[Waveform]) -> Waveform:
        waveform = np.concatenate([np.zeros(0, dtype=np.float32), *parts])
        self._check_length(len(waveform), piece.span, piece.end - piece.first)
        return resample(waveform, self._stream.facts.sampling_rate)

    def _check_length(self, length: int, span: TimeSpan, wanted: int) -> None:
        # A recording's end is rounded to a millisecond, so its last span may reach a little behind it.
        if wanted - length > self._stream.facts.sampling_rate // MS_PER_SECOND + 1:
            raise AudioError(
                FailureReason.CHANGED,
                f"{printable(self._path)} ends before {span.end:.3f} s, where a segment ends: ingest it again",
            )


def check_channel(path: Path, channel: int | None, num_channels: int) -> None:
    """Raise AudioError for a channel that the file does not have."""
    if channel is not None and not 0 <= channel < num_channels:
        raise AudioError(
            FailureReason.CHANGED,
            f"{printable(path)} has {num_channels} channel(s), so there is no channel {channel}: ingest it again",
        )
