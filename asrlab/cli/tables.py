"""Printing tables: for people (rich), for programs (csv, json) and for analysis (parquet through pandas)."""

import csv
import io
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from asrlab.catalog.query import Table
from asrlab.errors import OptionError

FORMATS = ("table", "csv", "json", "parquet")
KEYED_FORMATS = ("json", "parquet")
MAX_TERMINAL_COLUMNS = 10_000


def write_table(table: Table, form: str, out: Path | None) -> None:
    """Write a table to a file, or to standard output for None."""
    repeated = sorted({name for name in table.columns if table.columns.count(name) > 1})
    if repeated and form in KEYED_FORMATS:
        raise OptionError(
            f"{form} holds each column name once, and {', '.join(repeated)} come twice: name them apart with AS"
        )
    try:
        if form == "parquet":
            assert out is not None
            _write_parquet(table, out)
            return
        text = {"table": _as_table, "csv": _as_csv, "json": _as_json}[form](table)
        if out is None:
            click.echo(text, nl=False)
        else:
            out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OptionError(f"can't write {out}: {error.strerror or error}") from error


def print_rows(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Rows of plain values as a table for people."""
    cells = tuple(tuple(None if value is None else str(value) for value in row) for row in rows)
    click.echo(_as_table(Table(tuple(columns), cells)), nl=False)


def _as_table(table: Table) -> str:
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    grid = RichTable(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in table.columns:
        grid.add_column(column, overflow="fold")
    for row in table.rows:
        # Text, because a transcript may hold what rich would take for its own markup.
        grid.add_row(*(Text("" if value is None else _shown(value)) for value in row))
    buffer = io.StringIO()
    # A pipe has no width: a program that reads the table must not get folded lines.
    width = None if sys.stdout.isatty() else MAX_TERMINAL_COLUMNS
    console = Console(file=buffer, width=width, color_system=None, legacy_windows=False)
    console.print(grid)
    lines = [line.rstrip() for line in buffer.getvalue().strip("\n").splitlines()]
    plural = "row" if len(table.rows) == 1 else "rows"
    return "\n".join([*lines, f"({len(table.rows)} {plural})"]) + "\n"


def _shown(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _as_csv(table: Table) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(table.rows)
    return buffer.getvalue()


def _as_json(table: Table) -> str:
    rows = [dict(zip(table.columns, map(_json_value, row), strict=True)) for row in table.rows]
    return json.dumps(rows, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _json_value(value: object) -> object:
    """JSON has no word for what is no number; null is what its readers expect."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _write_parquet(table: Table, out: Path) -> None:
    import pandas
    import pyarrow

    frame = pandas.DataFrame([list(row) for row in table.rows], columns=list(table.columns))
    try:
        frame.to_parquet(out, index=False)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError) as error:
        raise OptionError(
            f"a column mixes kinds of values, which parquet can't hold: CAST it in the query ({error.args[0]})"
        ) from error


def duration_text(seconds: float) -> str:
    """Minutes and seconds, or hours and minutes."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes}:{rest:02d} min"
