"""Tables with a header: CSV, TSV, Parquet."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from asrlab.errors import InputNotFoundError
from asrlab.ingest.manifests.rows import AUDIO_COLUMNS, BadLine, Line, Row, lines_of

ROWS_AT_ONCE = 10_000
MAX_FIELD_CHARS = 1 << 24
_TOO_MANY = "\0too many"


def read_csv(path: Path, source: str) -> Iterator[Line | BadLine]:
    """The lines of a CSV file with a header; it may be cut by `;`."""
    yield from lines_of(csv_rows(path, source), source)


def read_tsv(path: Path, source: str) -> Iterator[Line | BadLine]:
    """The lines of a TSV file with a header. A quote is a quote, unless the whole field stands in a pair."""
    yield from lines_of(tsv_rows(path, source), source)


def read_parquet(path: Path, source: str) -> Iterator[Line | BadLine]:
    """The rows of a Parquet file; the first is row 1."""
    yield from lines_of(parquet_rows(path, source), source)


def csv_rows(path: Path, source: str, wanted: Sequence[str] = AUDIO_COLUMNS) -> Iterator[Row | BadLine]:
    """The rows of a CSV file. wanted: columns of which its header must have one.

    Raises InputNotFoundError when it has none of them.
    """
    with _opened(path) as file:
        header = file.readline()
        file.seek(0)
        delimiter = ";" if header.count(";") > header.count(",") else ","
        yield from _rows(csv.DictReader(file, delimiter=delimiter, restkey=_TOO_MANY), source, wanted)


def tsv_rows(path: Path, source: str, wanted: Sequence[str] = AUDIO_COLUMNS) -> Iterator[Row | BadLine]:
    """The same of a TSV file."""
    with _opened(path) as file:
        reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE, restkey=_TOO_MANY)
        yield from _rows(reader, source, wanted, unquote=True)


def parquet_rows(
    path: Path, source: str, wanted: Sequence[str] = AUDIO_COLUMNS, rows_at_once: int = ROWS_AT_ONCE
) -> Iterator[Row]:
    """The same of a Parquet file. rows_at_once: as many are held in memory."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as table:
            _check_header(table.schema_arrow.names, source, wanted)
            number = 0
            for batch in table.iter_batches(batch_size=rows_at_once):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
    except pa.ArrowException as error:
        raise InputNotFoundError(f"{source} is no Parquet file: {error}") from error


def _opened(path: Path) -> TextIO:
    csv.field_size_limit(MAX_FIELD_CHARS)
    # What is no UTF-8 is the error of its own line.
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


def _rows(
    reader: "csv.DictReader[str]", source: str, wanted: Sequence[str], *, unquote: bool = False
) -> Iterator[Row | BadLine]:
    _check_header(reader.fieldnames or (), source, wanted)
    try:
        for row in reader:
            yield _row(row, source, reader.line_num, unquote=unquote)
    except csv.Error as error:
        yield BadLine(f"{source}:{reader.line_num}", f"the table breaks off here: {error}")


def _row(row: dict[str, Any], source: str, number: int, *, unquote: bool) -> Row | BadLine:
    if _TOO_MANY in row:
        return BadLine(f"{source}:{number}", "more fields than the header has")
    values = {name: _unquoted(value) if unquote and value else value for name, value in row.items()}
    if not all(_is_utf8(value) for value in values.values() if value):
        return BadLine(f"{source}:{number}", "no valid UTF-8")
    return number, values


def _unquoted(field: str) -> str:
    if len(field) > 1 and field[0] == field[-1] == '"' and '"' not in field[1:-1].replace('""', ""):
        return field[1:-1].replace('""', '"')
    return field


def _is_utf8(value: str) -> bool:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _check_header(names: Sequence[str], source: str, wanted: Sequence[str]) -> None:
    if not any(name.strip().lower() in wanted for name in names):
        shown = ", ".join(repr(name) for name in names[:8]) or "none"
        needed = "that names audio " if wanted is AUDIO_COLUMNS else ""
        raise InputNotFoundError(
            f"{source} has no column {needed}({', '.join(wanted)}); its columns: {shown}"
        )
