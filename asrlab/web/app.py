"""The application: routes, what stands before them, and what ends with it."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import anyio.to_thread
from fastapi import FastAPI
from starlette.types import ASGIApp

from asrlab import __version__
from asrlab.web.guard import Guard
from asrlab.web.refusals import add_handlers
from asrlab.web.routes import page, queue, recordings, segments, visitors
from asrlab.web.site import Site

# Each has a connection to the catalog, of which a process keeps at most 15.
MAX_THREADS = 12


def create_app(site: Site, names: Iterable[str], *, allows_addresses: bool = False) -> ASGIApp:
    """The server of a site. names: those it answers to; allows_addresses: to any IP address too."""
    app = FastAPI(
        title="asrlab review",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=_lifespan,
    )
    app.state.site = site
    add_handlers(app)
    for module in (page, visitors, queue, segments, recordings):
        app.include_router(module.router)
    app.mount("/assets", page.OurFiles(directory=page.STATIC))
    app.mount("/vendor/wavesurfer", page.OurFiles(directory=page.WAVESURFER, check_dir=False))
    return Guard(app, site.sessions, frozenset(names), allows_addresses=allows_addresses)


@asynccontextmanager
async def _lifespan(_app: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = MAX_THREADS
    yield
