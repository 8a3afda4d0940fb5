"""How errors answer: always `{"error": …}`, with a status that says whose they are, and never more than that."""

import logging
from dataclasses import asdict
from typing import Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from asrlab.errors import (
    AudioError,
    CatalogError,
    ConflictError,
    InputNotFoundError,
    TransientError,
    UserError,
)
from asrlab.review.reading import SegmentPage, read_segment
from asrlab.web.guard import session_key
from asrlab.web.site import Site

log = logging.getLogger(__name__)

BUSY_S = "2"


def add_handlers(app: FastAPI) -> None:
    """Let every error of ours, and of the frameworks', answer so."""
    # The signature that Starlette gives handlers is that of the most general error.
    handlers: dict[type[Exception], Any] = {
        HTTPException: _http,
        RequestValidationError: _invalid,
        ConflictError: _conflict,
        InputNotFoundError: _missing,
        UserError: _user,
        CatalogError: _catalog,
        AudioError: _audio,
        TransientError: _busy,
        Exception: _unexpected,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


async def _http(_request: Request, error: HTTPException) -> JSONResponse:
    return JSONResponse({"error": str(error.detail)}, error.status_code, headers=error.headers)


async def _invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
    """Where and what; not the input itself, which may be anything."""
    problems = [
        {"where": ".".join(str(part) for part in one["loc"]), "what": one["msg"]} for one in error.errors()
    ]
    first = problems[0]
    return JSONResponse({"error": f"{first['where']}: {first['what']}", "detail": problems}, 422)


async def _conflict(request: Request, error: ConflictError) -> JSONResponse:
    page = await run_in_threadpool(_page, request)
    current = None if page is None or page.current is None else asdict(page.current)
    content = {
        "error": str(error),
        "current": current,
        "superseded_by": None if page is None else page.superseded_by,
    }
    return JSONResponse(jsonable_encoder(content), 409)


async def _missing(_request: Request, error: InputNotFoundError) -> JSONResponse:
    return JSONResponse({"error": str(error)}, 404)


async def _user(request: Request, error: UserError) -> JSONResponse:
    is_missing = "segment_id" in request.path_params and await run_in_threadpool(_page, request) is None
    return JSONResponse({"error": str(error)}, 404 if is_missing else 400)


async def _catalog(_request: Request, error: CatalogError) -> JSONResponse:
    log.error("%s", error)
    return JSONResponse({"error": "the catalog can't be used now: see the server's log"}, 503)


async def _audio(_request: Request, error: AudioError) -> JSONResponse:
    """The message names places on the server, which are not everybody's."""
    log.warning("%s", error)
    return JSONResponse({"error": f"the audio can't be read ({error.reason}): see the server's log"}, 404)


async def _busy(_request: Request, error: TransientError) -> JSONResponse:
    log.warning("%s", error)
    return JSONResponse({"error": "the catalog is busy: try again"}, 503, headers={"Retry-After": BUSY_S})


async def _unexpected(_request: Request, _error: Exception) -> JSONResponse:
    """Starlette raises it again behind this answer, so the log has all of it."""
    return JSONResponse({"error": "the server made a mistake: see its log"}, 500)


def _page(request: Request) -> SegmentPage | None:
    site = request.app.state.site
    assert isinstance(site, Site)
    visitor = site.visitor(session_key(request.headers))
    segment_id = int(request.path_params["segment_id"])
    if visitor is None:
        return None
    is_blind = site.blind_kind(visitor, segment_id) is not None
    return read_segment(site.catalog, segment_id, visitor.name, is_blind=is_blind)
