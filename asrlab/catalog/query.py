"""Running a user's own SQL, which may read anything and change nothing."""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from asrlab.catalog.database import READ_ONLY_OPTION, Catalog, first_line
from asrlab.errors import QueryError

Value = str | int | float | bool | None
ROWS_AT_ONCE = 2_000

# What a statement may do in SQLite: read, call functions, recurse, look at the schema.
_SQLITE_ALLOWED = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}
_SQLITE_ALLOWED_PRAGMAS = {
    "table_info",
    "table_xinfo",
    "table_list",
    "index_list",
    "index_info",
    "database_list",
}
# What a cursor refuses as a syntax error, though it is SQL that writes or steers.
_POSTGRESQL_COMMAND_WORDS = (
    "insert update delete merge copy create drop alter truncate grant revoke set reset do call begin commit rollback "
    "vacuum analyze lock comment reindex refresh cluster notify listen execute prepare declare load"
)
_POSTGRESQL_COMMANDS = frozenset(_POSTGRESQL_COMMAND_WORDS.split())
REFUSAL = "asrlab sql only reads the catalog: give one SELECT"


@dataclass(frozen=True, slots=True)
class Table:
    """The answer to a query: column names and rows of plain values, in the database's order."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


def run_query(catalog: Catalog, statement: str) -> Table:
    """Run one reading statement; raises QueryError when it is wrong or would write."""
    if not statement.strip().rstrip(";").strip():
        raise QueryError('the query is empty: give one SELECT, as in "SELECT * FROM v_current LIMIT 5"')
    try:
        statement.encode("utf-8")
    except UnicodeEncodeError as error:
        raise QueryError("the query is no valid UTF-8 text: type it again") from error
    if catalog.engine.dialect.name == "sqlite":
        return _query_sqlite(catalog, statement)
    return _query_postgresql(catalog, statement)


def stream_query(catalog: Catalog, statement: str) -> Iterator[Sequence[tuple[Any, ...]]]:
    """The rows of one reading statement as the driver gives them, thousands at a time; errors as `run_query`.

    The rows are those of one moment, however long it takes; close the iterator to end the transaction.
    """
    if catalog.engine.dialect.name == "sqlite":
        with _driver_connection(catalog, {READ_ONLY_OPTION: True}) as driver:
            driver.set_authorizer(_authorize)
            try:
                yield from _pages(driver.execute(statement))
            except (sqlite3.Error, sqlite3.Warning) as error:
                raise QueryError(_explain(str(error))) from error
            finally:
                driver.set_authorizer(None)
        return
    import psycopg

    with _driver_connection(catalog, {"postgresql_readonly": True}) as driver:
        try:
            with driver.cursor(name="asrlab_stream") as cursor:
                yield from _pages_ahead(cursor.execute(statement))
        except psycopg.Error as error:
            raise QueryError(_explain(first_line(error))) from error


def _pages(cursor: Any) -> Iterator[Sequence[tuple[Any, ...]]]:
    while rows := cursor.fetchmany(ROWS_AT_ONCE):
        yield rows


def _pages_ahead(cursor: Any) -> Iterator[Sequence[tuple[Any, ...]]]:
    """The same, each page fetched while the one before is worked on: a server works beside this process."""
    with ThreadPoolExecutor(1, thread_name_prefix="asrlab-stream") as fetching:
        coming = fetching.submit(cursor.fetchmany, ROWS_AT_ONCE)
        while rows := coming.result():
            coming = fetching.submit(cursor.fetchmany, ROWS_AT_ONCE)
            yield rows


def _query_sqlite(catalog: Catalog, statement: str) -> Table:
    # sqlite3.Warning, no Error, is what Python 3.11 raises for a second statement.
    with _driver_connection(catalog, {READ_ONLY_OPTION: True}) as driver:
        driver.set_authorizer(_authorize)
        try:
            return _fetch(driver.execute(statement))
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise QueryError(_explain(str(error))) from error
        finally:
            driver.set_authorizer(None)


def _query_postgresql(catalog: Catalog, statement: str) -> Table:
    import psycopg

    with _driver_connection(catalog, {"postgresql_readonly": True}) as driver:
        try:
            if _first_word(statement) == "explain":
                # Answered in binary, it is one statement: nothing can follow and leave the read-only transaction.
                return _fetch(driver.cursor(binary=True).execute(statement))
            # A cursor takes one query and nothing else: a read-only transaction alone would let a superuser's
            # COPY write a file.
            with driver.cursor(name="asrlab_query") as cursor:
                return _fetch(cursor.execute(statement))
        except psycopg.Error as error:
            if _first_word(statement) in _POSTGRESQL_COMMANDS:
                raise QueryError(REFUSAL) from error
            raise QueryError(_explain(first_line(error))) from error


def _first_word(statement: str) -> str:
    found = re.match(r"(?:\s|\(|--[^\n]*\n|/\*.*?\*/)*(\w+)", statement, re.DOTALL)
    return found[1].lower() if found else ""


@contextmanager
def _driver_connection(catalog: Catalog, options: dict[str, bool]) -> Iterator[Any]:
    """The driver's own connection: SQLAlchemy would read `:name` and `%` in the user's text as its own."""
    with catalog.engine.execution_options(**options).connect() as connection:
        connection.execute(sa.text("SELECT 1"))  # begins the transaction
        yield connection.connection.driver_connection


def _fetch(cursor: Any) -> Table:
    if cursor.description is None:
        raise QueryError(REFUSAL)
    columns = tuple(str(column[0]) for column in cursor.description)
    return Table(columns, tuple(tuple(_plain(value) for value in row) for row in cursor.fetchall()))


def _authorize(action: int, first: str | None, *_rest: str | None) -> int:
    if action in _SQLITE_ALLOWED:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_PRAGMA and first in _SQLITE_ALLOWED_PRAGMAS:
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _explain(message: str) -> str:
    lowered = message.lower()
    if "not authorized" in lowered or "read-only transaction" in lowered:
        return REFUSAL
    if "one statement" in lowered or "multiple commands" in lowered:
        return "asrlab sql runs one statement: give one SELECT"
    return f"the query does not run: {message}"


def _plain(value: object) -> Value:
    """A value every output format can hold; times become ISO 8601 text in UTC, as SQLite shows them."""
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        return moment.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    if isinstance(value, Decimal) and not value.is_finite():
        return float(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)
