"""`asrlab review`, as the shell starts and ends it, and as a browser asks it."""

import json
import re
import shutil
import signal
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import REPOSITORY, Asrlab

READY_S = 60.0
VENDOR = Path("asrlab/web/vendor/wavesurfer")

pytestmark = pytest.mark.skipif(
    not (REPOSITORY / VENDOR / "wavesurfer.esm.js").exists(), reason="there is no wavesurfer: `make assets`"
)


class Server:
    """A running `asrlab review`."""

    def __init__(self, asrlab: Asrlab, *arguments: str) -> None:
        self.process = asrlab.start("review", "--no-browser", "--port", "0", *arguments)
        self.log = asrlab.folder / "started.log"
        ends = time.monotonic() + READY_S
        while not (found := re.search(r"review (http://\S+/) (.*)", self.log.read_text())):
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < ends
            time.sleep(0.05)
        self.url, self.told = found.groups()

    def ask(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url.rstrip("/") + path, data, headers)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=15)


@pytest.fixture
def labeled(asrlab: Asrlab, audio: Path) -> Asrlab:
    asrlab.run("label", audio, "--engine", "fake", "--aligner", "fake", "--no-vad", "--inline")
    return asrlab


def test_a_correction_is_stored_and_aligned_and_ctrl_c_ends_it(labeled: Asrlab) -> None:
    server = Server(labeled, "--user", "anna", "--aligner", "fake")
    assert server.url.startswith("http://127.0.0.1:")
    assert server.told == "as anna; Ctrl-C ends it"
    assert server.ask("/")[0] == 200
    assert server.ask("/", Host="evil.example")[0] == 421
    token = json.loads(server.ask("/api/me")[1])["csrf"]
    headers = {"Content-Type": "application/json", "X-CSRF-Token": token}
    said = labeled.query("SELECT transcript_id, text FROM v_current WHERE segment_id = 1")[0]
    first, *_, last = said["text"].split()
    text = f"{first} zulu {last}"
    saved = server.ask(
        "/api/segments/1/save", {"parent_id": said["transcript_id"], "text": text, "seconds": 2.0}, **headers
    )
    assert saved[0] == 200
    ends = time.monotonic() + READY_S
    while json.loads(server.ask("/api/segments/1")[1])["is_pending"]:
        assert time.monotonic() < ends
        time.sleep(0.1)
    assert server.stop() == 130
    assert "Traceback" not in server.log.read_text()
    (now,) = labeled.query("SELECT text, author, verdict FROM v_current WHERE segment_id = 1")
    assert now == {"text": text, "author": "anna", "verdict": "corrected"}
    assert labeled.query(
        "SELECT COUNT(*) AS n FROM v_runs WHERE stage = 'align' AND finished_at IS NULL"
    ) == [{"n": 0}]


def test_sigterm_ends_it_too(asrlab: Asrlab) -> None:
    server = Server(asrlab, "--user", "anna")
    assert server.stop(signal.SIGTERM) == 143
    # There is no batch to wait for.
    assert "asrlab: stopping\n" in server.log.read_text()


def test_people_log_in_where_others_can_reach_it(asrlab: Asrlab) -> None:
    token = asrlab.run("review", "people", "add", "ben").strip()
    server = Server(asrlab, "--host", "0.0.0.0", "--auth", "--aligner", "none")
    server.url = server.url.replace("0.0.0.0", "127.0.0.1")
    assert server.ask("/api/queue")[0] == 401
    csrf = json.loads(server.ask("/api/me")[1])["csrf"]
    headers = {"Content-Type": "application/json", "X-CSRF-Token": csrf}
    assert server.ask("/api/login", {"token": token}, **headers)[0] == 200
    assert server.ask("/", Host="evil.example")[0] == 421
    server.stop()


def test_a_server_that_nobody_can_log_in_to_says_so(asrlab: Asrlab) -> None:
    server = Server(asrlab, "--auth", "--aligner", "none")
    assert server.told == "with login; Ctrl-C ends it"
    server.stop()
    assert "asrlab review people add" in server.log.read_text()


def test_other_machines_are_not_let_in_without_login(asrlab: Asrlab) -> None:
    asrlab.run("review", "--host", "0.0.0.0", "--user", "anna", "--no-browser", "--aligner", "none", code=1)
    assert "--auth" in asrlab.errors


def test_a_port_that_is_taken_is_told(asrlab: Asrlab) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        asrlab.run("review", "--port", port, "--user", "anna", "--no-browser", "--aligner", "none", code=1)
    assert f"port {port}: address already in use" in asrlab.errors


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--aligner", "nothing-like-it"), 1),
        (("--user", "a\nb"), 1),
        (("--auth", "--user", "anna"), 2),
        (("--host", "no.such.host.invalid", "--auth", "--aligner", "none"), 1),
    ],
)
def test_what_does_not_fit_is_refused(asrlab: Asrlab, arguments: tuple[str, ...], code: int) -> None:
    asrlab.run("review", "--no-browser", "--port", "0", *arguments, code=code)


def test_without_the_waveform_s_files_it_says_how_to_get_them(asrlab: Asrlab, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    for name in ("asrlab", "flows", "migrations"):
        shutil.copytree(
            REPOSITORY / name, clone / name, ignore=shutil.ignore_patterns("vendor", "__pycache__")
        )
    path = asrlab.environment["PYTHONPATH"].replace(str(REPOSITORY), str(clone))
    asrlab.run("review", "--user", "anna", "--no-browser", "--aligner", "none", code=1, PYTHONPATH=path)
    assert "make assets" in asrlab.errors


def test_a_catalog_named_before_the_subcommand_is_the_one_meant(asrlab: Asrlab) -> None:
    asrlab.run("review", "--catalog", "other.db", "people", "add", "ben")
    assert "ben" in asrlab.run("review", "people", "list", "--catalog", "other.db")
    assert not (asrlab.folder / "asrlab.db").exists()


def test_help_of_review_is_quick_and_names_what_belongs_to_it(asrlab: Asrlab) -> None:
    told = asrlab.run("review", "--help")
    for word in ("--host", "--port", "--no-browser", "--user", "--auth", "stats", "people"):
        assert word in told
