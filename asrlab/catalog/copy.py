"""Copying a whole catalog into another database, ids and all."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from asrlab.catalog.database import READ_ONLY_OPTION, Catalog, first_line
from asrlab.catalog.schema import Base, LeaseRow, ReviewClaimRow, ReviewItemRow
from asrlab.errors import CatalogError

ROWS_AT_ONCE = 2_000

Progress = Callable[[str, int], None]


def copy_catalog(source: Catalog, target: Catalog, progress: Progress = lambda _table, _rows: None) -> int:
    """Copy every row of every table into `target`, which must hold none; returns how many rows.

    One transaction: it is all there or nothing is. Claims on work are not copied, for who made them works on the
    source. `progress` is told each table and its rows. Raises CatalogError when the target holds rows already.
    """
    # One view of the source for the whole copy, whoever works on it meanwhile: SQLite gives no other.
    isolation = {"isolation_level": "REPEATABLE READ"} if source.engine.dialect.name == "postgresql" else {}
    try:
        with (
            source.engine.execution_options(**{READ_ONLY_OPTION: True}, **isolation).begin() as reading,
            target.engine.begin() as writing,
        ):
            return _copy_tables(reading, writing, progress)
    except sa.exc.DBAPIError as error:
        raise CatalogError(f"nothing was copied: {first_line(error)}") from error


def _copy_tables(reading: sa.Connection, writing: sa.Connection, progress: Progress) -> int:
    # Claims, and what triggers derive from the other tables.
    left_out = (LeaseRow.__table__, ReviewClaimRow.__table__, ReviewItemRow.__table__)
    tables = [table for table in Base.metadata.sorted_tables if table not in left_out]
    for table in tables:
        if writing.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is not None:
            raise CatalogError(f"the catalog to copy into holds {table.name} already: give an empty one")
    total = 0
    for table in tables:
        count = _copy_table(reading, writing, table)
        progress(table.name, count)
        total += count
    return total


def _copy_table(reading: sa.Connection, writing: sa.Connection, table: sa.Table) -> int:
    # A row may point at a later one of its own table; that is filled in when all are there.
    own = [
        column for column in table.columns if any(key.column.table is table for key in column.foreign_keys)
    ]
    pointers: list[dict[str, Any]] = []
    count = 0
    for rows in _pages(reading, table):
        count += len(rows)
        for row in rows:
            if any(row[column.key] is not None for column in own):
                pointers.append({column.key: row[column.key] for column in [*table.primary_key, *own]})
                row.update(dict.fromkeys(column.key for column in own))
        writing.execute(sa.insert(table), rows)
    _point(writing, table, own, pointers)
    _go_on_counting(writing, table)
    copied = writing.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    if copied != count:
        raise CatalogError(f"of {count} rows of {table.name} {copied} arrived: nothing was copied")
    return count


def _pages(reading: sa.Connection, table: sa.Table) -> Iterator[list[dict[str, Any]]]:
    statement = sa.select(table).order_by(*table.primary_key)
    result = reading.execution_options(yield_per=ROWS_AT_ONCE).execute(statement)
    for page in result.mappings().partitions():
        # Keyed as insert() wants them: `metadata` is a column's name and an attribute of every ORM class.
        yield [dict(row) for row in page]


def _point(
    writing: sa.Connection, table: sa.Table, own: Sequence[sa.Column[Any]], pointers: list[dict[str, Any]]
) -> None:
    if not pointers:
        return
    (key,) = table.primary_key
    statement = (
        sa.update(table)
        .where(key == sa.bindparam("at"))
        .values({column.key: sa.bindparam(f"to_{column.key}") for column in own})
    )
    writing.execute(
        statement,
        [{"at": row[key.key], **{f"to_{column.key}": row[column.key] for column in own}} for row in pointers],
    )


def _go_on_counting(writing: sa.Connection, table: sa.Table) -> None:
    """Let the next row's id follow the copied ones; SQLite counts from what is there by itself."""
    column = table.autoincrement_column
    if writing.dialect.name != "postgresql" or column is None:
        return
    highest = writing.execute(sa.select(sa.func.max(column))).scalar_one()
    if highest is not None:
        sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
        writing.execute(sa.select(sa.func.setval(sequence, highest)))
