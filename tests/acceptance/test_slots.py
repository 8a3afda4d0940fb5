"""The places at an engine: strict, one holder each, and free at once when the holder is killed."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.acceptance.conftest import Asrlab

HOLD = """
import sys, time
from asrlab.config import load_settings
from flows.limits import ensure_limits
from flows.slots import engine_slot
settings = load_settings()
if len(sys.argv) > 1:
    ensure_limits(settings)
with engine_slot(settings):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def place(asrlab: Asrlab) -> Iterator[Asrlab]:
    asrlab.environment |= {"ASRLAB_SERVER_DIR": str(asrlab.folder / "server"), "ASRLAB_DEVICE": "cpu"}
    asrlab.run("server", "up")
    asrlab.environment["PREFECT_API_URL"] = asrlab.json("server", "status", "--json")["url"]
    yield asrlab
    asrlab.run("server", "down")


def holder(place: Asrlab, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, *arguments],
        cwd=place.folder,
        env={**place.environment, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def says(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def end(*processes: "subprocess.Popen[str]") -> None:
    for process in processes:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_a_killed_holders_slot_is_free_at_once_and_nobody_has_it_beside_another(place: Asrlab) -> None:
    first = holder(place, "make")
    assert says(first) == "held"
    second = holder(place)
    with pytest.raises(subprocess.TimeoutExpired):
        second.wait(8)
    first.send_signal(signal.SIGKILL)
    first.wait()
    killed = time.monotonic()
    assert says(second) == "held"
    # Without the lock file it would be Prefect's lease of sixty seconds.
    assert time.monotonic() - killed < 15
    end(first, second)


def test_the_limit_of_all_machines_counts_them_together(place: Asrlab) -> None:
    cluster = {"ASRLAB_CLUSTER_SLOTS": "1", "ASRLAB_ENGINE_SLOTS": "2"}
    # Another machine, as far as its lock files go.
    other = {**cluster, "ASRLAB_SERVER_DIR": str(place.folder / "other")}
    first = holder(place, "make", **cluster)
    assert says(first) == "held"
    second = holder(place, "make", **other)
    with pytest.raises(subprocess.TimeoutExpired):
        second.wait(8)
    end(first, second)


def test_a_limit_that_is_missing_is_an_error_and_no_free_pass(place: Asrlab) -> None:
    alone = holder(place)
    assert alone.stdout is not None
    said = alone.stdout.read()
    assert alone.wait(60) == 1
    assert "has no limit asrlab-engine-" in said
    end(alone)
