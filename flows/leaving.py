"""Leaving a process whose threads can't be told to give up."""

import os
import signal
import threading
import time

from asrlab.stopping import ask_to_stop

LOOK_EVERY_S = 1.0
# Less than the ten seconds that are promised after SIGTERM.
GRACE_S = 8.0
TERMINATED = 128 + signal.SIGTERM


def leave_after(seconds: float = GRACE_S) -> None:
    """End this process by then, if it has not ended by itself; what is stored stays, and claims of the dead are free."""
    timer = threading.Timer(seconds, os._exit, [TERMINATED])
    timer.daemon = True
    timer.start()


def leave_with_parent() -> None:
    """Stop when the process that started this one dies: a worker's flow alone holds a card, and nobody hears of it."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_EVERY_S)
        ask_to_stop()
        leave_after()

    threading.Thread(target=watch, name="asrlab-parent-watch", daemon=True).start()
