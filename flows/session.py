"""What a process that runs tasks keeps open: its catalog, named by its own settings.

The catalog's URL is no flow parameter, because it may hold a password and Prefect shows parameters.
"""

from functools import lru_cache

from asrlab.catalog import Catalog, open_catalog
from asrlab.config import load_settings


def catalog_of_this_process() -> Catalog:
    """The catalog that ASRLAB_CATALOG or asrlab.toml names here, opened once."""
    return _open(load_settings().catalog)


@lru_cache(maxsize=4)
def _open(url: str) -> Catalog:
    return open_catalog(url)
