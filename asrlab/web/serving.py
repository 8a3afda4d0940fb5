"""Serving the review page from this process until it is told to stop."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from asrlab.catalog import Catalog
from asrlab.errors import OptionError
from asrlab.pipeline import LabelJob
from asrlab.review.people import ensure_person
from asrlab.review.queues import NO_BLIND, BlindShares
from asrlab.web.aligning import Aligning
from asrlab.web.app import create_app
from asrlab.web.hosts import is_loopback, names_of
from asrlab.web.routes.page import check_assets
from asrlab.web.sessions import Sessions
from asrlab.web.site import Site
from asrlab.web.waveforms import Waveforms

# An answer under way may end; a player that still draws audio is cut off.
LEAVING_S = 2
BACKLOG = 128


@dataclass(frozen=True, slots=True)
class Serving:
    """How to serve. port: 0 for any that is free. user: whose page it is; None lets people in by their tokens alone.

    names: more names that the server is asked for by, as behind a proxy. aligner: the job whose aligner places what
    edits change; None leaves that to `asrlab align`.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    user: str | None = None
    names: tuple[str, ...] = ()
    aligner: LabelJob | None = None
    shares: BlindShares = NO_BLIND


def serve(catalog: Catalog, serving: Serving, ready: Callable[[str], None]) -> None:
    """Serve until a signal; `ready` is given the page's address once it can be opened.

    Raises OptionError for an address that can't be had or may not be served without login, UserError where the page's
    files are missing.
    """
    check_assets()
    check_exposure(serving)
    listening = _listen(serving.host, serving.port)
    try:
        with opened_site(catalog, serving) as app:
            config = uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=LEAVING_S,
                ws="none",
            )
            # What connects from here on waits in the socket's queue until the server runs.
            ready(_address(serving.host, listening))
            uvicorn.Server(config).run(sockets=[listening])
    finally:
        listening.close()


@contextmanager
def opened_site(catalog: Catalog, serving: Serving) -> Iterator[ASGIApp]:
    """The application, with the threads that work for it; they end with the block."""
    owner = None if serving.user is None else ensure_person(catalog, serving.user, "admin")
    aligning = None if serving.aligner is None else Aligning(catalog, serving.aligner)
    waveforms = Waveforms()
    site = Site(catalog, owner, Sessions(), waveforms, aligning, serving.shares)
    try:
        names = names_of(serving.host) | {name.lower() for name in serving.names}
        yield create_app(site, names, allows_addresses=not is_loopback(serving.host))
    finally:
        waveforms.close()
        if aligning is not None:
            aligning.close()


def check_exposure(serving: Serving) -> None:
    """Raise OptionError for a server that others reach and nobody logs in to."""
    if serving.user is not None and not is_loopback(serving.host):
        raise OptionError(
            f"--host {serving.host} lets other machines in: give --auth too, and tokens with `asrlab review people add`"
        )


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise OptionError(
            f"can't listen at {host}, port {port}: {_reason(error)}: give another --port, or 0 for any that is free"
        ) from error


def _reason(error: OSError) -> str:
    """Without the address, which Python tells again in brackets."""
    return (error.strerror or str(error)).partition(" (")[0].lower()


def _address(host: str, listening: socket.socket) -> str:
    port = listening.getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/"
