"""What an opened audio file must be, whichever library reads it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Frames = npt.NDArray[np.float32]
"""Samples of shape (frames, channels), float32, full scale ±1."""

BLOCK_SAMPLES = 1 << 18
"""The size of a block over all channels: 1 MiB."""


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What the header says. declared_frames: None when it does not tell, or only guesses."""

    container: str
    codec: str
    sampling_rate: int
    num_channels: int
    declared_frames: int | None


class AudioStream(Protocol):
    """An opened file, read forward in blocks of frames at its own rate."""

    @property
    def facts(self) -> StreamFacts: ...

    @property
    def is_seekable(self) -> bool:
        """Whether `seek` finds a frame exactly, so that what follows equals a slice of a full decode."""
        ...

    def seek(self, frame: int) -> None: ...

    def read(self, frames: int) -> Frames:
        """The next frames, fewer at the end; only where `is_seekable`."""
        ...

    def blocks(self) -> Iterator[Frames]:
        """All frames from the current place on; raises AudioError when decoding breaks off."""
        ...
