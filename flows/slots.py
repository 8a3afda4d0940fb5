"""A place at this machine's card (or its CPU engine): a lock file here, and the named limits of Prefect.

The kernel frees the lock of a process that dies, however it dies; who takes it next gives back what the dead one held of
Prefect's limits, so on one machine a slot is free at once. Elsewhere it is free when the lease has run out.
"""

import fcntl
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client

from asrlab.config import Settings
from asrlab.errors import FlowError, TransientError
from asrlab.stopping import check_stop
from flows.limits import LEASE_SECONDS, limit_sizes

# A slot is held for minutes.
LOOK_EVERY_S = 0.05
ASK_EVERY_S = 1.0
# A server on SQLite refuses at once what meets another write.
BUSY_PAUSE_S = 0.05
BUSY_LIMIT_S = 60.0
RENEW_EVERY_S = LEASE_SECONDS / 4
NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")


@contextmanager
def engine_slot(settings: Settings) -> Iterator[None]:
    """Hold a place at the engine for the length of the block, after waiting for one.

    Raises FlowError when a limit is missing: without one, nothing would be limited. A renewal that fails ends nothing:
    the catalog's own leases keep two processes off one item.
    """
    with ExitStack() as stack:
        file = stack.enter_context(_free_place(settings.server_dir / "slots", places_of(settings)))
        client = stack.enter_context(get_client(sync_client=True))
        _give_back_of_the_dead(client, file)
        lease = _acquired(client, list(limit_sizes(settings)))
        _write(file, f"{client.api_url} {lease}")
        try:
            with _renewed(lease):
                yield
        finally:
            _released(client, lease)
            _write(file, "")


def places_of(settings: Settings) -> list[str]:
    """The names of the places at this machine's engine that this process may take: one card has one.

    Without a card as many as the setting engine_slots says.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    cards = [card.strip() for card in (visible or "").split(",") if card.strip() not in ("", "-1")]
    wanted, _, number = settings.device.partition(":")
    if wanted in ("auto", "cuda") and (cards or (visible is None and NVIDIA_DRIVER.exists())):
        index = int(number) if number.isdecimal() else 0
        card = cards[index] if index < len(cards) else str(index)
        return [f"gpu-{card}"]
    return [f"slot-{index}" for index in range(settings.engine_slots)]


@contextmanager
def _free_place(folder: Path, names: Sequence[str]) -> Iterator[IO[str]]:
    folder.mkdir(parents=True, exist_ok=True)
    while True:
        for name in names:
            with (folder / f"{name}.lock").open("a+") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                yield file
                return
        check_stop()
        time.sleep(LOOK_EVERY_S)


def _give_back_of_the_dead(client: SyncPrefectClient, file: IO[str]) -> None:
    """What stands in a lock that is free was held by a process that died."""
    file.seek(0)
    url, _, lease = file.read().partition(" ")
    if url == str(client.api_url):
        _released(client, UUID(lease))


def _acquired(client: SyncPrefectClient, names: Sequence[str]) -> UUID:
    busy_until = time.monotonic() + BUSY_LIMIT_S
    while True:
        check_stop()
        try:
            answer = _asked_once(client, names).json()
        except httpx.HTTPStatusError as error:
            code = error.response.status_code
            is_busy = code == httpx.codes.SERVICE_UNAVAILABLE and time.monotonic() < busy_until
            if code != httpx.codes.LOCKED and not is_busy:
                raise TransientError(f"the engine's limit can't be had: {error}") from error
            time.sleep(BUSY_PAUSE_S if is_busy else ASK_EVERY_S)
            continue
        except httpx.TransportError as error:
            if time.monotonic() > busy_until:
                raise TransientError(f"the engine's limit can't be had: {error}") from error
            time.sleep(ASK_EVERY_S)
            continue
        missing = set(names) - {limit["name"] for limit in answer["limits"]}
        if missing:
            raise FlowError(
                f"the Prefect API has no limit {', '.join(sorted(missing))}: was it deleted meanwhile? "
                "The next flow makes it again"
            )
        return UUID(answer["lease_id"])


def _asked_once(client: SyncPrefectClient, names: Sequence[str]) -> httpx.Response:
    """Ask for a slot; raises httpx.HTTPStatusError when it is refused.

    Past the retries of Prefect's client: it waits two seconds after a refusal before it asks again or tells, and in
    that time a fast engine does a group of work.
    """
    body = {"names": list(names), "slots": 1, "mode": "concurrency", "lease_duration": LEASE_SECONDS}
    inner = client._client
    request = inner.build_request("POST", "/v2/concurrency_limits/increment-with-lease", json=body)
    response = httpx.Client.send(inner, request)
    if response.status_code == httpx.codes.FORBIDDEN:
        # A server that asks for a token against forgery, which only its own client knows to get.
        return client.increment_concurrency_slots_with_lease(list(names), 1, "concurrency", LEASE_SECONDS)
    response.raise_for_status()
    return response


def _released(client: SyncPrefectClient, lease: UUID) -> None:
    try:
        client.release_concurrency_slots_with_lease(lease)
    except httpx.HTTPError:
        # The server, or the lease, is gone: then it has run out, or will.
        return


@contextmanager
def _renewed(lease: UUID) -> Iterator[None]:
    ended = threading.Event()

    def renew() -> None:
        with get_client(sync_client=True) as client:
            while not ended.wait(RENEW_EVERY_S):
                try:
                    client.renew_concurrency_lease(lease, LEASE_SECONDS)
                except httpx.HTTPError:
                    # The next round tries again; a lost slot costs order, never a wrong row.
                    continue

    renewer = threading.Thread(target=renew, name="asrlab-slot-renewal", daemon=True)
    renewer.start()
    try:
        yield
    finally:
        ended.set()
        renewer.join()


def _write(file: IO[str], text: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()
