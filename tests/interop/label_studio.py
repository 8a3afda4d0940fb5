"""A real Label Studio server of its own, and what its page asks of it."""

import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

# The first start makes its database: a minute and more where others work beside it.
START_LIMIT_S = 300
STOP_LIMIT_S = 30
REQUEST_LIMIT_S = 60
ANNOTATOR = "ana@example.org"


@dataclass(frozen=True, slots=True)
class LabelStudio:
    """A running server, as one person with a token sees it."""

    client: httpx.Client

    def ask(self, method: str, path: str, **sent: Any) -> Any:
        answer = self.client.request(method, path, **sent)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:2000]}"
        return answer.json()

    def version(self) -> str:
        return str(self.ask("GET", "/api/version")["release"])

    def make_project(self, label_config: str, audio: Path) -> int:
        """A project that may be served the files below `audio`, which is below the document root."""
        project: int = self.ask(
            "POST", "/api/projects", json={"title": "interop", "label_config": label_config}
        )["id"]
        self.ask(
            "POST",
            "/api/storages/localfiles",
            json={"project": project, "path": str(audio), "title": "audio"},
        )
        return project

    def import_tasks(self, project: int, tasks: Path) -> Any:
        """As the page does: upload the file, then take all that was uploaded for tasks."""
        with tasks.open("rb") as file:
            return self.ask(
                "POST",
                f"/api/projects/{project}/import",
                files={"file": (tasks.name, file, "application/json")},
            )

    def tasks(self, project: int) -> list[dict[str, Any]]:
        found = self.ask("GET", "/api/tasks", params={"project": project, "fields": "all", "page_size": 1000})
        tasks: list[dict[str, Any]] = found["tasks"]
        return tasks

    def annotate(self, task: int, prediction: int, result: list[dict[str, Any]]) -> Any:
        return self.ask(
            "POST",
            f"/api/tasks/{task}/annotations/",
            json={"result": result, "parent_prediction": prediction, "lead_time": 4.2, "ground_truth": False},
        )

    def export_json(self, project: int) -> bytes:
        answer = self.client.get(f"/api/projects/{project}/export", params={"exportType": "JSON"})
        answer.raise_for_status()
        return answer.content


@contextmanager
def label_studio(python: Path, folder: Path, document_root: Path) -> Iterator[LabelStudio]:
    """Start a server with its data in `folder`, that serves local files below `document_root`; stop it at the end."""
    port, token = _free_port(), secrets.token_hex(20)
    data = folder / "data"
    data.mkdir(parents=True)
    command = [
        *(python, python.with_name("label-studio"), "start", "--no-browser", "--data-dir", data),
        *("--internal-host", "127.0.0.1", "--port", port, "--enable-legacy-api-token"),
        *("--username", ANNOTATOR, "--password", secrets.token_hex(8), "--user-token", token),
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LABEL_STUDIO_")}
    environment |= {
        "HOME": str(folder),
        "LABEL_STUDIO_BASE_DATA_DIR": str(data),
        "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED": "true",
        "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT": str(document_root),
        # Nothing is asked of the world outside.
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
    }
    log = folder / "server.log"
    with log.open("wb") as file:
        server = subprocess.Popen(
            [str(each) for each in command], cwd=folder, env=environment, stdout=file, stderr=file
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _await_answer(f"{url}/health", server, log)
        with httpx.Client(
            base_url=url,
            headers={"Authorization": f"Token {token}"},
            timeout=REQUEST_LIMIT_S,
            trust_env=False,
        ) as client:
            yield LabelStudio(client)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(STOP_LIMIT_S)


def _await_answer(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + START_LIMIT_S
    while time.monotonic() < ends:
        assert server.poll() is None, log.read_text(encoding="utf-8", errors="replace")[-5000:]
        try:
            if httpx.get(url, timeout=REQUEST_LIMIT_S, trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.5)
    raise AssertionError(f"no answer in {START_LIMIT_S} s: {log.read_text(encoding='utf-8')[-5000:]}")


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port
