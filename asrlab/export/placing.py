"""Many files put into a folder by several threads, each whole or not at all; those that nothing names are swept.

Threads, not processes: decoders, resampler, encoders, hashing and the file system all let go of Python's lock.
"""

import hashlib
import os
import re
import threading
from array import array
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from contextvars import copy_context
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np

from asrlab.audio.files import printable
from asrlab.errors import OptionError
from asrlab.export.undoing import make_folder, take_place
from asrlab.stopping import check_stop

Item = TypeVar("Item")

ITEMS_AHEAD = 2
"""Handed out for each worker, the one in work included: what is ahead is all that is held of the items."""
_KEY_BYTES = 8


def in_parallel(work: Callable[[Item], Iterator[None]], items: Iterable[Item]) -> None:
    """Run `work` on each item, as many at a time as the machine has cores; items are drawn as they are needed.

    work: a generator, which yields wherever it may be left: at another item's error, or when this process was asked
    to stop. Raises what it raised first, when nothing runs any more.
    """
    workers = os.cpu_count() or 1
    is_over = threading.Event()

    def run(item: Item) -> None:
        for _ in work(item):
            check_stop()
            if is_over.is_set():
                return

    with ThreadPoolExecutor(workers, thread_name_prefix="asrlab-export") as pool:
        running: set[Future[None]] = set()
        try:
            for item in items:
                check_stop()
                running.add(pool.submit(copy_context().run, run, item))
                if len(running) >= ITEMS_AHEAD * workers:
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    _raise_any(done)
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                _raise_any(done)
        except BaseException:
            is_over.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _raise_any(done: Iterable[Future[None]]) -> None:
    for future in done:
        future.result()


@contextmanager
def placed_whole(target: Path) -> Iterator[BinaryIO]:
    """A file that takes its place when the block ends well, and vanishes when it does not; its folder is there.

    `bytes_written_whole` does the same and sets the process's umask for a moment, which is all threads'.
    Raises OptionError when it can't be written.
    """
    # Left by a killed export, it is overwritten or swept.
    partial = target.with_name(f".{target.name}.{os.getpid():x}_{threading.get_ident():x}")
    try:
        with partial.open("wb") as file:
            yield file
        take_place(partial, target)
    except BaseException as error:
        with suppress(OSError):
            partial.unlink()
        if isinstance(error, OSError):
            raise cannot_write(target.parent, error) from error
        raise


def ready_folder(folder: Path) -> None:
    """Make the folder. Raises OptionError when it can't be made."""
    try:
        make_folder(folder)
    except OSError as error:
        raise cannot_write(folder, error) from error


def cannot_write(folder: Path, error: OSError) -> OptionError:
    return OptionError(
        f"can't write to {printable(folder)}: {error.strerror or error}: make room or name another --out"
    )


class Placed:
    """The names that an export gave in a folder, at eight bytes each: what tells a former export's file.

    Of two names with the same hash the second would be left lying, once in 10^7 exports of a million files.
    """

    def __init__(self) -> None:
        self._keys = array("Q")

    def add(self, name: str) -> None:
        self._keys.append(_key(name))

    def sweep(self, folder: Path, own: re.Pattern[str]) -> None:
        """Remove the files in `folder` named as `own` that were not added; what other people put there stays.

        Raises OptionError when one can't be removed.
        """
        if not folder.is_dir():
            return
        keys = np.sort(np.frombuffer(self._keys, dtype=np.uint64))
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if own.fullmatch(entry.name) and not _holds(keys, _key(entry.name)) and entry.is_file():
                        os.unlink(entry.path)
        except OSError as error:
            raise cannot_write(folder, error) from error


def _key(name: str) -> int:
    digest = hashlib.blake2b(name.encode("utf-8", "surrogateescape"), digest_size=_KEY_BYTES)
    return int.from_bytes(digest.digest())


def _holds(keys: "np.typing.NDArray[np.uint64]", key: int) -> bool:
    place = int(np.searchsorted(keys, np.uint64(key)))
    return place < len(keys) and int(keys[place]) == key
