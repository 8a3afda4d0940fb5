"""The global concurrency limit around this machine's card (or its CPU engine), created by us and strict."""

import socket
from contextlib import suppress

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.exceptions import ObjectNotFound

# The shortest lease Prefect grants: a killed holder's slot is free again this long after.
LEASE_SECONDS = 60.0

ENGINE_LIMIT = f"asrlab-engine-{socket.gethostname()}"


def ensure_engine_limit(slots: int, *, fresh: bool) -> None:
    """Create the limit, or set its size.

    fresh: forget who holds it. Only for a server that nobody else uses: holders from before are dead.
    """
    with get_client(sync_client=True) as client:
        if not fresh:
            client.upsert_global_concurrency_limit_by_name(ENGINE_LIMIT, slots)
            return
        with suppress(ObjectNotFound):  # a new server has none
            client.delete_global_concurrency_limit_by_name(ENGINE_LIMIT)
        client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=ENGINE_LIMIT, limit=slots))
