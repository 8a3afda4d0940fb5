"""JSON Lines, as NeMo writes its manifests, and a JSON array of the same objects."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from asrlab.ingest.manifests.rows import BadLine, Line, Row, lines_of


def read_jsonl(path: Path, source: str) -> Iterator[Line | BadLine]:
    """The lines of a file with one object a line; empty lines are passed over."""
    yield from lines_of(json_lines(path, source), source)


def read_json(path: Path, source: str) -> Iterator[Line | BadLine]:
    """The objects of an array, the first is number 1; a file that holds none is read line by line."""
    yield from lines_of(json_rows(path, source), source)


def json_lines(path: Path, source: str) -> Iterator[Row | BadLine]:
    """The objects of a file with one a line, as they are; a file that ends in .gz is unpacked."""
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            text = raw.removeprefix(b"\xef\xbb\xbf").strip()
            if text:
                yield _parsed(text, source, number)


def json_rows(path: Path, source: str) -> Iterator[Row | BadLine]:
    """The objects of an array, as they are; a file that holds none is read line by line."""
    try:
        rows = json.loads(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError):
        yield from json_lines(path, source)
        return
    for number, row in enumerate(rows if isinstance(rows, list) else [rows], start=1):
        yield _row(row, source, number)


def _parsed(text: bytes, source: str, number: int) -> Row | BadLine:
    try:
        return _row(json.loads(text), source, number)
    except (ValueError, RecursionError) as error:
        return BadLine(f"{source}:{number}", f"no valid JSON: {error}")


def _row(row: Any, source: str, number: int) -> Row | BadLine:
    if not isinstance(row, dict):
        return BadLine(f"{source}:{number}", "not an object with an audio column")
    return number, row
