"""Hugging Face `datasets`: a folder of clips with its metadata, or Parquet files with the audio inside.

https://huggingface.co/docs/datasets/audio_dataset. A row is a clip, and its text that of the whole clip.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from asrlab.ingest.imports.protocol import AudioName, Entry, ImportFormat, Packed
from asrlab.ingest.imports.told import WHOLE, hash_of, text_of
from asrlab.ingest.manifests.jsonl import json_lines
from asrlab.ingest.manifests.rows import (
    AUDIO_COLUMNS,
    DURATION_COLUMNS,
    START_COLUMNS,
    BadLine,
    Columns,
    Row,
    audio_named,
)
from asrlab.ingest.manifests.tables import csv_rows, parquet_rows

ROWS_AT_ONCE = 64
"""Of Parquet, whose rows may hold their audio."""


def read_hf(path: Path) -> Iterator[Entry | BadLine]:
    """The rows of a metadata file or of a Parquet file."""
    source = str(path)
    for row in _rows(path, source):
        if isinstance(row, BadLine):
            yield row
            continue
        number, entry = row
        try:
            yield _entry(entry, source, number)
        except ValueError as error:
            yield BadLine(f"{source}:{number}", str(error))


def _rows(path: Path, source: str) -> Iterator[Row | BadLine]:
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return parquet_rows(path, source, rows_at_once=ROWS_AT_ONCE)
    return csv_rows(path, source) if suffix == ".csv" else json_lines(path, source)


def _entry(entry: Mapping[str, Any], source: str, number: int) -> Entry:
    packed = _packed(entry)
    columns = Columns(
        {name: value for name, value in entry.items() if packed is None or not _holds_audio(value)}
    )
    name = "" if packed else audio_named(columns)
    columns.take(DURATION_COLUMNS)
    if hash_of(str(entry.get("recording", ""))):
        # Of the recording that the clip was cut from.
        columns.take(START_COLUMNS)
    corpus = columns.text(("corpus",)) or ""
    text, content_hash = text_of(columns, source, number, WHOLE)
    return Entry(text, AudioName(name, content_hash=content_hash, corpus=corpus, packed=packed))


def _packed(entry: Mapping[str, Any]) -> Packed | None:
    """The audio that lies in the row."""
    for name in AUDIO_COLUMNS:
        value = entry.get(name)
        if isinstance(value, Mapping) and _holds_audio(value):
            return _inside(value["bytes"], str(value.get("path") or ""))
    return None


def _inside(data: bytes, path: str) -> Packed:
    return Packed(Path(path).name, lambda: data, len(data))


def _holds_audio(value: object) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("bytes"), bytes)


FORMATS = (
    ImportFormat(
        "hf",
        (("metadata.parquet", "metadata.csv", "metadata.jsonl", "data-*-of-*.parquet"), ("*.parquet",)),
        read_hf,
    ),
)
