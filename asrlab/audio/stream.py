"""A whole recording as consecutive mono 16 kHz blocks, whatever its length, with flat memory."""

from collections.abc import Iterator
from pathlib import Path

from asrlab.audio.decode import open_audio
from asrlab.audio.resample import Waveform, resample_blocks, to_mono


def stream_blocks(path: Path, *, channel: int | None) -> Iterator[Waveform]:
    """All of the file in order. Raises AudioError when it can't be opened or breaks off."""
    with open_audio(path) as stream:
        mono = (to_mono(block, channel) for block in stream.blocks())
        yield from resample_blocks(mono, stream.facts.sampling_rate)
