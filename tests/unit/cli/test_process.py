"""Threads share two arenas, as the user's environment or asrlab says."""

import os
import platform
import subprocess
import sys

import pytest

# Eight threads that hold memory at once; malloc_info(3) lists each arena as <heap nr="…">.
_COUNT = """
import ctypes, os, sys, tempfile, threading
from asrlab.cli.process import prepare_process
prepare_process()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
together = threading.Barrier(8)
def hold():
    held = [bytearray(1000) for _ in range(1000)]
    together.wait()
threads = [threading.Thread(target=hold) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
with tempfile.NamedTemporaryFile() as file:
    stream = ctypes.c_void_p(libc.fopen(file.name.encode(), b"w"))
    libc.malloc_info(0, stream)
    libc.fclose(stream)
    print(file.read().decode().count("<heap nr"), os.environ["MALLOC_ARENA_MAX"])
"""


def _arenas(environment: dict[str, str]) -> list[int]:
    clean = {name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"}
    done = subprocess.run(
        [sys.executable, "-c", _COUNT],
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return [int(number) for number in done.stdout.split()]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has arenas for threads")
def test_threads_share_two_arenas_and_processes_started_later_too() -> None:
    assert _arenas({}) == [2, 2]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has arenas for threads")
def test_what_the_user_has_set_stands() -> None:
    assert _arenas({"MALLOC_ARENA_MAX": "5"}) == [5, 5]
