"""What a process that runs tasks keeps open: its catalog, named by its own settings.

The catalog's URL is no flow parameter, because it may hold a password and Prefect shows parameters.
"""

import threading
from functools import lru_cache

from asrlab.catalog import Catalog, open_catalog
from asrlab.config import load_settings, use_settings
from asrlab.errors import FlowError

# Set by Ctrl-C: no task that has not begun yet begins.
stopping = threading.Event()


def catalog_of_this_process() -> Catalog:
    """The catalog that ASRLAB_CATALOG or asrlab.toml names here, opened once.

    Raises FlowError when this process was asked to stop.
    """
    if stopping.is_set():
        raise FlowError("stopped by the user")
    settings = load_settings()
    use_settings(settings)
    return _open(settings.catalog)


@lru_cache(maxsize=4)
def _open(url: str) -> Catalog:
    return open_catalog(url)
