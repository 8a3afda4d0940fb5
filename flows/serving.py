"""`asrlab serve` and `asrlab worker`: a Prefect server, the deployments and the workers of one machine, kept running."""

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from asrlab.config import Settings, environment_of
from asrlab.errors import FlowError
from flows.local_server import (
    API_NAME,
    CLIENT_ENVIRONMENT,
    bypass_proxies,
    configured_api,
    told_in_one_line,
    used_by_prefect,
)
from flows.managed_server import start_server, stop_server
from flows.server_state import managed_server
from flows.workers import Workers, plan_workers

BATCH_TIMEOUT_S = 1800


@dataclass(frozen=True, slots=True)
class Serving:
    """What to serve. schedule: of the ingestion, as prefect.yaml writes one, None for what stands there.

    gpus: one worker each. deploys: whether to make the deployments too, or only to take runs. label_parameters: of the
    flow `label`.
    """

    pool: str
    gpus: Sequence[str] = ()
    schedule: dict[str, Any] | None = None
    deploys: bool = True
    label_parameters: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


def serve(settings: Settings, what: Serving, stopped: threading.Event, tell: Callable[[str], None]) -> None:
    """Serve until stopped; a server of our own that dies is started again, and the runs go on.

    Raises FlowError when a configured API does not answer, or the deployments can't be made.
    """
    for name, value in CLIENT_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    configured = configured_api()
    if configured is None and not what.deploys:
        raise FlowError(
            "a worker needs the server of another machine: set PREFECT_API_URL, or use `asrlab serve`"
        )
    if configured is not None:
        with told_in_one_line(configured):
            _serve_once(settings, what, configured, stopped, tell, lambda: True)
        return
    bypass_proxies()
    while not stopped.is_set():
        with _own_server(settings) as url, used_by_prefect(url):
            _serve_once(
                settings, what, url, stopped, tell, lambda: managed_server(settings.server_dir) is not None
            )


def _serve_once(
    settings: Settings,
    what: Serving,
    url: str,
    stopped: threading.Event,
    tell: Callable[[str], None],
    is_alive: Callable[[], bool],
) -> None:
    from flows.deployments import LABELING, SCHEDULED, definition, deploy
    from flows.limits import ensure_limits
    from flows.runs import start_waiting

    plans = plan_workers(what.gpus, settings.engine_slots)
    sized = settings.model_copy(update={"engine_slots": len(what.gpus)}) if what.gpus else settings
    ensure_limits(sized)
    if what.deploys:
        engines = sum(plan.limit for plan in plans if plan.queue == "engine")
        deploy(definition(what.pool, what.schedule, engines, dict(what.label_parameters)), what.pool)
        # At once, not at the schedule's first time: files may wait, and work that was interrupted.
        start_waiting(f"{SCHEDULED}/{SCHEDULED}", 1)
        start_waiting(f"{LABELING}/{LABELING}", engines)
    # Nobody looks on: an engine that hangs must not hold its card for ever.
    patience = {"ASRLAB_BATCH_TIMEOUT": str(BATCH_TIMEOUT_S)}
    workers = Workers(what.pool, plans, {**patience, **environment_of(settings), API_NAME: url})
    tell(
        f"{len(plans)} workers take runs from the pool {what.pool} at {url.removesuffix('/api')}; Ctrl-C stops them"
    )
    try:
        workers.keep(stopped, is_alive)
    finally:
        workers.stop()


@contextmanager
def _own_server(settings: Settings) -> Iterator[str]:
    """The server that `asrlab server up` started, or one that is stopped at the end."""
    running = managed_server(settings.server_dir)
    if running is not None:
        yield running.url
        return
    server = start_server(settings.server_dir)
    try:
        yield server.url
    finally:
        stop_server(settings.server_dir)
