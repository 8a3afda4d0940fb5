"""A million segments to NeMo's manifest: rows a second and the memory of the process, on SQLite or PostgreSQL.

    python -m benchmarks.export [--segments N] [--recordings N] [--catalog URL]

Fills a fresh catalog (an SQLite file unless --catalog names an empty PostgreSQL database), then runs the command as a
user does. Exits 1 when it is slower or larger than what is promised.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.filled_catalog import fill
from benchmarks.peak import run_measured

SEGMENTS = 1_000_000
RECORDINGS = 10_000
LEAST_ROWS_A_SECOND = 50_000
MOST_MIB = 300


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--segments", type=int, default=SEGMENTS)
    parser.add_argument("--recordings", type=int, default=RECORDINGS)
    parser.add_argument("--catalog", help="an empty PostgreSQL database")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="asrlab-export-") as name:
        folder = Path(name)
        url = given.catalog or f"sqlite:///{folder / 'catalog.db'}"
        fill(url, folder / "audio", given.recordings, given.segments // given.recordings)
        seconds, peak_mib = export(url, folder / "out")
        size = (folder / "out" / "manifest.jsonl").stat().st_size
    rate = given.segments / seconds
    print(
        f"{given.segments} segments of {given.recordings} recordings, {size / 1e6:.0f} MB, in {seconds:.1f} s: "
        f"{rate:.0f} rows/s (at least {LEAST_ROWS_A_SECOND}), {peak_mib:.0f} MiB (at most {MOST_MIB})"
    )
    return 0 if rate >= LEAST_ROWS_A_SECOND and peak_mib <= MOST_MIB else 1


def export(url: str, out: Path) -> tuple[float, float]:
    """Seconds and peak MiB of one call; raises CalledProcessError when it fails."""
    command = [sys.executable, "-m", "asrlab.cli.main", "export", "nemo", "--out", str(out)]
    with tempfile.TemporaryDirectory(prefix="asrlab-export-log-") as name:
        log = Path(name) / "log"
        began = time.perf_counter()
        code, peak = run_measured(command, Path.cwd(), log, {**os.environ, "ASRLAB_CATALOG": url})
        seconds = time.perf_counter() - began
        if code:
            raise subprocess.CalledProcessError(code, command, log.read_bytes())
    return seconds, peak / 2**20


if __name__ == "__main__":
    sys.exit(main())
