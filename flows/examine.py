"""Looking at the Prefect API that calls would use, without starting or changing anything."""

import email.utils
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from asrlab.config import Settings
from asrlab.errors import FlowError
from flows.limits import ENGINE_LIMIT
from flows.local_server import configured_api
from flows.server_state import managed_server

TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class ApiState:
    """url: None where calls start a server of their own. version: the server's.

    slots: the size of this machine's engine limit, None before the first call has made it. skew_seconds: how far the
    server's clock is ahead of this machine's.
    """

    url: str | None
    version: str = ""
    slots: int | None = None
    skew_seconds: float = 0.0


def examine_api(settings: Settings) -> ApiState:
    """The API that `label` would use now. Raises FlowError when it is configured and does not answer."""
    server = managed_server(settings.server_dir)
    configured = configured_api()
    url = configured or (server.url if server is not None else None)
    if url is None:
        return ApiState(None)
    try:
        # A server of this machine is asked directly: no proxy can reach it.
        with httpx.Client(timeout=TIMEOUT_S, trust_env=configured is not None) as client:
            answer = client.get(f"{url}/admin/version")
            answer.raise_for_status()
            skew = _skew(answer.headers.get("Date"))
            limit = client.get(f"{url}/v2/concurrency_limits/{ENGINE_LIMIT}")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        why = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise FlowError(f"the Prefect API at {url} does not answer as one: {why}") from error
    slots = int(limit.json()["limit"]) if limit.status_code == httpx.codes.OK else None
    return ApiState(url, str(answer.json()), slots, skew)


def _skew(date: str | None) -> float:
    """By the header of an answer, which has whole seconds."""
    if date is None:
        return 0.0
    apart = (email.utils.parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds()
    return apart if abs(apart) > 1.0 else 0.0
