"""SIGKILL of flows, workers, serve and Prefect's server, at random: the end is as if nothing had happened."""

import json
import random
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.acceptance.conftest import Asrlab, Figures
from tests.acceptance.test_label import CONTENTS, WORDS
from tests.factories import write_tone
from tests.machines import Machine, PrefectServer, machine, names_can_be_given
from tests.postgres import system_binaries

FAKE = ("--engine", "fake", "--aligner", "fake", "--no-vad")
CLIP_SECONDS = 0.3
CLIPS_IN_GROUP = 4
CLIPS_AT_FIRST = 24
CLIPS_PER_KILL = 8
LIMIT_S = 300.0
# Prefect's lease of a slot, and the look that frees it.
SLOTS_FREE_WITHIN_S = 90.0
EVERY_KIND = ("flow", "worker", "prefect", "serve")
SEED = 20

pytestmark = pytest.mark.skipif(
    system_binaries() is None or not names_can_be_given(),
    reason="needs a PostgreSQL with pg_trgm for Prefect's server, and host names for processes",
)


@dataclass
class Place:
    """One machine that serves, what it labels, and how it is disturbed."""

    shared: Asrlab
    prefect: PrefectServer
    one: Machine
    dice: random.Random
    clips: int = 0
    killed: Counter[str] = field(default_factory=Counter)

    def add(self, count: int) -> None:
        for _ in range(count):
            write_tone(self.shared.folder / f"clips/{self.clips:04}.wav", CLIP_SECONDS, 200 + self.clips)
            self.clips += 1

    def serve(self) -> None:
        self.one.start("serve", "--interval", "10", *FAKE)

    def count(self, table: str) -> int:
        ((number,),) = (row.values() for row in self.shared.query(f"SELECT COUNT(*) AS n FROM {table}"))
        return int(number)

    def progress(self) -> int:
        return sum(self.count(table) for table in ("recordings", "transcripts", "alignments"))

    def wait_for_progress(self) -> None:
        before = self.progress()
        deadline = time.monotonic() + LIMIT_S
        # On a busy machine all may be done before the counting is.
        while self.progress() == before and self.count("alignments") < self.clips:
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.2)

    def log(self) -> str:
        return (self.one.folder / "started.log").read_text()[-6000:]

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            f"{self.prefect.url}{path}", json.dumps(body or {}).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def kill(self, kind: str) -> None:
        """Kill one of this kind and see to it that somebody starts it again: what people or systemd do."""
        if kind == "prefect":
            self.prefect.kill()
            self.killed["Prefect server"] += 1
            self.prefect.start()
        elif kind == "serve":
            serving = self.one.started.pop()
            serving.kill()
            serving.wait()
            self.killed["asrlab serve"] += 1
            self.serve()
        else:
            victim = self.dice.choice(
                self.processes("prefect.engine" if kind == "flow" else "flows.worker_process")
            )
            self.killed[f"flow {self.flow_of(victim)}" if kind == "flow" else "worker"] += 1
            victim.kill()

    def processes(self, module: str) -> list[psutil.Process]:
        deadline = time.monotonic() + LIMIT_S
        while True:
            family = psutil.Process(self.one.started[-1].pid).children(recursive=True)
            found = [process for process in family if module in _command(process)]
            if found:
                return found
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.1)

    def flow_of(self, process: psutil.Process) -> str:
        try:
            run = process.environ()["PREFECT__FLOW_RUN_ID"]
            flow = self.ask("/flow_runs/filter", {"flow_runs": {"id": {"any_": [run]}}})[0]["flow_id"]
            return str(self.ask("/flows/filter", {"flows": {"id": {"any_": [flow]}}})[0]["name"])
        except (psutil.Error, OSError, IndexError, KeyError):
            return "that had just ended"

    def start_export(self) -> None:
        """A run of the deployment `export`, begun as an operator does."""
        subprocess.run(
            [
                *(sys.executable, "-m", "prefect", "deployment", "run", "export/export"),
                *("--param", f"out={self.shared.folder / 'manifests'}"),
            ],
            env=self.one.environment,
            check=False,
            capture_output=True,
        )

    def check_manifest(self) -> None:
        """Whole or not there."""
        path = self.shared.folder / "manifests" / "manifest.jsonl"
        if path.exists():
            assert all("text" in json.loads(line) for line in path.read_text().splitlines())


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@pytest.mark.parametrize("kills", [4, pytest.param(112, marks=pytest.mark.soak)], ids=["few", "many"])
def test_kills_of_everything_leave_what_an_undisturbed_run_leaves(
    cluster: tuple[Asrlab, PrefectServer], tmp_path: Path, figures: Figures, kills: int
) -> None:
    shared, prefect = cluster
    heard = tmp_path / "heard.txt"
    shared.environment |= {
        "ASRLAB_FAKE_LOG": str(heard),
        "ASRLAB_FAKE_DELAY_S": "0.25",
        "ASRLAB_GROUP_SECONDS": str(CLIPS_IN_GROUP * CLIP_SECONDS),
    }
    dice = random.Random(SEED)
    place = Place(shared, prefect, machine(shared, "m0"), dice)
    place.add(CLIPS_AT_FIRST)
    shared.run("source", "add", "calls", "clips")
    began = time.monotonic()
    try:
        place.serve()
        for number in range(kills):
            place.wait_for_progress()
            if number % 10 == 5:
                place.start_export()
            time.sleep(dice.uniform(0.0, 3.0))
            place.kill(EVERY_KIND[number] if number < len(EVERY_KIND) else _kind(dice))
            place.add(CLIPS_PER_KILL)
            place.check_manifest()
        finish(place)
        took = time.monotonic() - began
        slots = wait_for_free_slots(place)
    finally:
        for process in place.one.started:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
    repeated = check_the_end(place, heard, kills)
    figures(
        kills=dict(place.killed),
        clips=place.clips,
        seconds=round(took),
        repeated=repeated,
        slots_free_after_s=slots,
    )


