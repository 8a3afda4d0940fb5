"""A Prefect server on SQLite refuses what meets another write; the slot is asked for again at once."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.slots import _acquired

REFUSALS = 5
# Prefect's own first retry comes after about two.
SOON_S = 2.0


class BusyServer(BaseHTTPRequestHandler):
    lease = str(uuid4())
    asked = 0

    def log_message(self, *_arguments: object) -> None: ...

    def do_GET(self) -> None:
        # It has no tokens against forgery, as Prefect's server has none unless told to.
        self._answer(*((404, {}) if "csrf" in self.path else (200, "3.8.8")))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        BusyServer.asked += 1
        if BusyServer.asked <= REFUSALS:
            self._answer(503, {"exception_message": "Service Unavailable"})
        else:
            self._answer(200, {"lease_id": self.lease, "limits": [{"name": "card"}]})

    def _answer(self, status: int, what: object) -> None:
        body = json.dumps(what).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BusyServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/api"
    server.shutdown()
    server.server_close()


def test_a_refusal_costs_no_seconds(url: str) -> None:
    with temporary_settings({PREFECT_API_URL: url}), get_client(sync_client=True) as client:
        began = time.monotonic()
        lease = _acquired(client, ["card"])
    assert str(lease) == BusyServer.lease
    assert BusyServer.asked == REFUSALS + 1
    assert time.monotonic() - began < SOON_S
