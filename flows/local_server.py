"""A Prefect API to run a flow against: the configured one, or a local server for the length of the call.

The local server keeps its history in one folder, which one process at a time may use; a second process gets a
folder of its own that goes with it, so calls never wait for each other or share a server that one of them stops.
"""

import fcntl
import logging
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from asrlab.config import Settings
from asrlab.errors import FlowError
from flows.server_process import DETACHED, END
from flows.server_state import managed_server
from flows.watchdog import watched

API_NAME = "PREFECT_API_URL"
LOOPBACK = "127.0.0.1"
START_LIMIT_S = 180.0
STOP_LIMIT_S = 15.0
POLL_S = 0.1
DRAIN_LIMIT_S = 5.0
LOG_TAIL_LINES = 5

# Read by Prefect when it is imported, here and in the server.
CLIENT_ENVIRONMENT = {
    "PREFECT_LOGGING_LEVEL": "WARNING",
    # Task failures are told once, by the command itself; Prefect keeps its own account in its API.
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    # Events that a dead server did not take, which the watchdog tells in one line.
    "PREFECT_INTERNAL_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
}
SERVER_ENVIRONMENT = {
    **CLIENT_ENVIRONMENT,
    "PREFECT_INTERNAL_LOGGING_LEVEL": "ERROR",
    # A slot held by a killed process stays known over a restart, and so is freed.
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
}


@contextmanager
def prefect_api(settings: Settings) -> Iterator[str]:
    """The URL of a Prefect API for the length of the block, with the engine's limit in it.

    Must be entered before a flow is imported. Raises FlowError when no API answers.
    """
    for name, value in CLIENT_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    # Log records that a dead server did not take are no news beside its death.
    logging.raiseExceptions = False
    configured = configured_api()
    if configured is not None:
        with told_in_one_line(configured):
            _ensure_limits(configured, settings, fresh=False)
            yield configured
        return
    bypass_proxies()
    server_dir = settings.server_dir
    managed = managed_server(server_dir)
    # One that is still starting, or hangs, is in nobody's way.
    if managed is not None and is_healthy(managed.url):
        with (
            told_in_one_line(managed.url),
            used_by_prefect(managed.url),
            _shared_use(settings, managed.url),
            watched(managed.url, lambda: is_healthy(managed.url)),
        ):
            yield managed.url
        return
    with (
        _server_home(server_dir) as home,
        _running_server(home) as (server, url),
        told_in_one_line(url),
        used_by_prefect(url),
        watched(url, lambda: server.poll() is None, lambda: _remove_temporary(home, server_dir)),
    ):
        _ensure_limits(url, settings, fresh=True)
        yield url


