"""The peak memory of a process, measured from a small one.

A process begins with the peak of the one that forked it, and a test process may hold torch.
"""

import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_MEASURE = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    file.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024))
sys.exit(code)
"""


def run_measured(
    command: Sequence[str], folder: Path, log: Path, environment: Mapping[str, str] | None = None
) -> tuple[int, int]:
    """Run a command in `folder`, what it prints into `log`; its exit code, and its peak in bytes."""
    with tempfile.NamedTemporaryFile(mode="r", prefix="asrlab-peak-") as answer, log.open("wb") as printed:
        done = subprocess.run(
            [sys.executable, "-S", "-c", _MEASURE, answer.name, *command],
            cwd=folder,
            env=environment,
            stdout=printed,
            stderr=printed,
            check=False,
        )
        return done.returncode, int(answer.read())
