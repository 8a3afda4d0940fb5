"""The workers of one machine: one for what needs no engine, one for each card, begun again when they die."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpx
import psutil
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun

from flows.leaving import GRACE_S
from flows.local_server import CLIENT_ENVIRONMENT, SERVER_ENVIRONMENT
from flows.runs import (
    StuckRuns,
    go_on_with,
    interrupted_runs,
    process_of,
    runs_of_this_machine,
    worker_name,
)

DEFAULT_QUEUE = "default"
ENGINE_QUEUE = "engine"
# Ingestion and export beside each other.
LIGHT_RUNS = 2
LOOK_EVERY_S = 1.0
RECONCILE_EVERY_S = 10.0
# Of what Prefect logs, here and in the flows it starts.
JSON_LOGS = {"PREFECT_LOGGING_HANDLERS_CONSOLE_FORMATTER": "json", "PREFECT_LOGGING_COLORS": "false"}


@dataclass(frozen=True, slots=True)
class WorkerPlan:
    """A worker to be: the queue it takes from, how many runs at once, and what it sees of the machine."""

    name: str
    queue: str
    limit: int
    environment: dict[str, str] = field(default_factory=dict)


def plan_workers(gpus: Sequence[str], engine_slots: int) -> list[WorkerPlan]:
    """One worker per card, each seeing its own alone; without cards one, which runs as many flows as there are slots.

    Beside them one that sees no card, for what needs none.
    """
    blind = {"CUDA_VISIBLE_DEVICES": ""} if gpus else {}
    light = WorkerPlan("light", DEFAULT_QUEUE, LIGHT_RUNS, blind)
    if not gpus:
        return [light, WorkerPlan("engine", ENGINE_QUEUE, engine_slots)]
    slots = {"ASRLAB_ENGINE_SLOTS": str(len(gpus))}
    cards = [
        WorkerPlan(f"gpu-{gpu}", ENGINE_QUEUE, 1, {"CUDA_VISIBLE_DEVICES": gpu, **slots}) for gpu in gpus
    ]
    return [light, *cards]


class Workers:
    """Worker processes, kept running until they are stopped."""

    def __init__(self, pool: str, plans: Sequence[WorkerPlan], environment: dict[str, str]) -> None:
        self._pool = pool
        self._plans = plans
        self._environment = environment
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._stuck = StuckRuns(pool)

    def keep(self, stopped: threading.Event, is_alive: Callable[[], bool]) -> None:
        """Start the workers, start again the ones that die, and let runs go on whose process died.

        Returns when stopped, or when the server has died.
        """
        since = RECONCILE_EVERY_S
        while not stopped.is_set() and is_alive():
            for plan in self._plans:
                process = self._processes.get(plan.name)
                if process is None or process.poll() is not None:
                    self._processes[plan.name] = self._start(plan)
            if since >= RECONCILE_EVERY_S:
                since = 0.0
                self._reconcile()
            stopped.wait(LOOK_EVERY_S)
            since += LOOK_EVERY_S

    def stop(self) -> None:
        """Let the flows store the batch under way, end all, and leave the runs to be begun again."""
        interrupted = _running_here()
        for run in interrupted:
            _terminate(process_of(run))
        # No new run is begun meanwhile: the workers are told at once too.
        for process in self._processes.values():
            process.terminate()
        _wait([psutil.Process(pid) for pid in map(process_of, interrupted) if psutil.pid_exists(pid)])
        for process in self._processes.values():
            try:
                process.wait(1.0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        try:
            with get_client(sync_client=True) as client:
                go_on_with(client, interrupted)
        except httpx.HTTPError:
            # The server died first; the next start finds these runs without a process.
            return

    def _reconcile(self) -> None:
        """Let runs go on that lost their process, or never got one."""
        try:
            with get_client(sync_client=True) as client:
                go_on_with(client, [*interrupted_runs(client), *self._stuck.look(client)])
        except httpx.HTTPError:
            # The server is away for a moment, or for good: the next look tells.
            return

    def _start(self, plan: WorkerPlan) -> subprocess.Popen[bytes]:
        ours = {*CLIENT_ENVIRONMENT, *SERVER_ENVIRONMENT}
        environment = {name: value for name, value in os.environ.items() if name not in ours}
        if environment.get("ASRLAB_LOG_FORMAT") == "json":
            environment |= JSON_LOGS
        return subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", "flows.worker_process"),
                *("--pool", self._pool, "--type", "process"),
                *("--name", worker_name(plan.name)),
                *("--work-queue", plan.queue, "--limit", str(plan.limit)),
            ],
            stdin=subprocess.PIPE,
            env={**environment, **self._environment, **plan.environment, "DO_NOT_TRACK": "1"},
            # Ctrl-C is ours to pass on.
            start_new_session=True,
        )


def _running_here() -> list[FlowRun]:
    try:
        with get_client(sync_client=True) as client:
            return runs_of_this_machine(client)
    except httpx.HTTPError:
        return []


def _terminate(pid: int) -> None:
    try:
        psutil.Process(pid).terminate()
    except psutil.NoSuchProcess:
        return


def _wait(processes: Sequence[psutil.Process]) -> None:
    _gone, alive = psutil.wait_procs(processes, GRACE_S)
    for process in alive:
        process.kill()
