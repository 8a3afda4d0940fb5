"""How soon `asrlab label` begins: from the command to the first recording that stands in the catalog.

Three ways: in the process (--inline), with a Prefect server of the call's own, and with one that `asrlab server up`
left running. No weights are loaded before the first recording is stored, so none are in these figures.

    .venv/bin/python -m benchmarks.startup
"""

import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import soundfile

# Seconds, on two cores.
LIMITS = {"inline": 1.0, "own server": 30.0, "running server": 6.0}
REPEATS = 3
POLL_S = 0.02
GIVE_UP_S = 120.0
ASRLAB = str(Path(sys.executable).with_name("asrlab"))


def main() -> int:
    """Measure each way, the best of three; the exit code is 1 when one is above its limit."""
    with tempfile.TemporaryDirectory(prefix="asrlab-startup-") as name:
        folder = Path(name)
        os.environ["ASRLAB_SERVER_DIR"] = str(folder / "prefect")
        noise = np.random.default_rng(1).normal(0, 0.01, 16_000)
        soundfile.write(folder / "a.wav", noise, 16_000)
        # A new home's database is made once, and is none of a call's every day.
        begins(folder)
        measured = {"inline": best(folder, "--inline"), "own server": best(folder)}
        subprocess.run([ASRLAB, "server", "up"], check=True, stdout=subprocess.DEVNULL)
        try:
            measured["running server"] = best(folder)
        finally:
            subprocess.run([ASRLAB, "server", "down"], check=True, stdout=subprocess.DEVNULL)
    for way, (wall, cpu) in measured.items():
        print(
            f"{way:>15}: {wall:5.2f} s until the first recording, {cpu:5.2f} CPU s (at most {LIMITS[way]:g} s)"
        )
    return 0 if all(wall <= LIMITS[way] for way, (wall, _) in measured.items()) else 1


def best(folder: Path, *options: str) -> tuple[float, float]:
    """The quickest of a few."""
    return min(begins(folder, *options) for _ in range(REPEATS))


def begins(folder: Path, *options: str) -> tuple[float, float]:
    """Seconds from the command to the first recording, and the CPU seconds of the whole call."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        catalog = Path(name) / "catalog.db"
        at = ("--catalog", f"sqlite:///{catalog}")
        subprocess.run([ASRLAB, "init", *at], check=True, stdout=subprocess.DEVNULL)
        label = [ASRLAB, "label", str(folder / "a.wav"), "--no-vad", "--aligner", "none", *at, *options]
        return _until_first_recording(label, catalog)


def _until_first_recording(command: Sequence[str], catalog: Path) -> tuple[float, float]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with closing(sqlite3.connect(f"file:{catalog}?mode=ro", uri=True)) as connection:
        while not connection.execute("SELECT COUNT(*) FROM recordings").fetchone()[0]:
            if process.poll() is not None or time.monotonic() - began > GIVE_UP_S:
                raise SystemExit("startup: the call stored no recording")
            time.sleep(POLL_S)
    wall = time.monotonic() - began
    process.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    sys.exit(main())
