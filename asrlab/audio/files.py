"""Whether a path can be opened at all, and what to tell the user when it can't; standard library only."""

import stat
from pathlib import Path

from asrlab.domain.reasons import FailureReason
from asrlab.errors import AudioError


def check_readable(path: Path) -> int:
    """The file's size in bytes.

    Raises AudioError for what is gone, forbidden, or no regular file (a pipe or a device would block for ever).
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            kind = "a folder" if stat.S_ISDIR(found.st_mode) else "a pipe, socket or device"
            raise AudioError(
                FailureReason.UNREADABLE, f"{printable(path)} is {kind}, not a file: name an audio file"
            )
        with path.open("rb"):
            return found.st_size
    except OSError as error:
        raise cannot_read(path, error) from error


def cannot_read(path: Path, error: OSError) -> AudioError:
    """The AudioError that says what an OSError means for this file."""
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return AudioError(
            FailureReason.VANISHED, f"{printable(path)} is gone: put it back, or ingest its new place"
        )
    if isinstance(error, PermissionError):
        return AudioError(
            FailureReason.PERMISSION_DENIED,
            f"{printable(path)}: permission denied: make it readable and ingest it again",
        )
    why = (error.strerror or str(error)).lower()
    return AudioError(
        FailureReason.UNREADABLE, f"{printable(path)}: {why}: check the disk or mount it lies on"
    )


def printable(path: Path | str) -> str:
    """The path on one line of valid UTF-8: line breaks and bytes that are no text are escaped."""
    text = str(path).encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
