"""The global concurrency limits around engines, created by us: one for this machine, and one for all where it is set."""

import socket
from contextlib import suppress

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.exceptions import ObjectNotFound

from asrlab.config import Settings

# The shortest lease Prefect grants: a killed holder's slot is free again this long after.
LEASE_SECONDS = 60.0

ENGINE_LIMIT = f"asrlab-engine-{socket.gethostname()}"
CLUSTER_LIMIT = "asrlab-engines"


def limit_sizes(settings: Settings) -> dict[str, int]:
    """The limits that a task takes a slot of, all of them or none, and how many slots each has."""
    sizes = {ENGINE_LIMIT: settings.engine_slots}
    if settings.cluster_slots is not None:
        sizes[CLUSTER_LIMIT] = settings.cluster_slots
    return sizes


def ensure_limits(settings: Settings, *, fresh: bool = False) -> None:
    """Create this machine's limit and, where it is set, that of all machines, or set their sizes.

    fresh: forget who holds them. Only for a server that nobody else uses: holders from before are dead.
    """
    with get_client(sync_client=True) as client:
        for name, slots in limit_sizes(settings).items():
            if not fresh:
                client.upsert_global_concurrency_limit_by_name(name, slots)
                continue
            with suppress(ObjectNotFound):  # a new server has none
                client.delete_global_concurrency_limit_by_name(name)
            client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=name, limit=slots))
