"""Looking at a catalog without making or changing it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from asrlab.catalog.database import Catalog, create_engine, current_revision, first_line, parse_catalog_url
from asrlab.errors import CatalogError


@dataclass(frozen=True, slots=True)
class CatalogState:
    """shown: its URL without a password. folder: where an SQLite file lies, None for a server.

    revision: of its schema, None where there is no catalog yet. skew_seconds: how far the server's clock is ahead of
    this machine's, 0 for a file.
    """

    shown: str
    folder: Path | None
    revision: str | None
    skew_seconds: float = 0.0


def examine_catalog(url: str) -> CatalogState:
    """What stands behind a catalog's URL. Raises CatalogError when it can't be reached or is no catalog."""
    parsed = parse_catalog_url(url)
    shown = parsed.render_as_string(hide_password=True)
    is_file = parsed.get_backend_name() == "sqlite"
    folder = Path(str(parsed.database)).absolute().parent if is_file else None
    if is_file and not Path(str(parsed.database)).is_file():
        # Connecting would make it.
        return CatalogState(shown, folder, None)
    catalog = Catalog(parsed.render_as_string(hide_password=False), create_engine(url))
    try:
        revision = current_revision(catalog)
        return CatalogState(shown, folder, revision, 0.0 if is_file else _skew(catalog))
    except DBAPIError as error:
        raise CatalogError(f"can't open the catalog {shown}: {first_line(error)}") from error
    finally:
        catalog.close()


def _skew(catalog: Catalog) -> float:
    with catalog.engine.connect() as connection:
        before = datetime.now(UTC)
        theirs: datetime = connection.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
        ours = before + (datetime.now(UTC) - before) / 2
    return (theirs - ours).total_seconds()
