"""The outline of a waveform: the lowest and highest sample of each of many short stretches of time.

Of long recordings it is kept in a file, by the hash of their bytes, so that they are decoded for it once.
"""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from asrlab.audio.near import frames_from
from asrlab.audio.protocol import Frames
from asrlab.audio.read import check_channel
from asrlab.audio.remote.policy import current_policy
from asrlab.audio.resample import to_mono
from asrlab.domain.time import MS_PER_SECOND, TimeSpan

PEAKS_PER_SECOND = 50
PEAK_SCALE = 127
"""Full scale, in the 8 bits that each is kept in."""
PEAK_DECIMALS = 2

Outline = npt.NDArray[np.int8]
"""Shape (stretches, channels + 1, 2): lowest and highest, of the mean of all channels first, then of each."""


@dataclass(frozen=True, slots=True)
class View:
    """What is drawn. channel: from 0, None for the mean of all. pixels: the parts to draw it in, at most."""

    span: TimeSpan
    channel: int | None
    pixels: int


@dataclass(frozen=True, slots=True)
class Peaks:
    """Lowest and highest samples of equal parts of a span, in ±1; is_complete: whether no part is still unknown (0)."""

    lowest: tuple[float, ...]
    highest: tuple[float, ...]
    is_complete: bool


def span_peaks(path: Path, sampling_rate: int, view: View) -> Peaks:
    """Of a span that is decoded for it, which costs a tenth of a second a minute. sampling_rate: the file's own.

    Raises AudioError when the file can't be read, or has no such channel.
    """
    first, end = view.span.sample_range(sampling_rate)
    samples = np.zeros(end - first, dtype=np.float32)
    held = 0
    with frames_from(path, first) as found:
        check_channel(path, view.channel, found.facts.num_channels)
        for block in found.blocks:
            part = to_mono(block[: len(samples) - held], view.channel)
            samples[held : held + len(part)] = part
            held += len(part)
            if held == len(samples):
                break
    return _peaks(samples, samples, view.pixels, is_complete=True)


def outline_blocks(path: Path) -> Iterator[Outline]:
    """The whole file's outline, in order, `PEAKS_PER_SECOND`, with flat memory; raises AudioError."""
    with frames_from(path, 0) as found:
        rate = found.facts.sampling_rate
        rest = np.zeros((0, found.facts.num_channels), dtype=np.float32)
        start = 0
        for block in found.blocks:
            rest = np.concatenate([rest, block])
            # Boundaries are those of whole stretches, so that no error of rounding adds up.
            stop = (start + len(rest)) * PEAKS_PER_SECOND // rate
            begun = start * PEAKS_PER_SECOND // rate
            edges = -(-np.arange(begun, stop + 1) * rate // PEAKS_PER_SECOND) - start
            if len(edges) > 1:
                yield _outline(rest[: edges[-1]], edges[:-1])
                rest = rest[edges[-1] :]
                start += int(edges[-1])
        if len(rest):
            yield _outline(rest, np.zeros(1, dtype=np.int64))


def outline_peaks(outline: Outline, known: int, view: View) -> Peaks:
    """Of a recording whose first `known` stretches are in the outline; the rest counts as silence."""
    first = min(view.span.start_ms * PEAKS_PER_SECOND // MS_PER_SECOND, len(outline))
    end = max(min(num_stretches(view.span.end_ms), len(outline)), first)
    column = 0 if view.channel is None else view.channel + 1
    part = outline[first:end, column].astype(np.float32) / np.float32(PEAK_SCALE)
    return _peaks(part[:, 0], part[:, 1], view.pixels, is_complete=known >= end)


def num_stretches(duration_ms: int) -> int:
    return -(-duration_ms * PEAKS_PER_SECOND // MS_PER_SECOND)


def kept_outline(content_hash: str) -> Outline | None:
    """The outline of these bytes that was kept, read as it is needed; None when there is none."""
    try:
        found: Outline = np.load(_place(content_hash), mmap_mode="r", allow_pickle=False)
    except (FileNotFoundError, EOFError, ValueError):
        # A damaged file is made anew.
        return None
    return found


def keep_outline(content_hash: str, outline: Outline) -> None:
    """Keep it; the file appears when it is whole. Raises OSError."""
    place = _place(content_hash)
    place.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=place.parent, prefix=".outline-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            np.save(file, outline, allow_pickle=False)
        os.replace(name, place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def remove_outline(content_hash: str) -> None:
    """Remove what is kept of these bytes, if it is."""
    _place(content_hash).unlink(missing_ok=True)


def _place(content_hash: str) -> Path:
    return current_policy().cache_dir / "outlines" / content_hash[:2] / f"{content_hash}.npy"


def _outline(frames: Frames, edges: npt.NDArray[np.int64]) -> Outline:
    columns = np.column_stack([frames.mean(axis=1, dtype=np.float32), frames])
    both = np.stack([np.minimum.reduceat(columns, edges), np.maximum.reduceat(columns, edges)], axis=2)
    outline: Outline = np.rint(np.clip(both, -1, 1) * PEAK_SCALE).astype(np.int8)
    return outline


def _peaks(
    lowest: npt.NDArray[np.float32], highest: npt.NDArray[np.float32], pixels: int, *, is_complete: bool
) -> Peaks:
    if not len(lowest):
        return Peaks((), (), is_complete)
    pixels = min(pixels, len(lowest))
    edges = np.arange(pixels) * len(lowest) // pixels
    low = np.round(np.clip(np.minimum.reduceat(lowest, edges), -1, 1), PEAK_DECIMALS)
    high = np.round(np.clip(np.maximum.reduceat(highest, edges), -1, 1), PEAK_DECIMALS)
    return Peaks(_floats(low), _floats(high), is_complete)


def _floats(values: npt.NDArray[np.float32]) -> tuple[float, ...]:
    return tuple(round(float(value), PEAK_DECIMALS) for value in values)
