"""What Prefect costs per hour of audio: `asrlab label` as a flow, beside `--inline`, on an engine of 500 × real time.

The engine is the tests' one, which sleeps. Both label noise at the default group size, once a short and once a long
backlog, so that what a call costs once (a server's start, imports) is not counted: the difference between the backlogs
is.

    .venv/bin/python -m benchmarks.orchestration
    .venv/bin/python -m benchmarks.orchestration --hours 2 4     a quick look
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile

SPEED = 500.0
RATE_HZ = 16_000
FILE_MINUTES = 10
FILES_PER_HOUR = 60 // FILE_MINUTES
LIMIT = 0.02
PLUGIN = Path(__file__).parents[1] / "tests" / "plugins" / "asrlab_fake"
ENGINES = ("--engine", "fake", "--aligner", "fake", "--no-vad")


def main() -> int:
    """Measure both ways on both backlogs; the exit code is 1 when the overhead is above the limit."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--hours", type=int, nargs=2, default=(2, 10), metavar=("SHORT", "LONG"))
    short, long = parser.parse_args().hours
    per_hour: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="asrlab-orchestration-") as name:
        folder = Path(name)
        write_noise(folder / "audio", long * FILES_PER_HOUR)
        for way in ("inline", "flow"):
            calls = {hours: label(folder, way, hours) for hours in (short, long)}
            per_hour[way] = (calls[long].seconds - calls[short].seconds) / (long - short)
            for hours, call in calls.items():
                print(f"{way}: {hours} h in {call.seconds:.1f} s, largest process {call.peak_mib:.0f} MiB")
    overhead = (per_hour["flow"] - per_hour["inline"]) / per_hour["flow"]
    print(
        f"per hour of audio {per_hour['inline']:.2f} s inline, {per_hour['flow']:.2f} s as a flow: "
        f"{100 * overhead:.1f} % (at most {100 * LIMIT:.0f} %)"
    )
    return 0 if overhead <= LIMIT else 1


def write_noise(folder: Path, files: int) -> None:
    folder.mkdir()
    dice = np.random.default_rng(1)
    for number in range(files):
        noise = dice.normal(0, 0.1, FILE_MINUTES * 60 * RATE_HZ).astype(np.float32)
        soundfile.write(folder / f"{number:04}.wav", noise, RATE_HZ)


class Call(NamedTuple):
    """What a call took: seconds, and the memory of the largest of its processes in MiB."""

    seconds: float
    peak_mib: float


def label(folder: Path, way: str, hours: int) -> Call:
    """Label the first so many hours into a fresh catalog; raises CalledProcessError when that fails."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(PLUGIN),
        "ASRLAB_FAKE_SPEED": str(SPEED),
        "ASRLAB_CATALOG": f"sqlite:///{folder / f'{way}-{hours}.db'}",
        "ASRLAB_SERVER_DIR": str(folder / "server"),
    }
    files = sorted((folder / "audio").iterdir())[: hours * FILES_PER_HOUR]
    chosen = folder / f"{hours}"
    if not chosen.exists():
        chosen.mkdir()
        for path in files:
            (chosen / path.name).hardlink_to(path)
    command = [sys.executable, "-m", "asrlab.cli.main", "label", str(chosen), *ENGINES]
    if way == "inline":
        command.append("--inline")
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    # Of the process and every one that it has waited for: the server and the engine's.
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Call(seconds, usage.ru_maxrss / 1024)


if __name__ == "__main__":
    sys.exit(main())
