"""SIGKILL of the whole process group at moments spread over all stages: the end is as if nothing had happened."""

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from asrlab.catalog import Catalog, open_catalog
from tests.acceptance.conftest import Asrlab
from tests.acceptance.test_label import CONTENTS, FAKE, WORDS, write_good_files

FILES = 60
FILE_SECONDS = 0.4
GROUP_SECONDS = 2.0
KILL_LIMIT_S = 240
# A table whose rows a stage writes, and how full it is at the kill.
Moment = tuple[str, float]
FEW: list[Moment] = [
    ("recordings", 0.3),
    ("segmentations", 0.3),
    ("transcripts", 0.2),
    ("alignments", 0.4),
    ("transcripts", 0.7),
]
MANY: list[Moment] = [
    *(("recordings", share) for share in (0.1, 0.3, 0.5, 0.7, 0.9)),
    *(("segmentations", share) for share in (0.1, 0.3, 0.6, 0.9)),
    *((table, share) for share in (0.1, 0.2, 0.4, 0.6, 0.8) for table in ("transcripts", "alignments")),
]
EXPORT_KILLS_S = (0.3, 0.5, 0.7)


@pytest.mark.parametrize("way", [("--inline",)], ids=["inline"])
def test_kills_in_every_stage_leave_what_an_undisturbed_run_leaves(
    asrlab_on_both: Asrlab, way: tuple[str, ...]
) -> None:
    check_kills(asrlab_on_both, FEW, way)


@pytest.mark.soak
@pytest.mark.parametrize("way", [(), ("--inline",)], ids=["flow", "inline"])
def test_twenty_kills(asrlab_on_both: Asrlab, way: tuple[str, ...]) -> None:
    check_kills(asrlab_on_both, MANY, way)


def check_kills(asrlab: Asrlab, moments: Sequence[Moment], way: tuple[str, ...]) -> None:
    write_good_files(asrlab.folder / "audio", FILES)
    undisturbed = ("--catalog", f"sqlite:///{asrlab.folder / 'undisturbed.db'}")
    asrlab.run("label", "audio", "--inline", *FAKE, *undisturbed)
    asrlab.run("init")

    asrlab.environment["ASRLAB_GROUP_SECONDS"] = str(GROUP_SECONDS)
    log = asrlab.folder / "work.log"
    asrlab.environment["ASRLAB_FAKE_LOG"] = str(log)
    catalog = open_catalog(asrlab.environment["ASRLAB_CATALOG"])
    try:
        for moment in moments:
            kill_at(asrlab, catalog, moment, way)
    finally:
        catalog.close()
    asrlab.run("label", "audio", *way, *FAKE)

    for statement in (CONTENTS, WORDS):
        expected = asrlab.json("sql", statement, "--format", "json", *undisturbed)
        assert asrlab.query(statement) == expected
    assert asrlab.json("failures", "--json") == []
    for table, rows in (("transcripts", FILES), ("alignments", FILES), ("segments", FILES), ("leases", 0)):
        assert asrlab.query(f"SELECT COUNT(*) AS n FROM {table}") == [{"n": rows}], table
    check_repeated_work(log, len(moments))
    check_export(asrlab)


def kill_at(asrlab: Asrlab, catalog: Catalog, moment: Moment, way: tuple[str, ...]) -> None:
    """Start a call and kill it when the table is as full as the moment says."""
    table, share = moment
    process = asrlab.start("label", "audio", *way, *FAKE, ASRLAB_FAKE_DELAY_S="0.05")
    deadline = time.monotonic() + KILL_LIMIT_S
    while rows_of(catalog, table) < share * FILES:
        assert process.poll() is None, f"it ended before {moment}"
        assert time.monotonic() < deadline, f"it did not come to {moment}"
    kill_group(process)


def rows_of(catalog: Catalog, table: str) -> int:
    with catalog.reading() as session:
        return int(session.scalars(sa.text(f"SELECT COUNT(*) FROM {table}")).one())


def kill_group(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def check_repeated_work(log: Path, kills: int) -> None:
    """At most one group of work is computed again for each kill."""
    group = round(GROUP_SECONDS / FILE_SECONDS)
    done = Counter(line.split(" ")[0] for line in log.read_text().splitlines())
    for stage in ("transcribe", "align"):
        assert FILES <= done[stage] <= FILES + kills * group, stage


def check_export(asrlab: Asrlab) -> None:
    """A manifest is whole or not there, and the last one is what an undisturbed export writes."""
    asrlab.run("export", "nemo", "--out", "whole")
    expected = (asrlab.folder / "whole" / "manifest.jsonl").read_text()
    manifest = asrlab.folder / "m" / "manifest.jsonl"
    for seconds in EXPORT_KILLS_S:
        process = asrlab.start("export", "nemo", "--out", "m")
        time.sleep(seconds)
        kill_group(process)
        assert not manifest.exists() or manifest.read_text() == expected
    asrlab.run("export", "nemo", "--out", "m")
    assert manifest.read_text() == expected
