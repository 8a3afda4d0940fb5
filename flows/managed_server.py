"""The Prefect server that stays: `asrlab server up`, `down`, `status`.

It inherits the lock on the folder with its history, so while it lives no other server writes there.
"""

from pathlib import Path

import psutil

from asrlab.catalog.owner import process_name
from asrlab.errors import FlowError
from flows.local_server import STOP_LIMIT_S, locked_home, spawn_server, wait_until_healthy
from flows.server_state import ManagedServer, forget_state, managed_server, write_state


def start_server(server_dir: Path) -> ManagedServer:
    """Start the server and leave it running; raises FlowError when one runs, or when it does not start."""
    running = managed_server(server_dir)
    if running is not None:
        raise FlowError(f"a server runs already at {running.url} (pid {running.pid})")
    with locked_home(server_dir) as lock:
        if lock is None:
            raise FlowError(
                f"another asrlab process uses {server_dir} now: start the server when it has ended, "
                "or set ASRLAB_SERVER_DIR"
            )
        log_path = server_dir / "server.log"
        process, url = spawn_server(server_dir, log_path, lives_with_parent=False, kept_open=[lock])
        try:
            # Before it answers, so that `down` finds it whatever happens to this process.
            server = ManagedServer(url, process.pid, process_name(process.pid))
            write_state(server_dir, server)
            wait_until_healthy(process, url, log_path)
        except BaseException:
            process.kill()
            process.wait()
            forget_state(server_dir)
            raise
    return server


def stop_server(server_dir: Path) -> ManagedServer | None:
    """Stop the managed server and wait until it has ended; None when none ran."""
    server = managed_server(server_dir)
    if server is not None:
        try:
            process = psutil.Process(server.pid)
            process.terminate()
            try:
                process.wait(STOP_LIMIT_S)
            except psutil.TimeoutExpired:
                process.kill()
                process.wait(STOP_LIMIT_S)
        except psutil.NoSuchProcess:
            # It ended by itself meanwhile, which is what was wanted.
            pass
    forget_state(server_dir)
    return server
