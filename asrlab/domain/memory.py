"""How much audio fits into a device's memory at once, as it was found out, and how much memory a process took."""

import math
import resource
import sys

from asrlab.domain.time import Seconds


class BatchMemory:
    """The most padded audio that one forward pass of a model may hold; it shrinks when that was too much.

    place: the device, as another run would find it again ("NVIDIA H200, 140 GiB"). compute_type: the number format.
    """

    def __init__(self, place: str, compute_type: str, seconds: Seconds = math.inf) -> None:
        self.place = place
        self.compute_type = compute_type
        self._seconds = seconds
        self._learned: Seconds | None = None

    @property
    def seconds(self) -> Seconds:
        """What a forward pass may hold today; a single clip is always tried."""
        return self._seconds

    @property
    def learned(self) -> Seconds | None:
        """The ceiling that running out of memory has taught this process, None when it never did."""
        return self._learned

    def remember(self, ceiling: Seconds) -> None:
        """Stay below what was learned before."""
        self._seconds = min(self._seconds, ceiling)

    def was_too_much(self, used: Seconds) -> None:
        """Half of that from now on."""
        self.learn(used / 2)

    def learn(self, ceiling: Seconds) -> None:
        """Stay below what the same model has just learned, here or in another process."""
        self._seconds = self._learned = min(self._seconds, ceiling)

    def clips(self, longest: Seconds) -> int:
        """How many clips of that length fit at once; at least one."""
        if math.isinf(self._seconds) or longest <= 0:
            return 1 << 30
        # What half of an even batch took must still be half of it when it is divided.
        return max(1, int(self._seconds / longest + 1e-6))


def peak_memory_bytes() -> int:
    """The most memory this process has had resident."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Kibibytes everywhere but on macOS.
    return peak if sys.platform == "darwin" else peak * 1024
