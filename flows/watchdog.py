"""Seeing a Prefect server die under a flow, whose client would go on asking it for minutes."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from asrlab.stopping import ask_to_stop

LOOK_EVERY_S = 2.0
# A busy server may be slow to answer; one that is silent this often is gone.
MISSES = 3
# For what is being computed, to be stored.
LAST_WORK_S = 10.0
EXIT_ERROR = 1


@contextmanager
def watched(
    url: str, is_alive: Callable[[], bool], clean_up: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """End this process with one line when the server dies before the block does.

    No task begins any more; what runs has a while to be stored. Prefect's threads can't be told to give up, so the
    process leaves without them; `clean_up` is called before.
    """
    ended = threading.Event()

    def watch() -> None:
        missed = 0
        while not ended.wait(LOOK_EVERY_S):
            missed = 0 if is_alive() else missed + 1
            if missed < MISSES:
                continue
            ask_to_stop()
            if not ended.wait(LAST_WORK_S):
                clean_up()
                sys.stderr.write(
                    f"asrlab: the Prefect server at {url} has died; what was stored stays: give the same command "
                    "again to go on, or use --inline\n"
                )
                sys.stderr.flush()
                os._exit(EXIT_ERROR)

    watcher = threading.Thread(target=watch, name="asrlab-server-watchdog", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
