"""Opening a catalog: its URL, its connections and its two kinds of transaction.

SQLite needs care: its driver's own transactions let two writers overwrite each other without an error, so
every transaction here begins explicitly, and one that writes takes the write lock before it reads.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.orm import Session as Session

from asrlab.catalog.version import HEAD_REVISION
from asrlab.errors import CatalogError, MissingExtraError, TransientError

SQLITE_BUSY_TIMEOUT_MS = 60_000
POSTGRES_CONNECT_TIMEOUT_S = 10
# Its log's index takes 32 KiB, and it wants them when it opens.
SQLITE_NEEDS_BYTES = 128 * 1024
READ_ONLY_OPTION = "asrlab_read_only"


@dataclass(frozen=True, slots=True)
class Catalog:
    """An open catalog. Give it to a stage; close it when the process is done with it."""

    url: str
    engine: sa.Engine

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A read transaction: one consistent view, no write lock."""
        with (
            self._translated(),
            Session(self.engine.execution_options(**{READ_ONLY_OPTION: True})) as session,
        ):
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A write transaction, committed at the end of the block or rolled back by an exception."""
        with self._translated(), Session(self.engine) as session, session.begin():
            yield session

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if _says_full(error, self.engine.url):
                raise CatalogError(
                    f"the disk that holds the catalog {self.engine.url!r} is full: make room and give the same "
                    "command again; what is stored stays"
                ) from error
            if isinstance(error, OperationalError) or error.connection_invalidated:
                raise TransientError(f"the catalog did not answer: {first_line(error)}") from error
            raise

    def close(self) -> None:
        self.engine.dispose()


def parse_catalog_url(url: str) -> URL:
    """`sqlite:///file.db`, `postgresql://…`, or the plain path of an SQLite file."""
    if "://" not in url:
        return URL.create("sqlite", database=str(Path(url).expanduser()))
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise CatalogError(
            f"{url!r} is no catalog URL; use sqlite:///FILE or postgresql://USER@HOST/NAME"
        ) from error
    backend = parsed.get_backend_name()
    if backend in {"postgresql", "postgres"}:
        return parsed.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and parsed.database not in {None, "", ":memory:"}:
        return parsed.set(drivername="sqlite")
    raise CatalogError(f"{url!r} is no catalog URL; use sqlite:///FILE or postgresql://USER@HOST/NAME")


def absolute_url(catalog: Catalog) -> str:
    """The catalog's URL as it holds in any folder, its password included."""
    url = catalog.engine.url
    if url.get_backend_name() == "sqlite":
        url = url.set(database=str(Path(str(url.database)).absolute()))
    return url.render_as_string(hide_password=False)


def create_engine(url: str) -> sa.Engine:
    """An engine with asrlab's transaction rules; nothing is connected yet."""
    parsed = parse_catalog_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = sa.create_engine(parsed, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_MS / 1000})
        sa.event.listen(engine, "connect", _configure_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        # Nothing is prepared: a plan for any value, kept from the tenth time on, walks all of a queue for a rare flag.
        engine = sa.create_engine(
            parsed,
            pool_pre_ping=True,
            connect_args={"connect_timeout": POSTGRES_CONNECT_TIMEOUT_S, "prepare_threshold": None},
        )
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            'a PostgreSQL catalog needs the extra: pip install "asrlab[postgres]"'
        ) from error
    sa.event.listen(engine, "connect", _configure_postgresql)
    return engine


def _configure_postgresql(connection: Any, _record: object) -> None:
    """No query is compiled: that takes longer than most of ours run."""
    connection.autocommit = True
    connection.execute("SET jit = off")
    connection.autocommit = False


def open_catalog(url: str, *, upgrade_schema: bool = False) -> Catalog:
    """Open the catalog at `url`, creating it when there is none yet.

    upgrade_schema: bring an older catalog up to this asrlab's schema instead of refusing it.
    Raises CatalogError when it can't be reached, is no catalog, or has another schema than this asrlab's.
    """
    parsed = parse_catalog_url(url)
    if parsed.get_backend_name() == "sqlite":
        _check_sqlite_place(Path(str(parsed.database)))
    catalog = Catalog(parsed.render_as_string(hide_password=False), create_engine(url))
    try:
        _bring_up_to_date(catalog, parsed.render_as_string(hide_password=True), upgrade_schema)
    except BaseException:
        catalog.close()
        raise
    return catalog


def _bring_up_to_date(catalog: Catalog, shown: str, upgrade_schema: bool) -> None:
    """Create the schema where there is none; refuse one of another asrlab, or upgrade it when asked to."""
    revision = _revision_or_error(catalog, shown)
    if revision is None or (upgrade_schema and revision < HEAD_REVISION):
        # Alembic costs a second to import: only a catalog that must be made pays for it.
        from asrlab.catalog.migrate import upgrade

        upgrade(catalog)
    elif revision > HEAD_REVISION:
        raise CatalogError(
            f"the catalog {shown} was made by a newer asrlab "
            f"(schema {revision}, this one knows {HEAD_REVISION}): upgrade asrlab"
        )
    elif revision < HEAD_REVISION:
        raise CatalogError(
            f"the catalog {shown} is at schema {revision}, this asrlab needs {HEAD_REVISION}: "
            "run `asrlab init`, which keeps all that is in it"
        )


def current_revision(catalog: Catalog) -> str | None:
    """The schema revision stored in the catalog, None when it has no asrlab schema yet."""
    with catalog.engine.execution_options(**{READ_ONLY_OPTION: True}).connect() as connection:
        inspector = sa.inspect(connection)
        if inspector.has_table("alembic_version"):
            row = connection.execute(sa.text("SELECT version_num FROM alembic_version")).first()
            if row is not None:
                return str(row[0])
        if inspector.has_table("recordings"):
            raise CatalogError(
                f"{catalog.engine.url!r} holds other tables than asrlab's: give another catalog"
            )
    return None


def _says_full(error: DBAPIError, url: URL) -> bool:
    """Whether a statement failed for want of room on the disk; SQLite also says I/O error for that."""
    said = first_line(error).lower()
    if "disk is full" in said or "no space left" in said:
        return True
    if url.get_backend_name() != "sqlite" or "disk i/o error" not in said:
        return False
    return shutil.disk_usage(Path(str(url.database)).absolute().parent).free < SQLITE_NEEDS_BYTES


def first_line(error: BaseException) -> str:
    """A driver's error without its SQL and its advice."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    lines = str(cause).strip().splitlines()
    return lines[0] if lines else type(cause).__name__


def _revision_or_error(catalog: Catalog, shown: str) -> str | None:
    try:
        return current_revision(catalog)
    except DBAPIError as error:
        if _says_full(error, catalog.engine.url):
            raise CatalogError(f"the disk that holds the catalog {shown} is full: make room") from error
        raise CatalogError(f"can't open the catalog {shown}: {first_line(error)}") from error


def _check_sqlite_place(path: Path) -> None:
    if path.is_dir():
        raise CatalogError(f"the catalog {path} is a folder: name a file")
    if not path.absolute().parent.is_dir():
        raise CatalogError(
            f"can't make the catalog {path}: the folder {path.absolute().parent} does not exist"
        )


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={SQLITE_BUSY_TIMEOUT_MS}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    read_only = connection.get_execution_options().get(READ_ONLY_OPTION, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
