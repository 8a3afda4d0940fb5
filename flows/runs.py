"""Flow runs and the processes they run in: a run whose process has died is found, and goes on."""

import socket
import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from prefect import runtime
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import FlowRun, State, StateType, WorkerStatus
from prefect.client.schemas.sorting import FlowRunSort
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelled, Crashed, Scheduled

from asrlab.catalog.owner import host_of, is_surely_alive, is_surely_dead, this_process

OWNER_LABEL = "asrlab.owner"
# A run that takes its process down each time is not begun for ever.
MOST_STARTS = 5
MOST_RUNS = 200
SOON = timedelta(seconds=10)
# A flow's process begins within seconds, on a busy machine too. A machine may lose its network for a moment; should it
# live after all, the catalog's claims keep both from one item.
PATIENCE_S = {StateType.PENDING: 60.0, StateType.RUNNING: 180.0}


def worker_name(what: str) -> str:
    """How this machine's worker for `what` is called in Prefect."""
    return f"{socket.gethostname()}-{what}"


def is_worker_of(name: str, host: str) -> bool:
    """Whether a worker of this name is one of that machine's."""
    return name.startswith(f"{host}-")


def own_this_run() -> bool:
    """Note in Prefect which process this flow runs in; whether it is a worker's."""
    run_id = runtime.flow_run.id
    if run_id is not None:
        with get_client(sync_client=True) as client:
            client.update_flow_run_labels(run_id, {OWNER_LABEL: this_process()})
    return runtime.deployment.id is not None


def runs_of_this_machine(client: SyncPrefectClient) -> list[FlowRun]:
    """The runs that Prefect takes to be running, and whose process on this machine lives."""
    running = _in_state(client, StateType.RUNNING)
    return [run for run in running if _owner(run) and is_surely_alive(_owner(run))]


def interrupted_runs(client: SyncPrefectClient) -> list[FlowRun]:
    """The runs whose process on this machine has died: Prefect may have seen it, or take them to be running for ever."""
    found = _in_state(client, StateType.RUNNING, StateType.CANCELLING, StateType.CRASHED)
    return [
        run
        for run in found
        if _owner(run)
        and is_surely_dead(_owner(run))
        and not (run.state_type == StateType.CRASHED and not _may_go_on(run))
    ]


class StuckRuns:
    """Runs that stand still for ever, and hold their deployment's place.

    A worker took them and died before it began them, or they run on a machine whose workers are all silent.
    """

    def __init__(self, pool: str) -> None:
        self._pool = pool
        self._since: dict[tuple[UUID, StateType], float] = {}

    def look(self, client: SyncPrefectClient) -> list[FlowRun]:
        """Those that have stood still for long enough, from the first look at them on: clocks differ."""
        now = time.monotonic()
        still = {
            (run.id, run.state_type): run
            for run in [*_in_state(client, StateType.PENDING, pool=self._pool), *self._lost(client)]
            if run.state_type is not None
        }
        self._since = {key: self._since.get(key, now) for key in still}
        return [run for key, run in still.items() if now - self._since[key] > PATIENCE_S[key[1]]]

    def _lost(self, client: SyncPrefectClient) -> list[FlowRun]:
        """Those of machines with no worker that Prefect has heard of lately: 90 s by its own clock."""
        running = [run for run in _in_state(client, StateType.RUNNING, pool=self._pool) if _owner(run)]
        if not running:
            return []
        workers = client.read_workers_for_work_pool(self._pool)
        silent = {worker.name for worker in workers if worker.status == WorkerStatus.OFFLINE}
        heard = {worker.name for worker in workers} - silent
        return [run for run in running if _has_worker(run, silent) and not _has_worker(run, heard)]


def process_of(run: FlowRun) -> int:
    """The process that the run was begun in."""
    return int(_owner(run).split("|")[1])


def go_on_with(client: SyncPrefectClient, runs: Sequence[FlowRun]) -> None:
    """Let runs whose process has ended be begun again by any worker; what they stored is not done twice.

    One that nobody can begin again (a call of `asrlab label`), or that was begun too often, has crashed; one that was
    to be cancelled is.
    """
    for run in runs:
        state: State[object]
        if run.state_type == StateType.CANCELLING:
            state = Cancelled(message="its process ended")
        elif _may_go_on(run):
            state = Scheduled(message="its process ended: begun again")
        else:
            state = Crashed(message="its process ended")
        try:
            client.set_flow_run_state(run.id, state, force=True)
        except ObjectNotFound:
            # Somebody deleted it meanwhile.
            continue


def start_waiting(deployment: str, count: int) -> None:
    """See to it that so many runs of a deployment wait to begin: those that run have made their plan already."""
    with get_client(sync_client=True) as client:
        known = client.read_deployment_by_name(deployment)
        waiting = client.read_flow_runs(
            flow_run_filter=FlowRunFilter(
                deployment_id=FlowRunFilterDeploymentId(any_=[known.id]),
                state=FlowRunFilterState(
                    type=FlowRunFilterStateType(any_=[StateType.SCHEDULED, StateType.PENDING])
                ),
                # Not those that a schedule will start some day.
                expected_start_time=FlowRunFilterExpectedStartTime.model_validate(
                    {"before_": datetime.now(UTC) + SOON}
                ),
            )
        )
    for _ in range(count - len(waiting)):
        run_deployment(deployment, timeout=0, as_subflow=False)


def ended_badly(deployment: str) -> bool:
    """Whether the last run of a deployment failed or crashed: it may have left work undone."""
    with get_client(sync_client=True) as client:
        known = client.read_deployment_by_name(deployment)
        runs = client.read_flow_runs(
            flow_run_filter=FlowRunFilter(deployment_id=FlowRunFilterDeploymentId(any_=[known.id])),
            sort=FlowRunSort.EXPECTED_START_TIME_DESC,
            limit=1,
        )
    return bool(runs) and runs[0].state_type in (StateType.FAILED, StateType.CRASHED)


def _in_state(client: SyncPrefectClient, *states: StateType, pool: str | None = None) -> list[FlowRun]:
    """The newest runs in these states; pool: of this work pool alone."""
    in_pool = None if pool is None else WorkPoolFilter(name=WorkPoolFilterName(any_=[pool]))
    return client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(states)))
        ),
        work_pool_filter=in_pool,
        sort=FlowRunSort.START_TIME_DESC,
        limit=MOST_RUNS,
    )


def _may_go_on(run: FlowRun) -> bool:
    return run.deployment_id is not None and run.run_count < MOST_STARTS


def _has_worker(run: FlowRun, names: Collection[str]) -> bool:
    """Whether one of these workers is of the machine that the run was begun on."""
    host = host_of(_owner(run))
    return any(is_worker_of(name, host) for name in names)


def _owner(run: FlowRun) -> str:
    return str((run.labels or {}).get(OWNER_LABEL, ""))
