"""The flows' tasks on a real Ray cluster of this machine, which has two cards to its knowledge."""

import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.conftest import Asrlab
from tests.acceptance.test_label import CONTENTS, FAKE, WORDS, write_good_files

FILES = 12
IMPATIENT = {"RAY_NUM_REDIS_GET_RETRIES": "2"}
RAY = Path(sys.executable).with_name("ray")


@pytest.fixture
def cluster(asrlab: Asrlab, tmp_path: Path) -> Iterator[str]:
    """The address of a Ray cluster that believes in two cards; its processes have the environment of this place."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    asrlab.environment |= {
        "ASRLAB_CATALOG": f"sqlite:///{asrlab.folder / 'asrlab.db'}",
        "ASRLAB_ENGINE_SLOTS": "2",
        "ASRLAB_SERVER_DIR": str(asrlab.folder / "server"),
        "RAY_USAGE_STATS_ENABLED": "0",
        # Unset, the cluster asks for a token wherever this user's home holds one.
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        # Its sockets' names have little room.
        "RAY_TMPDIR": f"/tmp/asrlab-ray-{os.getpid()}",
    }
    cluster = subprocess.Popen(
        [
            *(RAY, "start", "--head", "--block", "--node-ip-address=127.0.0.1", f"--port={port}"),
            *("--num-cpus=4", "--num-gpus=2", "--include-dashboard=false", "--disable-usage-stats"),
            *("--object-store-memory=80000000", f"--temp-dir={asrlab.environment['RAY_TMPDIR']}"),
        ],
        env=asrlab.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield f"127.0.0.1:{port}"
    cluster.terminate()
    cluster.wait(60)


def test_ray_gives_each_task_a_card_of_its_own(asrlab: Asrlab, cluster: str) -> None:
    write_good_files(asrlab.folder / "audio", FILES)
    undisturbed = ("--catalog", f"sqlite:///{asrlab.folder / 'undisturbed.db'}")
    asrlab.run("label", "audio", "--inline", *FAKE, *undisturbed)
    asrlab.environment |= {
        "ASRLAB_TASK_RUNNER": "ray",
        "ASRLAB_RAY_ADDRESS": cluster,
        "ASRLAB_GROUP_SECONDS": "1",
    }
    asrlab.run("label", "audio", *FAKE, code=1, RAY_AUTH_TOKEN="another", **IMPATIENT)
    assert "RAY_AUTH_TOKEN" in asrlab.errors.splitlines()[-1]
    asrlab.run("label", "audio", *FAKE, ASRLAB_FAKE_DELAY_S="0.4")
    for statement in (CONTENTS, WORDS):
        assert asrlab.query(statement) == asrlab.json("sql", statement, "--format", "json", *undisturbed)
    # Ray showed each task one card, and each task held that card's place.
    places = {path.name for path in (asrlab.folder / "server/slots").iterdir()}
    assert places == {"gpu-0.lock", "gpu-1.lock"}
