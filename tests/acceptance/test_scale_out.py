"""Machines with homes of their own, one catalog on PostgreSQL, Prefect on PostgreSQL, audio in a bucket: one labeling."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.conftest import Asrlab, Figures, client_of
from tests.factories import write_tone
from tests.machines import Machine, PrefectServer, machine, names_can_be_given
from tests.postgres import system_binaries

FAKE = ("--engine", "fake", "--aligner", "fake", "--no-vad")
CLIP_SECONDS = 0.3
LIMIT_S = 1500.0

pytestmark = pytest.mark.skipif(
    system_binaries() is None or not names_can_be_given(),
    reason="needs a PostgreSQL with pg_trgm for Prefect's server, and host names for processes",
)


@pytest.mark.parametrize(
    ("machines", "clips"), [(2, 40), pytest.param(4, 1000, marks=pytest.mark.soak)], ids=["two", "four"]
)
def test_machines_label_a_bucket_together_and_each_clip_once(
    cluster: tuple[Asrlab, PrefectServer], tmp_path: Path, figures: Figures, machines: int, clips: int
) -> None:
    shared, _prefect = cluster
    fill(shared, tmp_path / "clips", clips)
    heard = tmp_path / "heard.txt"
    shared.environment |= {"ASRLAB_FAKE_LOG": str(heard), "ASRLAB_FAKE_DELAY_S": "0.1"}
    shared.run("source", "add", "calls", "s3://speech/many", "--corpus", "support")
    them = [machine(shared, f"m{number}") for number in range(machines)]
    try:
        began = time.monotonic()
        them[0].start("serve", "--interval", "3600", *FAKE)
        wait_for_deployments(shared, them[0])
        for other in them[1:]:
            other.start("worker")
        start_label_runs(them[0], machines - 1)
        wait_until_done(shared, them, clips)
        took = time.monotonic() - began
    finally:
        for each in them:
            leave(each)
    texts = [row["text"] for row in shared.query("SELECT text FROM v_current")]
    assert len(texts) == clips
    once = Counter(f"{stage} {text}" for stage in ("transcribe", "align") for text in texts)
    assert Counter(heard.read_text().splitlines()) == once
    hosts = shared.query(
        "SELECT e.host, COUNT(*) AS n FROM transcripts t JOIN engine_runs e ON e.run_id = t.run_id GROUP BY e.host"
    )
    assert {row["host"] for row in hosts} == {each.name for each in them}
    assert shared.json("failures", "--json") == []
    assert shared.query("SELECT COUNT(*) AS n FROM leases") == [{"n": 0}]
    figures(
        machines=machines,
        clips=clips,
        seconds=round(took),
        by_machine={row["host"]: row["n"] for row in hosts},
    )


def fill(shared: Asrlab, folder: Path, clips: int) -> None:
    client = client_of(shared)
    for number in range(clips):
        path = write_tone(folder / f"{number:04}.wav", CLIP_SECONDS, 200 + number)
        client.upload_file(str(path), "speech", f"many/{path.name}")


def wait_for_deployments(shared: Asrlab, serving: Machine) -> None:
    wait(lambda: bool(shared.query("SELECT 1 AS one FROM recordings LIMIT 1")), [serving])


def start_label_runs(serving: Machine, count: int) -> None:
    """One more run of `label` for each machine that came: the documented command."""
    for _ in range(count):
        subprocess.run(
            [sys.executable, "-m", "prefect", "deployment", "run", "label/label"],
            env=serving.environment,
            check=True,
            capture_output=True,
        )


def wait_until_done(shared: Asrlab, them: list[Machine], clips: int) -> None:
    statement = "SELECT COUNT(DISTINCT transcript_id) AS n FROM v_words"
    wait(lambda: shared.query(statement) == [{"n": clips}], them)


def wait(holds: Callable[[], bool], them: list[Machine]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not holds():
        logs = "\n".join((each.folder / "started.log").read_text()[-3000:] for each in them if each.started)
        assert time.monotonic() < deadline, logs
        time.sleep(1.0)


def leave(each: Machine) -> None:
    for process in each.started:
        process.terminate()
        process.wait(60)
    each.stop_all()
