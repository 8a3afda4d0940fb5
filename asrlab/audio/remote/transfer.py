"""What is fetched, counted and hashed while it arrives."""

import hashlib
import time
from dataclasses import dataclass, field
from typing import BinaryIO

from asrlab.audio.files import printable
from asrlab.audio.remote.policy import GIB, FetchPolicy
from asrlab.domain.reasons import FailureReason
from asrlab.errors import AudioError


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """What is known of a file behind a URL. size in bytes; time in ns, 0 unknown; etag as the server gives it."""

    url: str
    size: int | None
    mtime_ns: int = 0
    etag: str = ""


@dataclass(slots=True)
class Sink:
    """Where a file's bytes go; refuses what is too large or takes too long."""

    url: str
    file: BinaryIO
    policy: FetchPolicy
    size: int = 0
    _began: float = field(default_factory=time.monotonic)
    _digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def start(self, announced: int | None) -> None:
        """Begin from the first byte, perhaps again. announced: how many are to come, None unknown."""
        self.file.seek(0)
        self.file.truncate()
        self.size = 0
        self._digest = hashlib.sha256()
        if announced is not None:
            self._check_size(announced)

    def write(self, block: bytes) -> None:
        self.size += len(block)
        self._check_size(self.size)
        if time.monotonic() - self._began > self.policy.deadline:
            raise AudioError(
                FailureReason.UNREACHABLE,
                f"{printable(self.url)}: only {self.size} bytes came in {self.policy.deadline:g} s: try again, or "
                "raise fetch_deadline in asrlab.toml",
            )
        self._digest.update(block)
        self.file.write(block)

    @property
    def content_hash(self) -> str:
        """SHA-256 of what was written, in hex."""
        return self._digest.hexdigest()

    def _check_size(self, size: int) -> None:
        if size > self.policy.max_bytes:
            raise AudioError(
                FailureReason.TOO_LARGE,
                f"{printable(self.url)} holds more than {self.policy.max_bytes / GIB:g} GiB: raise "
                "fetch_max_gb in asrlab.toml, or copy it here yourself",
            )
