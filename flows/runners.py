"""What runs a flow's tasks: threads of its process, or Ray, on this machine or a cluster of them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from asrlab.config import Settings, load_settings
from asrlab.errors import MissingExtraError
from flows.local_server import API_NAME, CLIENT_ENVIRONMENT

RAY = "ray"
# One task computes while the next one waits for the engine's slot: more would only crowd the queue.
TASKS_AT_ONCE = 2


def chosen_task_runner() -> TaskRunner[Any]:
    """The runner that the settings name; raises MissingExtraError for one whose package is not there."""
    settings = load_settings()
    if settings.task_runner != RAY:
        return ThreadPoolTaskRunner(max_workers=TASKS_AT_ONCE)
    try:
        from flows.ray_runner import RayOrReason
    except ImportError as error:
        raise MissingExtraError("task_runner ray needs `pip install 'asrlab[ray]'`") from error
    # Tasks answer to the API of the flow that submits them. All else is their machine's own: no password travels.
    given = {name: os.environ[name] for name in (*CLIENT_ENVIRONMENT, API_NAME) if name in os.environ}
    options: dict[str, Any] = {"runtime_env": {"env_vars": given}, "log_to_driver": False}
    if settings.ray_address is None:
        options["include_dashboard"] = False
    runner: TaskRunner[Any] = RayOrReason(address=settings.ray_address, init_kwargs=options)
    return runner


@contextmanager
def resources_of_engine(settings: Settings) -> Iterator[None]:
    """Let the tasks submitted in the block have a card each, where Ray runs them and its cluster has cards.

    Ray then shows each task its own card alone.
    """
    if settings.task_runner != RAY:
        yield
        return
    import ray
    from prefect_ray.context import remote_options

    cards = settings.task_gpus
    if cards is None:
        cards = 1.0 if ray.cluster_resources().get("GPU") else 0.0  # type: ignore[no-untyped-call]
    with remote_options(num_gpus=cards):
        yield
