"""Servers of transcriptions: one whose answers a test chooses, and a real one."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass
class Answer:
    """What a server says to one request."""

    status: int = 200
    body: Any = field(default_factory=lambda: {"text": "hello"})
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0.0


@dataclass
class Heard:
    """What it was asked. frames: the samples of the clip it was sent."""

    fields: dict[str, list[str]]
    frames: int
    authorization: str


class ChosenServer:
    """Answers by a function of the request; remembers all of them, and how many were under way at once."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.answer: Callable[[Heard], Answer] = lambda heard: Answer()
        self.most_at_once = 0
        self._now = 0
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer._handle(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handle(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        fields: dict[str, list[str]] = {}
        for name, value in re.findall(rb'name="([^"]+)"\r\n\r\n(.*?)\r\n--', body, re.DOTALL):
            fields.setdefault(name.decode(), []).append(value.decode())
        data = body.index(b"data", body.index(b"RIFF"))
        frames = int.from_bytes(body[data + 4 : data + 8], "little") // 2
        heard = Heard(fields, frames, request.headers["Authorization"])
        with self._lock:
            self.heard.append(heard)
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        answer = self.answer(heard)
        time.sleep(answer.after)
        with self._lock:
            self._now -= 1
        text = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        request.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        request.wfile.write(text)


@contextmanager
def transformers_serve(folder: Path) -> Iterator[str]:
    """The URL of a real `transformers serve`, which loads what a request names. folder: for its log and its hub."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).with_name("transformers")), "serve"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"],
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "hub")},
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", process)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            assert process.poll() is None, "transformers serve has ended"
            assert time.monotonic() < deadline, "transformers serve does not answer"
            time.sleep(0.2)
