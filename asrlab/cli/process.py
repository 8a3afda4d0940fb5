"""What a process must be told before it computes: how its threads wait, and how they share memory."""

import ctypes
import os

# For glibc's mallopt(3): the option's number, and the environment variable that sets it in processes started later.
_ALLOCATOR = (
    # An arena for each thread keeps what that thread gave back.
    (-8, "MALLOC_ARENA_MAX", 2),
    # Without a fixed threshold glibc raises it to the largest block it has seen, and keeps blocks of that size.
    (-3, "MALLOC_MMAP_THRESHOLD_", 4 << 20),
    (-1, "MALLOC_TRIM_THRESHOLD_", 8 << 20),
)


def prepare_process() -> None:
    """Let waiting threads sleep, and give memory back that is not needed; what the user has set stands.

    Threads that spin take the cores that decode and load, and a run beside any other process crawls; torch and
    CTranslate2 read this when they are imported. docs/benchmarks.md has what the allocator's settings spare.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    for option, variable, value in _ALLOCATOR:
        if variable not in os.environ:
            os.environ[variable] = str(value)
            if mallopt is not None:
                mallopt(option, value)
