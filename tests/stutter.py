"""A proxy in front of a server that spoils some of what passes: an error, a long pause, half an answer."""

import random
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FAULTS = ("error", "slow", "truncated")
PAUSE_S = 4.0
KEPT_BACK = ("connection", "transfer-encoding", "content-length")


class StutteringProxy(ThreadingHTTPServer):
    """share: of the answers, which is spoiled. spoiled, passed: what was done so far."""

    def __init__(self, target: str, share: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target, self.share = target, share
        self.dice = random.Random(7)
        self.spoiled: Counter[str] = Counter()
        self.passed = 0
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: StutteringProxy

    def log_message(self, *_arguments: object) -> None: ...

    def do_GET(self) -> None:
        dice = self.server.dice
        fault = dice.choice(FAULTS) if dice.random() < self.server.share else None
        if fault == "error":
            self.server.spoiled[fault] += 1
            self.send_response(500)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self._pass_on(fault)

    do_HEAD = do_GET  # noqa: N815 - its caller's name for it

    def _pass_on(self, fault: str | None) -> None:
        with self._asked() as response:
            body = response.read()
            self.send_response(response.status)
            for name, value in response.headers.items():
                if name.lower() not in KEPT_BACK:
                    self.send_header(name, value)
            self.send_header("Content-Length", response.headers.get("Content-Length", str(len(body))))
            self.end_headers()
        if fault == "slow":
            time.sleep(PAUSE_S)
        elif fault == "truncated" and len(body) > 1:
            body = body[: len(body) // 2]
            self.close_connection = True
        else:
            fault = None
        if fault is None:
            self.server.passed += 1
        else:
            self.server.spoiled[fault] += 1
        try:
            self.wfile.write(body)
        except OSError:
            # Who asked has given up.
            self.close_connection = True

    def _asked(self) -> "urllib.request._UrlopenRet":
        target = self.server.target
        headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        request = urllib.request.Request(
            f"{target}{self.path}",
            headers={**headers, "Host": target.removeprefix("http://")},
            method=self.command,
        )
        try:
            return urllib.request.urlopen(request, timeout=30)
        except urllib.error.HTTPError as error:
            return error
