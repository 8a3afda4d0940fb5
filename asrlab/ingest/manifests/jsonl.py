"""JSON Lines, as NeMo writes its manifests, and a JSON array of the same objects."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from asrlab.ingest.manifests.rows import BadLine, Line, line_of


def read_jsonl(path: Path, source: str) -> Iterator[Line | BadLine]:
    """The lines of a file with one object a line; empty lines are passed over."""
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            text = raw.removeprefix(b"\xef\xbb\xbf").strip()
            if text:
                yield _line(text, source, number)


def read_json(path: Path, source: str) -> Iterator[Line | BadLine]:
    """The objects of an array, the first is number 1; a file that holds none is read line by line."""
    try:
        rows = json.loads(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError):
        yield from read_jsonl(path, source)
        return
    for number, row in enumerate(rows if isinstance(rows, list) else [rows], start=1):
        yield _row(row, source, number)


def _line(text: bytes, source: str, number: int) -> Line | BadLine:
    try:
        return _row(json.loads(text), source, number)
    except (ValueError, RecursionError) as error:
        return BadLine(f"{source}:{number}", f"no valid JSON: {error}")


def _row(row: Any, source: str, number: int) -> Line | BadLine:
    if not isinstance(row, dict):
        return BadLine(f"{source}:{number}", "not an object with an audio column")
    return line_of(row, source, number)
