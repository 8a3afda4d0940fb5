"""Ctrl-C and SIGTERM: finish the batch that is being computed, store it, and leave within ten seconds."""

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from asrlab.cli.exits import PREFIX, STOPPED, STOPPING, exit_code_of
from asrlab.cli.say import say
from asrlab.stopping import ask_to_stop, is_asked_to_stop

# Less than the ten seconds that are promised: leaving takes a moment too.
GRACE_S = 8.0
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(BaseException):
    """A signal ended the call; none of our handlers of errors takes it for one."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def stoppable(*, waits: bool = False, grace: float = GRACE_S, says: str = STOPPING) -> Iterator[None]:
    """Let a signal end the block after its current batch; raises Interrupted then.

    waits: whether the block only waits for other threads, as a flow does, and so must be interrupted itself. A second
    signal interrupts at once. grace: seconds until this process leaves whatever has not stopped. says: what a person
    reads at the first signal.
    """
    received: list[int] = []

    def handle(number: int, _frame: object) -> None:
        received.append(number)
        if waits or len(received) > 1:
            raise Interrupted(number)

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        with _watching_signals(grace, says):
            yield
    except Exception:
        # Work that was not let begin, or not let end, is no failure.
        if is_asked_to_stop():
            raise Interrupted(received[0] if received else signal.SIGINT) from None
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if received:
        raise Interrupted(received[0])


@contextmanager
def _watching_signals(grace: float, says: str) -> Iterator[None]:
    """See signals while the main thread is inside a library, which lets no Python handler run.

    From the first on, work is asked to stop; what has not stopped after the grace is left behind: what is stored stays.
    """
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    ended = threading.Event()
    before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)

    def watch() -> None:
        number = reader.recv(1)
        if not number or ended.is_set():
            return
        ask_to_stop()
        say(says, "warning", prefix=PREFIX)
        if not ended.wait(grace):
            say(STOPPED, "warning", prefix=PREFIX)
            os._exit(exit_code_of(number[0]))

    watcher = threading.Thread(target=watch, name="asrlab-signals", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        signal.set_wakeup_fd(before)
        writer.close()
        watcher.join()
        reader.close()