def _kind(dice: random.Random) -> str:
    return dice.choices(EVERY_KIND, weights=(60, 20, 12, 8))[0]


def finish(place: Place) -> None:
    deadline = time.monotonic() + LIMIT_S + place.clips
    while place.count("alignments") < place.clips:
        assert time.monotonic() < deadline, place.log()
        time.sleep(1.0)


def wait_for_free_slots(place: Place) -> float:
    """Seconds until no slot of any limit is held; at most the lease."""
    began = time.monotonic()
    while any(limit["active_slots"] for limit in place.ask("/v2/concurrency_limits/filter")):
        assert time.monotonic() - began < SLOTS_FREE_WITHIN_S
        time.sleep(1.0)
    return round(time.monotonic() - began, 1)


def check_the_end(place: Place, heard: Path, kills: int) -> dict[str, int]:
    """Nothing lost, nothing twice; returns how many clips were computed again in each stage."""
    shared = place.shared
    undisturbed = ("--catalog", f"sqlite:///{shared.folder / 'undisturbed.db'}")
    quiet = {"ASRLAB_FAKE_LOG": "", "ASRLAB_FAKE_DELAY_S": "0"}
    shared.run("label", "clips", "--inline", *FAKE, *undisturbed, **quiet)
    for statement in (CONTENTS, WORDS):
        assert shared.query(statement) == shared.json("sql", statement, "--format", "json", *undisturbed)
    for table in ("recordings", "segments", "transcripts", "alignments"):
        assert place.count(table) == place.clips, table
    assert place.count("leases") == 0
    assert shared.json("failures", "--json") == []
    shared.run("export", "nemo", "--out", "last")
    shared.run("export", "nemo", "--out", "undisturbed", *undisturbed)
    ours, theirs = (shared.folder / name / "manifest.jsonl" for name in ("last", "undisturbed"))
    assert ours.read_text() == theirs.read_text()
    done = Counter(line.split(" ")[0] for line in heard.read_text().splitlines())
    repeated = {stage: done[stage] - place.clips for stage in ("transcribe", "align")}
    for stage, again in repeated.items():
        assert 0 <= again <= kills * CLIPS_IN_GROUP, (stage, again)
    return repeated
