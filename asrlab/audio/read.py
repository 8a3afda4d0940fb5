"""Reading pieces of a recording: exactly the samples of each span, mono, at 16 kHz."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from asrlab.audio.decode import AudioStream, Frames, SoundFileStream, open_audio
from asrlab.audio.resample import Waveform, resample, to_mono
from asrlab.domain.time import TimeSpan


def read_spans(path: Path, spans: Sequence[TimeSpan], *, channel: int | None) -> list[Waveform]:
    """One waveform a span, in the order given. Raises AudioError when the file can't be read.

    A span's samples are those of `TimeSpan.sample_range` at the file's own rate, equal to a slice of a full
    decode. Files whose decoder can't find a sample exactly are read forward once for all spans.
    """
    with open_audio(path) as stream:
        rate = stream.facts.sampling_rate
        ranges = [span.sample_range(rate) for span in spans]
        if isinstance(stream, SoundFileStream) and stream.is_seekable:
            pieces = [_read_at(stream, first, end) for first, end in ranges]
        else:
            pieces = _read_forward(stream, ranges)
    return [resample(to_mono(piece, channel), rate) for piece in pieces]


def _read_at(stream: SoundFileStream, first: int, end: int) -> Frames:
    stream.seek(first)
    return stream.read(end - first)


def _read_forward(stream: AudioStream, ranges: Sequence[tuple[int, int]]) -> list[Frames]:
    parts: list[list[Frames]] = [[] for _ in ranges]
    last_end = max((end for _, end in ranges), default=0)
    for start, block in _positioned(stream, last_end):
        for index, (first, end) in enumerate(ranges):
            if first < start + len(block) and start < end:
                parts[index].append(block[max(first - start, 0) : end - start])
    empty = np.zeros((0, stream.facts.num_channels), dtype=np.float32)
    return [np.concatenate(found) if found else empty for found in parts]


def _positioned(stream: AudioStream, last_end: int) -> Iterator[tuple[int, Frames]]:
    """Blocks with the index of their first frame, as far as anybody needs them."""
    start = 0
    for block in stream.blocks():
        if start >= last_end:
            return
        yield start, block
        start += len(block)
