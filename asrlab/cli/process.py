"""What a process must be told before it computes: how its threads wait, and how they share memory."""

import ctypes
import os

# mallopt(3): glibc's number for the most arenas.
_M_ARENA_MAX = -8
ARENAS = "MALLOC_ARENA_MAX"


def prepare_process() -> None:
    """Let waiting threads sleep, and let them share two arenas; what the user has set stands.

    Threads that spin take the cores that decode and load, and a run beside any other process crawls; torch and
    CTranslate2 read this when they are imported. An arena for each thread (glibc's way) keeps what that thread
    gave back: a flow of an hour's file took 591 MB with them, 523 MB with two.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if ARENAS in os.environ:
        return
    # For processes started by this one; this one has read its environment already.
    os.environ[ARENAS] = "2"
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, int(os.environ[ARENAS]))
