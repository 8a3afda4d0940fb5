"""What is known of an audio file once it has been read through."""

from dataclasses import dataclass

from asrlab.domain.time import Seconds

ENGINE_SAMPLING_RATE_HZ = 16_000
"""Every engine, aligner and voice detector is fed mono float32 at this rate."""


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """The measured facts of one file: every sample was decoded and counted.

    `container` and `codec` are lower-case names ("wav", "pcm_16"); `num_samples` counts per channel.
    """

    container: str
    codec: str
    sampling_rate: int
    num_channels: int
    num_samples: int

    @property
    def duration(self) -> Seconds:
        return self.num_samples / self.sampling_rate


@dataclass(frozen=True, slots=True)
class AudioSource:
    """Where a recording's samples lie, and how to tell that they are still the ones ingested."""

    uri: str
    size: int
    mtime_ns: int
    content_hash: str
    num_samples: int
    sampling_rate: int
    num_channels: int

    @property
    def duration(self) -> Seconds:
        return self.num_samples / self.sampling_rate
