"""Looking at the Prefect API that calls would use, without starting or changing anything."""

import email.utils
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import StateType, WorkerStatus
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL, temporary_settings

from asrlab.config import Settings
from asrlab.errors import FlowError
from flows.limits import limit_sizes
from flows.local_server import configured_api
from flows.runs import interrupted_runs
from flows.server_state import managed_server

TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class LimitState:
    """A named limit of engines: the slots that it has, None before the first flow has made it, and those it should."""

    name: str
    slots: int | None
    wanted: int


@dataclass(frozen=True, slots=True)
class PoolState:
    """The work pool of `asrlab serve`. online: workers that Prefect has heard of in the last minutes.

    late: how many runs should have begun and have not.
    """

    is_paused: bool
    online: Sequence[str]
    offline: Sequence[str]
    late: int


@dataclass(frozen=True, slots=True)
class ApiState:
    """url: None where calls start a server of their own. version: the server's.

    skew_seconds: how far the server's clock is ahead of this machine's. pool: None before `asrlab serve` or Prefect
    has made it. interrupted: the names of flow runs whose process on this machine has died.
    """

    url: str | None
    version: str = ""
    skew_seconds: float = 0.0
    limits: Sequence[LimitState] = ()
    pool: PoolState | None = None
    interrupted: Sequence[str] = field(default=())


def examine_api(settings: Settings, pool: str) -> ApiState:
    """The API that `label` would use now; pool: the work pool to look at.

    Raises FlowError when an API is configured and does not answer.
    """
    server = managed_server(settings.server_dir)
    configured = configured_api()
    url = configured or (server.url if server is not None else None)
    if url is None:
        return ApiState(None)
    try:
        # A server of this machine is asked directly: no proxy can reach it.
        with httpx.Client(timeout=TIMEOUT_S, trust_env=configured is not None) as plain:
            answer = plain.get(f"{url}/admin/version")
            answer.raise_for_status()
        with _asking(url) as client:
            return ApiState(
                url,
                str(answer.json()),
                _skew(answer.headers.get("Date")),
                [
                    LimitState(name, _slots(client, name), size)
                    for name, size in limit_sizes(settings).items()
                ],
                _pool(client, pool),
                [run.name for run in interrupted_runs(client)],
            )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        why = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise FlowError(f"the Prefect API at {url} does not answer as one: {why}") from error


@contextmanager
def _asking(url: str) -> Iterator[SyncPrefectClient]:
    with temporary_settings({PREFECT_API_URL: url}), get_client(sync_client=True) as client:
        yield client


def _slots(client: SyncPrefectClient, name: str) -> int | None:
    try:
        return client.read_global_concurrency_limit_by_name(name).limit
    except ObjectNotFound:
        return None


def _pool(client: SyncPrefectClient, name: str) -> PoolState | None:
    try:
        pool = client.read_work_pool(name)
    except ObjectNotFound:
        return None
    workers = client.read_workers_for_work_pool(name)
    late = client.count_flow_runs(
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
            expected_start_time=FlowRunFilterExpectedStartTime.model_validate({"before_": datetime.now(UTC)}),
        ),
        work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[name])),
    )
    return PoolState(
        pool.is_paused,
        [worker.name for worker in workers if worker.status == WorkerStatus.ONLINE],
        [worker.name for worker in workers if worker.status != WorkerStatus.ONLINE],
        late,
    )


def _skew(date: str | None) -> float:
    """By the header of an answer, which has whole seconds."""
    if date is None:
        return 0.0
    apart = (email.utils.parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds()
    return apart if abs(apart) > 1.0 else 0.0
