"""Sorting more lines than memory should hold, in the order of `LC_ALL=C sort`: that of their UTF-8 bytes.

Sorted runs lie in a file without a name, which is gone with its process, and are merged as they are read.
"""

import heapq
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

RUN_BYTES = 4 << 20
"""Of the lines themselves; as objects they take about half as much again."""
BLOCK_BYTES = 1 << 16


class SortedLines:
    """Lines that are added in any order and come out sorted, as often as asked for, when all are added."""

    def __init__(self, folder: Path, run_bytes: int = RUN_BYTES) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - see close
        self._run_bytes = run_bytes
        self._runs: list[tuple[int, int]] = []
        self._held: list[bytes] = []
        self._held_bytes = 0

    def close(self) -> None:
        self._file.close()

    def add(self, line: str) -> None:
        """A line without its line feed, and with none in it."""
        data = line.encode() + b"\n"
        self._held.append(data)
        self._held_bytes += len(data)
        if self._held_bytes >= self._run_bytes:
            self._spill()

    def __iter__(self) -> Iterator[bytes]:
        """Each line with its line feed."""
        self._file.flush()
        self._held.sort()
        return heapq.merge(*(self._run(*run) for run in self._runs), self._held)

    def _spill(self) -> None:
        self._held.sort()
        self._file.writelines(self._held)
        start = self._runs[-1][1] if self._runs else 0
        self._runs.append((start, start + self._held_bytes))
        self._held, self._held_bytes = [], 0

    def _run(self, start: int, end: int) -> Iterator[bytes]:
        """One run's lines; each reads at its own place, so that many are read at once."""
        rest = b""
        while start < end:
            block = os.pread(self._file.fileno(), min(BLOCK_BYTES, end - start), start)
            start += len(block)
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                yield line + b"\n"
