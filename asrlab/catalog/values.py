"""Small conversions between Python values and what the tables hold."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import DeclarativeBase, Session

from asrlab.domain.fingerprint import Scalar

Value = TypeVar("Value")

# SQLite takes 32,766 bound values in a statement, PostgreSQL 65,535.
IDS_PER_STATEMENT = 5_000
HASH_DIGITS = 16
"""Of a content hash, by which files name recordings."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def canonical_json(value: Mapping[str, Scalar]) -> str:
    return json.dumps(dict(value), sort_keys=True, ensure_ascii=False)


def flags_text(flags: Iterable[str]) -> str:
    """Flags as the catalog holds them: sorted, comma-separated, "" for none."""
    return ",".join(sorted(set(flags)))


def chunks(ids: Sequence[Value], size: int = IDS_PER_STATEMENT) -> Iterator[Sequence[Value]]:
    """`ids` in pieces small enough for one statement."""
    for first in range(0, len(ids), size):
        yield ids[first : first + size]


def storable(text: str) -> str:
    """`text` without NUL characters, which PostgreSQL refuses, and without lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def insert_into(session: Session, table: type[DeclarativeBase]) -> SqliteInsert | PostgresqlInsert:
    """An INSERT that can say what is to happen on a conflict, in the session's own dialect."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite_insert(table)
    return postgresql_insert(table)
