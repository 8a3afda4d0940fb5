"""Reading pieces of a recording: exactly the samples of each span, mono, at 16 kHz."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from asrlab.audio.decode import open_audio
from asrlab.audio.files import printable
from asrlab.audio.protocol import AudioStream, Frames
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
        ranges = [span.sample_range(facts.sampling_rate) for span in spans]
        if self._stream.is_seekable:
            pieces = [self._read_at(first, end) for first, end in ranges]
        else:
            pieces = self._read_forward(ranges)
        for piece, span, (first, end) in zip(pieces, spans, ranges, strict=True):
            self._check_length(len(piece), span, end - first)
        return [
            resample(to_mono(piece, channel), facts.sampling_rate)
            for piece, channel in zip(pieces, channels, strict=True)
        ]

    def _reopen(self) -> None:
        self._opened.close()
        self._stream: AudioStream = self._opened.enter_context(open_audio(self._path))
        self._blocks: Iterator[Frames] = iter(()) if self._stream.is_seekable else self._stream.blocks()
        self._block = np.zeros((0, self._stream.facts.num_channels), dtype=np.float32)
        self._block_start = 0

    def _read_at(self, first: int, end: int) -> Frames:
        first = min(first, self._stream.facts.declared_frames or 0)
        self._stream.seek(first)
        return self._stream.read(max(0, end - first))

    def _read_forward(self, ranges: Sequence[tuple[int, int]]) -> list[Frames]:
        if any(first < self._block_start for first, _ in ranges):
            self._reopen()
        parts: list[list[Frames]] = [[self._block[:0]] for _ in ranges]
        last_end = max((end for _, end in ranges), default=0)
        while True:
            start, stop = self._block_start, self._block_start + len(self._block)
            for index, (first, end) in enumerate(ranges):
                if first < stop and start < end:
                    parts[index].append(self._block[max(first - start, 0) : end - start])
            # The block that holds the last sample is kept: the next call's spans may begin in it.
            if stop >= last_end or (block := next(self._blocks, None)) is None:
                return [np.concatenate(found) for found in parts]
            self._block, self._block_start = block, stop

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
