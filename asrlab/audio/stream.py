"""A whole recording as consecutive mono blocks, whatever its length, with flat memory."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from asrlab.audio.decode import open_audio
from asrlab.audio.read import check_channel
from asrlab.audio.resample import Waveform, resample_blocks, to_mono
from asrlab.domain.time import Seconds

BLOCK_SECONDS: Seconds = 10.0
# 10 s of the highest usual rate, 192 kHz: a header may announce another.
MAX_BLOCK_SAMPLES = 1 << 21


def stream_blocks(
    path: Path, *, channel: int | None, block_seconds: Seconds = BLOCK_SECONDS
) -> Iterator[Waveform]:
    """All of the file in order at 16 kHz, in blocks of about `block_seconds`; the last is shorter, none is empty.

    channel: from 0; None takes the mean of all. Raises AudioError when the file can't be opened or breaks off.
    """
    with open_audio(path) as stream:
        check_channel(path, channel, stream.facts.num_channels)
        rate = stream.facts.sampling_rate
        mono = (to_mono(block, channel) for block in stream.blocks())
        size = min(max(1, round(block_seconds * rate)), MAX_BLOCK_SAMPLES)
        yield from resample_blocks(_regrouped(mono, size), rate)


def stream_mono(path: Path, *, channel: int | None) -> Iterator[Waveform]:
    """All of the file in order at its own rate, in blocks of the decoder's size. Otherwise as `stream_blocks`."""
    with open_audio(path) as stream:
        check_channel(path, channel, stream.facts.num_channels)
        for block in stream.blocks():
            yield to_mono(block, channel)


def _regrouped(blocks: Iterable[Waveform], size: int) -> Iterator[Waveform]:
    """The same samples in blocks of `size`."""
    parts: list[Waveform] = []
    held = 0
    for block in blocks:
        while held + len(block) >= size:
            cut = size - held
            yield np.concatenate([*parts, block[:cut]])
            parts, held, block = [], 0, block[cut:]
        if len(block):
            parts.append(block)
            held += len(block)
    if parts:
        yield np.concatenate(parts)