@contextmanager
def _shared_use(settings: Settings, url: str) -> Iterator[None]:
    """Set the engine's limit on the managed server, and count this process among those that use it.

    When it is the only one, whoever holds a slot of the limit is dead: it is set anew, and nobody has to wait until
    Prefect finds out.
    """
    with (settings.server_dir / "users.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            alone = True
        except BlockingIOError:
            alone = False
            # Waits here while the other one sets the limit anew.
            fcntl.flock(lock, fcntl.LOCK_SH)
        _ensure_limits(url, settings, fresh=alone)
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def _ensure_limits(url: str, settings: Settings, *, fresh: bool) -> None:
    """Set the engine's limits: the first word with the API, which shows whether it is one."""
    from flows.limits import ensure_limits

    try:
        ensure_limits(settings, fresh=fresh)
    except (OSError, ValueError, ImportError) as error:
        # No network, an answer that is no Prefect's, a proxy that httpx does not know.
        raise _not_reached(url, error) from error


@contextmanager
def used_by_prefect(url: str) -> Iterator[None]:
    """Let Prefect in this process talk to the API at `url`."""
    os.environ[API_NAME] = url
    _refresh_prefect_settings()
    try:
        yield
    finally:
        _drain_logs()
        del os.environ[API_NAME]
        _refresh_prefect_settings()


def configured_api() -> str | None:
    """What Prefect itself would use: PREFECT_API_URL, or the active profile's."""
    given = os.environ.get(API_NAME, "")
    try:
        urllib.parse.urlsplit(given)
    except ValueError as error:
        # Said here, because Prefect says it in many lines, and when it is imported.
        raise FlowError(
            f"PREFECT_API_URL is no URL ({error}): {given}; correct or unset it, or use --inline"
        ) from error
    from prefect.settings import get_current_settings

    url = get_current_settings().api.url
    return None if url is None else str(url)


@contextmanager
def told_in_one_line(url: str) -> Iterator[None]:
    """Turn what says that the API was lost into a FlowError; nothing else, for the block holds all the work."""
    import httpx

    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _not_reached(url, error) from error


def _not_reached(url: str, error: Exception) -> FlowError:
    why = (str(error).strip() or type(error).__name__).splitlines()[0]
    return FlowError(
        f"the Prefect API at {url} does not answer as one ({why}): start it, correct or unset PREFECT_API_URL "
        "(or Prefect's profile), or use --inline; what is stored already stays"
    )


def bypass_proxies() -> None:
    """Let this process and its children talk to this machine directly: no proxy can reach our server."""
    for name in ("no_proxy", "NO_PROXY"):
        listed = os.environ.get(name, "")
        if listed != "*":
            os.environ[name] = ",".join(filter(None, [listed, LOOPBACK]))


def _drain_logs() -> None:
    """Let Prefect's log worker hand over what it holds, while the server is still there to take it."""
    from prefect.logging.handlers import APILogWorker

    APILogWorker.drain_all(timeout=DRAIN_LIMIT_S)


def _refresh_prefect_settings() -> None:
    from prefect.context import refresh_global_settings_context

    refresh_global_settings_context()


@contextmanager
def _server_home(server_dir: Path) -> Iterator[Path]:
    """The folder with the history when nobody uses it, else a temporary one."""
    with locked_home(server_dir) as lock:
        if lock is not None:
            yield server_dir
            return
        home = Path(tempfile.mkdtemp(prefix="asrlab-prefect-"))
        try:
            yield home
        finally:
            _remove_temporary(home, server_dir)


def _remove_temporary(home: Path, server_dir: Path) -> None:
    if home != server_dir:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def locked_home(server_dir: Path) -> Iterator[int | None]:
    """Hold the folder with the history; yields the lock's file descriptor, None while another process holds it.

    The kernel frees it with the last process that has the descriptor, so a killed call never blocks the next.
    """
    try:
        server_dir.mkdir(parents=True, exist_ok=True)
        lock = (server_dir / "in-use.lock").open("w")
    except OSError as error:
        raise FlowError(
            f"can't keep Prefect's history in {server_dir}: {error.strerror}; set ASRLAB_SERVER_DIR, or use --inline"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        yield lock.fileno()


@contextmanager
def _running_server(home: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    log_path = home / "server.log"
    server, url = spawn_server(home, log_path, lives_with_parent=True)
    try:
        wait_until_healthy(server, url, log_path)
        yield server, url
    finally:
        _stop(server)


def spawn_server(
    home: Path, log_path: Path, *, lives_with_parent: bool, kept_open: Sequence[int] = ()
) -> tuple[subprocess.Popen[bytes], str]:
    """Start a Prefect server on a free port of this machine; returns its process and its URL.

    lives_with_parent: it ends when the pipe on its standard input does. kept_open: file descriptors it inherits.
    """
    port = _free_port()
    environment = {**os.environ, **SERVER_ENVIRONMENT, "PREFECT_HOME": str(home)}
    environment.pop(API_NAME, None)
    with log_path.open("w") as log:
        # Its own session: Ctrl-C reaches this process, which ends the flow before the server.
        server = subprocess.Popen(
            # -P: a folder named `flows` in the user's working directory is not ours.
            [
                *(sys.executable, "-P", "-m", "flows.server_process", str(port)),
                *(() if lives_with_parent else (DETACHED,)),
            ],
            stdin=subprocess.PIPE if lives_with_parent else subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
            pass_fds=kept_open,
        )
    return server, f"http://{LOOPBACK}:{port}/api"


def wait_until_healthy(server: subprocess.Popen[bytes], url: str, log_path: Path) -> None:
    """Return when the server answers; raises FlowError when it ends or takes too long."""
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            tail = " / ".join(log_path.read_text(errors="replace").strip().splitlines()[-LOG_TAIL_LINES:])
            raise FlowError(
                f"the local Prefect server ended at its start: {tail} (use --inline to go without)"
            )
        if is_healthy(url):
            return
        time.sleep(POLL_S)
    raise FlowError(
        f"the local Prefect server did not answer within {START_LIMIT_S:.0f} s; its log: {log_path} "
        "(use --inline to go without)"
    )


def is_healthy(url: str) -> bool:
    """Whether a server of this machine answers; asked without any proxy."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{url}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _stop(server: subprocess.Popen[bytes]) -> None:
    assert server.stdin is not None
    with suppress(BrokenPipeError):  # it has ended by itself
        server.stdin.write(END)
        server.stdin.close()
    try:
        server.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
