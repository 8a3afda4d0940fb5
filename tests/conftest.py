"""What all tests share: catalogs on both databases, real speech out of a package, the fake engine's place."""

import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from asrlab.catalog import Catalog, open_catalog
from tests.postgres import postgres, wheel_binaries

FAKE_PLUGIN = Path(__file__).parent / "plugins" / "asrlab_fake"
# In this process and, through PYTHONPATH, in those that tests start.
sys.path.insert(0, str(FAKE_PLUGIN))


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of the tests' own, or the one ASRLAB_TEST_POSTGRES_URL names."""
    given = os.environ.get("ASRLAB_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    with postgres(wheel_binaries()) as server:
        yield server.url("postgres")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "catalog.db"
    open_catalog(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> str:
    name = f"template_{uuid.uuid4().hex}"
    _execute(postgres_url, f"CREATE DATABASE {name}")
    open_catalog(_with_database(postgres_url, name)).close()
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def catalog_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, migrated catalog, once on each database."""
    if request.param == "sqlite":
        path = tmp_path / "catalog.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres_url")
    template = request.getfixturevalue("postgres_template")
    name = f"test_{uuid.uuid4().hex}"
    _execute(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _with_database(server, name)
    _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The place of a catalog that does not exist yet, once on each database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new.db'}"
        return
    server = request.getfixturevalue("postgres_url")
    name = f"test_{uuid.uuid4().hex}"
    _execute(server, f"CREATE DATABASE {name}")
    yield _with_database(server, name)
    _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def catalog(catalog_url: str) -> Iterator[Catalog]:
    opened = open_catalog(catalog_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def speech_file() -> Path:
    """44 s of read English (Dickens), 48 kHz mono, from a package."""
    return Path(
        str(metadata.distribution("moonshine-voice").locate_file("moonshine_voice/assets/two_cities.wav"))
    )


def _with_database(url: str, name: str) -> str:
    from sqlalchemy.engine import make_url

    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _execute(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
