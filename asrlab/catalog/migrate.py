"""Bringing a catalog's schema up (or down) with Alembic, safe when several processes try at once."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from asrlab.catalog.database import Catalog, first_line
from asrlab.errors import CatalogError

# Any constant will do, as long as every asrlab uses the same one.
POSTGRES_UPGRADE_LOCK = 0x4153524C  # "ASRL"


def alembic_config() -> Config:
    """Alembic's configuration, from the migrations that are installed beside this package."""
    spec = importlib.util.find_spec("migrations")
    if spec is None or not spec.submodule_search_locations:
        raise CatalogError("asrlab's migrations are not installed: install asrlab again")
    config = Config()
    config.set_main_option("script_location", str(Path(next(iter(spec.submodule_search_locations)))))
    return config


def upgrade(catalog: Catalog, revision: str = "head") -> None:
    """Migrate up to `revision` in one transaction; a no-op when the catalog is there already."""
    _run(catalog, command.upgrade, revision)


def downgrade(catalog: Catalog, revision: str) -> None:
    """Migrate down to `revision` in one transaction."""
    _run(catalog, command.downgrade, revision)


def _run(catalog: Catalog, step: Callable[[Config, str], None], revision: str) -> None:
    config = alembic_config()
    try:
        # SQLite: BEGIN IMMEDIATE holds off a second upgrader. PostgreSQL needs a lock of its own.
        with catalog.engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(POSTGRES_UPGRADE_LOCK)))
            config.attributes["connection"] = connection
            step(config, revision)
    except sa.exc.DBAPIError as error:
        raise CatalogError(f"the catalog's schema could not be changed: {first_line(error)}") from error
