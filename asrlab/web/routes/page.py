"""The page itself and the files it loads; all of them lie in the package."""

import secrets
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles

from asrlab.errors import UserError

WEB = Path(str(files("asrlab.web")))
STATIC = WEB / "static"
WAVESURFER = WEB / "vendor" / "wavesurfer"
# Where the page wants the nonce of its style sheets: wavesurfer brings one along.
NONCE = "__CSP_NONCE__"
NONCE_BYTES = 16
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
    "media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)

router = APIRouter()


class OurFiles(StaticFiles):
    """A folder of the package; a browser asks each time whether a file is still the same."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["cache-control"] = "no-cache"
        return response


@router.head("/", include_in_schema=False)
@router.get("/", include_in_schema=False)
def page() -> HTMLResponse:
    nonce = secrets.token_urlsafe(NONCE_BYTES)
    text = (STATIC / "index.html").read_text(encoding="utf-8").replace(NONCE, nonce)
    headers = {"content-security-policy": POLICY.format(nonce=nonce), "cache-control": "no-store"}
    return HTMLResponse(text, headers=headers)


@router.get("/favicon.ico", include_in_schema=False)
def no_icon() -> Response:
    """The page names its own."""
    return Response(status_code=204)


def check_assets() -> None:
    """Raise UserError, which says what to do, where what the page loads is not there."""
    if not (WAVESURFER / "wavesurfer.esm.js").is_file():
        raise UserError(
            "the review page's waveform (wavesurfer.js) is missing: in a clone of asrlab run `make assets`, which needs "
            "npm; elsewhere install asrlab again"
        )
