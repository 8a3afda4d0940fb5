"""Fresh catalogs, and looking at what an import left in one."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from asrlab.catalog import Catalog, open_catalog

NewCatalog = Callable[[], Catalog]


@pytest.fixture
def new_catalog(tmp_path: Path, sqlite_template: Path) -> Iterator[NewCatalog]:
    """Makes an empty catalog at each call."""
    opened: list[Catalog] = []

    def make() -> Catalog:
        path = tmp_path / f"catalog{len(opened)}.db"
        shutil.copy(sqlite_template, path)
        opened.append(open_catalog(f"sqlite:///{path}"))
        return opened[-1]

    yield make
    for catalog in opened:
        catalog.close()
