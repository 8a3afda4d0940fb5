"""Damaged audio of every kind, through the command: no crash, no hang, and every file is known or named.

A mutant is a function of its number, so a number that fails can be made again.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from asrlab.domain.reasons import FailureReason
from tests.unit.audio.conftest import HEALTHY

Make = Callable[[str], Path]

FEW, MANY = 150, 3_000
FILES_PER_CALL = 150
# A call reads its files in a few seconds; one that takes this long hangs.
CALL_LIMIT_S = 240
HEADER_BYTES = 200


def mutant(make: Make, number: int) -> tuple[str, bytes]:
    """The name and the bytes of the mutant with this number."""
    random = np.random.default_rng(number)
    kind = HEALTHY[number % len(HEALTHY)]
    data = np.frombuffer(make(kind).read_bytes(), np.uint8).copy()
    match number // len(HEALTHY) % 5:
        case 0:
            places = random.integers(0, len(data), random.integers(1, 50))
            data[places] ^= (1 << random.integers(0, 8, len(places))).astype(np.uint8)
        case 1:
            data = data[: random.integers(0, len(data))]
        case 2:
            # A header that lies: a few bytes near the front become the smallest, the largest or any.
            place, count = random.integers(0, min(HEADER_BYTES, len(data) - 8)), random.integers(1, 8)
            data[place : place + count] = random.choice([0, 255, random.integers(0, 256)])
        case 3:
            first, last = np.sort(random.integers(0, len(data), 2))
            data = np.delete(data, slice(first, last))
        case _:
            first, last = np.sort(random.integers(0, len(data), 2))
            data[first:last] = random.integers(0, 256, last - first)
    return f"{number:05}-{kind}", data.tobytes()


def asrlab(folder: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "asrlab.cli.main", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=CALL_LIMIT_S,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


def ingest_mutants(make: Make, folder: Path, count: int) -> None:
    for first in range(0, count, FILES_PER_CALL):
        batch = folder / f"{first:05}"
        batch.mkdir()
        for number in range(first, min(first + FILES_PER_CALL, count)):
            name, data = mutant(make, number)
            (batch / name).write_bytes(data)
        # A pattern, because a folder passes over names such as .ts.
        code, _ = asrlab(folder, "ingest", *map(str, sorted(batch.iterdir())))
        assert code in {0, 3}, f"the mutants from {first} on end the call with {code}"
    _, answer = asrlab(
        folder,
        *(
            "sql",
            "SELECT uri, NULL AS reason FROM recording_files UNION ALL SELECT uri, reason FROM v_failures",
        ),
        *("--format", "json"),
    )
    rows = json.loads(answer)
    assert sorted(Path(row["uri"]).name for row in rows) == [mutant(make, n)[0] for n in range(count)]
    reasons = {row["reason"] for row in rows} - {None}
    assert reasons <= {reason.value for reason in FailureReason}
    # Both happen: some damage can't be heard, and most can be named.
    assert 0 < sum(row["reason"] is None for row in rows) < count
    assert len(reasons) >= 4


def test_every_mutant_is_known_or_named(make: Make, tmp_path: Path) -> None:
    ingest_mutants(make, tmp_path, FEW)


@pytest.mark.soak
def test_three_thousand_mutants(make: Make, tmp_path: Path) -> None:
    ingest_mutants(make, tmp_path, MANY)
