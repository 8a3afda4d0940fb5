"""The Prefect server dies under a running flow: the call ends soon, with one line, and loses nothing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from flows.local_server import CLIENT_ENVIRONMENT
from tests.acceptance.conftest import Asrlab
from tests.factories import write_tone

FAKE = ("--engine", "fake", "--aligner", "none", "--no-vad")
FILES = 30
ENDS_WITHIN_S = 60.0


def wait_for(asrlab: Asrlab, query: str, limit_s: float = 120.0) -> None:
    deadline = time.monotonic() + limit_s
    while not asrlab.query(query)[0]["number"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def server_of(asrlab: Asrlab) -> psutil.Process:
    """The server whose history lies in this test's folder."""
    for process in psutil.process_iter():
        try:
            if process.environ().get("PREFECT_HOME") == asrlab.environment["ASRLAB_SERVER_DIR"]:
                return process
        except psutil.Error:
            continue
    raise AssertionError("no server runs")


@pytest.mark.parametrize("stays", [False, True], ids=["own", "stays"])
def test_a_server_that_dies_ends_the_call_soon(asrlab: Asrlab, stays: bool) -> None:
    asrlab.environment["ASRLAB_SERVER_DIR"] = str(asrlab.folder / "prefect")
    for index in range(FILES):
        write_tone(asrlab.folder / "audio" / f"{index:02}.wav", 0.3, 200 + index)
    asrlab.run("init")
    if stays:
        asrlab.run("server", "up")
    process = asrlab.start(
        "label", "audio", *FAKE, ASRLAB_GROUP_SECONDS="1", ASRLAB_FAKE_DELAY_S="0.5", OMP_NUM_THREADS="1"
    )
    wait_for(asrlab, "SELECT COUNT(*) AS number FROM v_transcripts")
    server = server_of(asrlab)
    server.send_signal(signal.SIGKILL)
    assert process.wait(ENDS_WITHIN_S) == 1
    log = Path(asrlab.folder / "started.log").read_text()
    lines = [line for line in log.splitlines() if not line.startswith(("labeling:", "reading files:"))]
    assert len(lines) == 1, log
    assert lines[0].startswith("asrlab: the Prefect server at http://127.0.0.1:")
    assert "--inline" in lines[0]
    if stays:
        asrlab.run("server", "down")
    assert not psutil.pid_exists(server.pid) or server.status() == psutil.STATUS_ZOMBIE
    assert asrlab.query("SELECT COUNT(*) AS number FROM v_transcripts")[0]["number"] > 0
    asrlab.run("label", "audio", "--inline", *FAKE)
    assert asrlab.query("SELECT COUNT(*) AS number FROM v_current")[0]["number"] == FILES
    assert os.listdir(asrlab.folder / "audio")


def test_prefect_does_not_complain_beside_our_line() -> None:
    """Its workers print every event that a dead server did not take, unless told not to."""
    program = (
        "from prefect._internal.concurrency import logger\n"
        "import prefect\n"
        "logger.error('an event was not taken')\n"
    )
    said = {
        level: subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=True,
        ).stderr
        for level, environment in [("asrlab", CLIENT_ENVIRONMENT), ("prefect", {})]
    }
    assert said["asrlab"] == ""
    assert "an event was not taken" in said["prefect"]
