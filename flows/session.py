"""What a process that runs tasks keeps open: its catalog, named by its own settings.

The catalog's URL is no flow parameter, because it may hold a password and Prefect shows parameters.
"""

from functools import lru_cache

from asrlab.catalog import Catalog, open_catalog
from asrlab.config import load_settings, use_settings
from asrlab.stopping import check_stop
from flows.limits import ensure_limits


def catalog_of_this_process() -> Catalog:
    """The catalog that ASRLAB_CATALOG or asrlab.toml names here, opened once.

    Raises StoppedError when this process was asked to stop: no task that has not begun begins.
    """
    check_stop()
    settings = load_settings()
    use_settings(settings)
    return _open(settings.catalog)


@lru_cache(maxsize=4)
def _open(url: str) -> Catalog:
    return open_catalog(url)


def limits_of_this_machine() -> None:
    """See to it that the limits around this machine's engine are there, of the sizes that its settings say."""
    ensure_limits(load_settings())


@lru_cache(maxsize=1)
def limits_known_here() -> None:
    """The same, once for a process: tasks may run on machines where no flow ever does."""
    limits_of_this_machine()
