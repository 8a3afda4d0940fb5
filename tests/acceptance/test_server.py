"""`asrlab server`: a Prefect server that stays, is used by calls, and leaves nothing behind."""

import fcntl
import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.acceptance.conftest import Asrlab
from tests.acceptance.test_label import CONTENTS, FAKE
from tests.factories import write_tone

STOP_LIMIT_S = 60


@pytest.fixture
def place(asrlab: Asrlab) -> Iterator[Asrlab]:
    """A call's folder with a Prefect home of its own, whose server is stopped at the end."""
    asrlab.environment["ASRLAB_SERVER_DIR"] = str(asrlab.folder / "server")
    write_tone(asrlab.folder / "a.wav")
    yield asrlab
    asrlab.run("server", "down")


def wait_until_ended(pid: int) -> None:
    deadline = time.monotonic() + STOP_LIMIT_S
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "the server was left behind"
        time.sleep(0.1)


def test_a_server_that_stays_is_used_until_it_is_stopped(place: Asrlab) -> None:
    assert place.json("server", "status", "--json") == {"running": False}
    assert "no server runs" in place.run("server", "down")
    assert "http://127.0.0.1:" in place.run("server", "up")
    server = place.json("server", "status", "--json")
    place.run("server", "up", code=1)
    assert f"pid {server['pid']}" in place.errors

    place.run("label", "a.wav", *FAKE)
    request = urllib.request.Request(
        f"{server['url']}/flow_runs/filter", b"{}", {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        (run,) = json.load(answer)
    assert run["state_type"] == "COMPLETED"
    # The call has neither stopped it nor started another one.
    assert place.json("server", "status", "--json") == server

    assert "has stopped" in place.run("server", "down")
    wait_until_ended(server["pid"])
    assert place.json("server", "status", "--json") == {"running": False}


def test_a_server_that_was_killed_is_in_nobodys_way(place: Asrlab) -> None:
    place.run("server", "up")
    server = place.json("server", "status", "--json")
    os.kill(server["pid"], signal.SIGKILL)
    wait_until_ended(server["pid"])
    assert "no server runs" in place.run("server", "status")
    place.run("label", "a.wav", *FAKE)
    assert len(place.query(CONTENTS)) == 1
    # What a killed `server up` may leave.
    (place.folder / "server" / "server.json").write_text('{"url": ')
    assert place.json("server", "status", "--json") == {"running": False}


def test_a_server_of_another_machine_or_boot_is_not_ours_to_use_or_stop(place: Asrlab) -> None:
    home = place.folder / "server"
    home.mkdir()
    bystander = subprocess.Popen(["sleep", "600"])
    try:
        state = {"url": "http://127.0.0.1:9/api", "pid": bystander.pid, "owner": f"else|{bystander.pid}|1"}
        (home / "server.json").write_text(json.dumps(state))
        assert place.json("server", "status", "--json") == {"running": False}
        place.run("label", "a.wav", *FAKE)
        assert "no server runs" in place.run("server", "down")
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_server_whose_start_was_killed_can_be_stopped(place: Asrlab) -> None:
    up = place.start("server", "up")
    state = place.folder / "server" / "server.json"
    deadline = time.monotonic() + STOP_LIMIT_S
    while not state.exists() or not place.json("server", "status", "--json")["running"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    os.killpg(up.pid, signal.SIGKILL)
    up.wait()
    pid = place.json("server", "status", "--json")["pid"]
    assert "has stopped" in place.run("server", "down")
    wait_until_ended(pid)


def test_a_killed_call_leaves_no_slot_behind_on_a_server_that_stays(place: Asrlab) -> None:
    place.run("server", "up")
    first = place.start("label", "a.wav", *FAKE, ASRLAB_FAKE_DELAY_S="300")
    deadline = time.monotonic() + STOP_LIMIT_S
    while not place.query("SELECT 1 FROM leases WHERE stage = 'transcribe'"):
        assert time.monotonic() < deadline
        assert first.poll() is None
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    began = time.monotonic()
    place.run("label", "a.wav", *FAKE)
    # The dead call's slot would be Prefect's to free, 60 s and more later.
    assert time.monotonic() - began < 50
    assert len(place.query(CONTENTS)) == 1


def test_a_folder_that_is_in_use_or_cant_be_written_is_one_line(place: Asrlab) -> None:
    home = place.folder / "server"
    home.mkdir()
    with (home / "in-use.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        place.run("server", "up", code=1)
    assert "another asrlab process" in place.errors
    place.run("server", "up", code=1, ASRLAB_SERVER_DIR="/proc/nowhere")
    assert len(place.errors.strip().splitlines()) == 1
    assert not Path("/proc/nowhere").exists()
