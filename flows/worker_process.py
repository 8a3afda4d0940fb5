"""A Prefect worker that lives as long as the pipe on its standard input: `python -m flows.worker_process ARGUMENTS`.

So it ends with the process that started it, however that one ends. The arguments are those of `prefect worker start`.
"""

import os
import signal
import sys
import threading

GRACE_SECONDS = 15.0


def main() -> None:
    # Here, because the process that starts the worker reads this module and needs none of it.
    from prefect.cli import app

    threading.Thread(target=_stop_with_parent, daemon=True, name="asrlab-parent-watch").start()
    sys.argv = ["prefect", "worker", "start", *sys.argv[1:]]
    app()


def _stop_with_parent() -> None:
    # Not through sys.stdin, whose lock a thread must not hold when Python ends.
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE_SECONDS)
    os._exit(0)


if __name__ == "__main__":
    main()
