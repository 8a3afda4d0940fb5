"""How recordings are cut: beside the audio, the cuts depend on a recipe's values and on nothing else."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

from asrlab.domain.fingerprint import Scalar, fingerprint
from asrlab.domain.time import Seconds

RecipeName = Literal["silero-vad", "whole"]
ChannelMode = Literal["mix", "split"]

PLAN_VERSION = 1
"""Raise it whenever the planner would cut equal inputs elsewhere: old segmentations are then other ones."""

SHORTEST_CAP: Seconds = 1.0
"""A cap below one second would cut through words."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to cut a recording; equal recipes cut equal audio at the same milliseconds.

    name: "silero-vad" keeps the speech regions, "whole" keeps everything and cuts only for length
        (it reads `max_seconds` alone).
    max_seconds: no segment is longer. 30 s is Whisper's window, and what most training recipes keep.
    threshold: speech probability from which a region starts; it ends 0.15 below, as in Silero's own code.
    min_silence_seconds: a shorter pause does not end a region (Silero's 0.1 s ends it inside long stops).
    min_speech_seconds: a shorter region is dropped as a click. Silero's 0.25 s loses words such as "a"
        or "two"; three windows of 32 ms don't.
    pad_seconds: kept on either side of a region, for the soft starts and ends the detector hears late.
    merge_gap_seconds: padded neighbours this near or nearer share a segment while it stays within the cap;
        with the pads that allows a pause of one second inside a segment.
    channels: "mix" cuts the mean of all channels, "split" cuts each channel by itself.

    Raises ValueError, saying which field and why.
    """

    name: RecipeName = "silero-vad"
    max_seconds: Seconds = 30.0
    threshold: float = 0.5
    min_silence_seconds: Seconds = 0.3
    min_speech_seconds: Seconds = 0.09
    pad_seconds: Seconds = 0.2
    merge_gap_seconds: Seconds = 0.6
    channels: ChannelMode = "mix"

    def __post_init__(self) -> None:
        if self.name not in get_args(RecipeName):
            raise ValueError(f"a recipe is one of {', '.join(get_args(RecipeName))}, got {self.name!r}")
        if self.channels not in get_args(ChannelMode):
            raise ValueError(f"channels are one of {', '.join(get_args(ChannelMode))}, got {self.channels!r}")
        for field in _NUMBERS:
            # 30 and 30.0 are one recipe: as JSON they would give two fingerprints.
            object.__setattr__(self, field, float(getattr(self, field)))
            if not math.isfinite(getattr(self, field)):
                raise ValueError(f"{field} must be a finite number, got {getattr(self, field)}")
        if self.max_seconds < SHORTEST_CAP:
            raise ValueError(f"max_seconds must be at least {SHORTEST_CAP:g}, got {self.max_seconds:g}")
        if not 0 < self.threshold < 1:
            raise ValueError(f"threshold must lie between 0 and 1 (exclusive), got {self.threshold:g}")
        for field in _DURATIONS:
            if getattr(self, field) < 0:
                raise ValueError(f"{field} must not be negative, got {getattr(self, field):g}")

    @property
    def parameters(self) -> Mapping[str, Scalar]:
        """The values that decide this recipe's cuts, by field name; those it doesn't read are left out."""
        names = ("max_seconds",) if self.name == "whole" else _NUMBERS
        values: dict[str, Scalar] = {name: getattr(self, name) for name in names}
        # Named only where it is not the default, which catalogs without it were cut by.
        return MappingProxyType(values if self.channels == "mix" else {**values, "channels": self.channels})

    def channels_of(self, num_channels: int) -> tuple[int | None, ...]:
        """The channels of a recording to cut, one after the other; None is the mean of all."""
        return (None,) if self.channels == "mix" else tuple(range(num_channels))

    def fingerprint(self, detector_fingerprint: str | None) -> str:
        """Names every segmentation made this way; "whole" hears no detector and ignores it.

        Raises ValueError when a recipe that needs a detector is given none.
        """
        if self.name == "whole":
            detector_fingerprint = None
        elif detector_fingerprint is None:
            raise ValueError(f"recipe {self.name!r} needs its voice detector's fingerprint, got None")
        return fingerprint(
            {
                "name": self.name,
                "plan_version": PLAN_VERSION,
                "detector": detector_fingerprint,
                **{f"parameter:{key}": value for key, value in self.parameters.items()},
            }
        )


_DURATIONS = ("min_silence_seconds", "min_speech_seconds", "pad_seconds", "merge_gap_seconds")
_NUMBERS = ("max_seconds", "threshold", *_DURATIONS)
