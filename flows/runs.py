"""Flow runs and the processes they run in: a run whose process has died is found, and goes on."""

import time
from collections.abc import Sequence
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
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelled, Crashed, Scheduled

from asrlab.catalog.owner import is_surely_alive, is_surely_dead, this_process

OWNER_LABEL = "asrlab.owner"
# A run that takes its process down each time is not begun for ever.
MOST_STARTS = 5
MOST_RUNS = 200
SOON = timedelta(seconds=10)
# A flow's process begins within seconds, on a busy machine too.
STUCK_AFTER_S = 60.0


def own_this_run() -> bool:
    """Note in Prefect which process this flow runs in; whether it is a worker's."""
    run_id = runtime.flow_run.id
    if run_id is not None:
        with get_client(sync_client=True) as client:
            client.update_flow_run_labels(run_id, {OWNER_LABEL: this_process()})
    return runtime.deployment.id is not None


def runs_of_this_machine(client: SyncPrefectClient) -> list[FlowRun]:
    """The runs that Prefect takes to be running, and whose process on this machine lives."""
    return [run for run in _in_state(client, StateType.RUNNING) if is_surely_alive(_owner(run))]


def interrupted_runs(client: SyncPrefectClient) -> list[FlowRun]:
    """The runs whose process on this machine has died: Prefect may have seen it, or take them to be running for ever."""
    found = _in_state(client, StateType.RUNNING, StateType.CANCELLING, StateType.CRASHED)
    return [
        run
        for run in found
        if is_surely_dead(_owner(run)) and not (run.state_type == StateType.CRASHED and not _may_go_on(run))
    ]


class StuckRuns:
    """Runs that a worker took and died before it began them: they wait for ever, and hold their deployment's place."""

    def __init__(self, pool: str) -> None:
        self._pool = pool
        self._since: dict[UUID, float] = {}

    def look(self, client: SyncPrefectClient) -> list[FlowRun]:
        """Those that have been about to begin for a minute, from the first look at them on: clocks differ."""
        now = time.monotonic()
        found = client.read_flow_runs(
            flow_run_filter=FlowRunFilter(
                state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PENDING]))
            ),
            work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[self._pool])),
            limit=MOST_RUNS,
        )
        taken = {run.state_id: run for run in found if run.state_id is not None}
        self._since = {state: self._since.get(state, now) for state in taken}
        return [taken[state] for state, since in self._since.items() if now - since > STUCK_AFTER_S]


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


def _in_state(client: SyncPrefectClient, *states: StateType) -> list[FlowRun]:
    """The newest runs in these states that say whose they are."""
    found = client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(states)))
        ),
        sort=FlowRunSort.START_TIME_DESC,
        limit=MOST_RUNS,
    )
    return [run for run in found if _owner(run)]


def _may_go_on(run: FlowRun) -> bool:
    return run.deployment_id is not None and run.run_count < MOST_STARTS


def _owner(run: FlowRun) -> str:
    return str((run.labels or {}).get(OWNER_LABEL, ""))
