"""A catalog too large to hold in memory: exported in flat memory, whole or not at all when it is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.export import LEAST_ROWS_A_SECOND, MOST_MIB, export
from benchmarks.filled_catalog import fill
from tests.acceptance.conftest import Asrlab, Figures

FEW = (100, 200)
MANY = (10_000, 100)
KILLS = 3


@pytest.mark.parametrize(
    ("recordings", "segments"), [FEW, pytest.param(*MANY, marks=pytest.mark.soak)], ids=["few", "million"]
)
def test_a_large_catalog_is_exported_in_flat_memory_whole_or_not_at_all(
    asrlab: Asrlab, catalog_url: str, figures: Figures, recordings: int, segments: int
) -> None:
    count = recordings * segments
    fill(catalog_url, asrlab.folder / "audio", recordings, segments)
    out = asrlab.folder / "out"
    seconds, peak_mib = export(catalog_url, out)
    assert peak_mib <= MOST_MIB
    if (recordings, segments) == MANY:
        assert count / seconds >= LEAST_ROWS_A_SECOND
    whole = (out / "manifest.jsonl").read_bytes()
    assert whole.count(b"\n") == count
    assert len({json.loads(line)["id"] for line in whole.splitlines()}) == count
    for number in range(1, KILLS + 1):
        check_kill(catalog_url, asrlab.folder / "killed", seconds * number / (KILLS + 1), whole)
    export(catalog_url, asrlab.folder / "killed")
    assert (asrlab.folder / "killed" / "manifest.jsonl").read_bytes() == whole
    figures(
        catalog=catalog_url.partition(":")[0],
        segments=count,
        rows_a_second=round(count / seconds),
        peak_mib=round(peak_mib),
    )


def check_kill(url: str, out: Path, after_s: float, whole: bytes) -> None:
    """Kill an export so many seconds after its start: no name stands for half a file."""
    command = [sys.executable, "-m", "asrlab.cli.main", "export", "nemo", "--out", str(out)]
    process = subprocess.Popen(
        command,
        env={**os.environ, "ASRLAB_CATALOG": url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(after_s)
    process.send_signal(signal.SIGKILL)
    process.wait()
    manifest = out / "manifest.jsonl"
    assert not manifest.exists() or manifest.read_bytes() == whole
