"""Several machines on one computer: host names and homes of their own, one Prefect server, catalog and bucket for all."""

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.postgres import PostgresServer
from tests.process import Asrlab

START_LIMIT_S = 180.0


def names_can_be_given() -> bool:
    """Whether this computer lets a process have a host name of its own (Linux, as root)."""
    if shutil.which("unshare") is None:
        return False
    done = subprocess.run(["unshare", "--uts", "hostname", "other"], capture_output=True, check=False)
    return done.returncode == 0


@dataclass
class Machine(Asrlab):
    """`asrlab` under a host name of its own."""

    name: str = ""

    def command(self, *arguments: str | Path) -> list[str]:
        command = super().command(*arguments)
        return ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', self.name, *command]


def machine(like: Asrlab, name: str) -> Machine:
    """A machine with an empty home beside `like`, and nothing else of its own."""
    folder = like.folder / name
    folder.mkdir()
    environment = {
        **like.environment,
        "HOME": str(folder),
        "ASRLAB_SERVER_DIR": str(folder / "server"),
        "ASRLAB_CACHE_DIR": str(folder / "cache"),
        "PREFECT_HOME": str(folder / "prefect"),
    }
    return Machine(folder, environment, name=name)


@dataclass
class PrefectServer:
    """`prefect server start`, as docs/operations.md has it, on PostgreSQL; it may be killed and started again."""

    folder: Path
    database: PostgresServer
    port: int
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def start(self) -> None:
        url = self.database.url("prefect").replace("postgresql://", "postgresql+asyncpg://")
        with (self.folder / "prefect.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "prefect", "server", "start"),
                    *("--host", "127.0.0.1", "--port", str(self.port)),
                ],
                env={
                    **self.environment,
                    "PREFECT_SERVER_DATABASE_CONNECTION_URL": url,
                    "PREFECT_HOME": str(self.folder / "prefect-home"),
                    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
                    "PREFECT_LOGGING_LEVEL": "WARNING",
                    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": (
                        "prefect.server.concurrency.lease_storage.filesystem"
                    ),
                },
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_LIMIT_S
        while not self.answers():
            assert time.monotonic() < deadline, (self.folder / "prefect.log").read_text()[-3000:]
            assert self.process.poll() is None, (self.folder / "prefect.log").read_text()[-3000:]
            time.sleep(0.2)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def kill(self) -> None:
        """As a lost power cord does, with all its children."""
        assert self.process is not None
        subprocess.run(["pkill", "-KILL", "-s", str(self.process.pid)], check=False)
        self.process.wait()


@contextmanager
def prefect_on(database: PostgresServer, like: Asrlab) -> Iterator[PrefectServer]:
    """A Prefect server for the length of the block."""
    database.create("prefect")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = PrefectServer(like.folder, database, port, like.environment)
    server.start()
    try:
        yield server
    finally:
        server.kill()
