"""The Prefect server that asrlab starts for itself: `python -m flows.server_process PORT [--detached]`.

Detached it lives until it is told to stop. Else it lives exactly as long as the pipe on its standard input: when the
process that started it ends, however it ends, the kernel closes the pipe and the server stops. So it is never
orphaned, on any Unix. A word in the pipe asks it to end in order; a pipe that closes without one belonged to a process
that was killed, and the server ends at once, before the next call starts another on the same database.
"""

import os
import signal
import sys
import threading

DETACHED = "--detached"
END = b"end"
GRACE_SECONDS = 5.0


def main() -> None:
    # Here, because the process that starts the server reads this module and needs none of it.
    import uvicorn

    port = int(sys.argv[1])
    if DETACHED not in sys.argv[2:]:
        threading.Thread(target=_stop_with_parent, daemon=True, name="asrlab-parent-watch").start()
    uvicorn.run(
        "prefect.server.api.server:create_app",
        factory=True,
        host="127.0.0.1",
        port=port,
        log_level="warning",
        timeout_graceful_shutdown=int(GRACE_SECONDS),
    )


def _stop_with_parent() -> None:
    """Block until the pipe has a word or closes, ask the server to stop, and insist after a while."""
    # Not through sys.stdin, whose lock a thread must not hold when Python ends.
    if not os.read(sys.stdin.fileno(), len(END)):
        os._exit(1)
    os.kill(os.getpid(), signal.SIGTERM)
    # Prefect's services may take long to notice; nothing of ours is lost by not waiting for them.
    threading.Event().wait(2 * GRACE_SECONDS)
    os._exit(0)


if __name__ == "__main__":
    main()
