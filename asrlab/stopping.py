"""Being asked to stop: one flag for the process, at which long work looks between two batches."""

import threading

from asrlab.errors import StoppedError

_asked = threading.Event()


def ask_to_stop() -> None:
    """Let every stage of this process end after the batch that it is computing, which is stored."""
    _asked.set()


def is_asked_to_stop() -> bool:
    return _asked.is_set()


def check_stop() -> None:
    """Raise StoppedError when this process was asked to stop."""
    if _asked.is_set():
        raise StoppedError("stopped: what was finished is stored, and the next run goes on from there")


def forget_stop() -> None:
    """Go on: for a process that outlives the call that was stopped."""
    _asked.clear()
