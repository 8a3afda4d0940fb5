"""What is written down of the server that `asrlab server up` has started: where it answers and which process it is."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from asrlab.catalog.owner import is_surely_alive

STATE_FILE = "server.json"


@dataclass(frozen=True, slots=True)
class ManagedServer:
    """A server that was started to stay. owner: the process as `asrlab.catalog.owner` names it."""

    url: str
    pid: int
    owner: str


def managed_server(server_dir: Path) -> ManagedServer | None:
    """The managed server of this folder, None when none runs on this machine."""
    try:
        written = json.loads((server_dir / STATE_FILE).read_text(encoding="utf-8"))
        server = ManagedServer(str(written["url"]), int(written["pid"]), str(written["owner"]))
    except (OSError, ValueError, KeyError, TypeError):
        # Never written, or by a process that was killed while it wrote.
        return None
    return server if is_surely_alive(server.owner) else None


def write_state(server_dir: Path, server: ManagedServer) -> None:
    (server_dir / STATE_FILE).write_text(json.dumps(asdict(server)), encoding="utf-8")


def forget_state(server_dir: Path) -> None:
    (server_dir / STATE_FILE).unlink(missing_ok=True)
