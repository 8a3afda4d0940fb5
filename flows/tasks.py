"""The stages as Prefect tasks: ids in, counts out. What is done is a row in the catalog, never a task state.

Retries are for what passes by itself (TransientError); a bad file or segment is no failed task but a row.
"""

from contextlib import AbstractContextManager
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.concurrency.sync import concurrency
from prefect.tasks import exponential_backoff

from asrlab import pipeline
from asrlab.errors import TransientError
from asrlab.pipeline import LabelJob
from flows.limits import ENGINE_LIMIT, LEASE_SECONDS
from flows.session import catalog_of_this_process

RETRIES = 3
FIRST_RETRY_S = 2


def is_transient(_task: Any, _run: Any, state: Any) -> bool:
    """Whether a failed task is worth another try."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, (TransientError, ConnectionError, TimeoutError))


with_retries = task(
    retries=RETRIES,
    retry_delay_seconds=exponential_backoff(FIRST_RETRY_S),
    retry_condition_fn=is_transient,
    cache_policy=NO_CACHE,
    persist_result=False,
)


def engine_slot() -> AbstractContextManager[None]:
    """A place at this machine's card. A limit that is missing fails the task; a renewal that fails does not: the
    catalog's own leases keep two processes off one item.
    """
    return concurrency(
        ENGINE_LIMIT,
        occupy=1,
        strict=True,
        lease_duration=LEASE_SECONDS,
        raise_on_lease_renewal_failure=False,
    )


@with_retries
def ingest(job: LabelJob, uris: list[str]) -> list[int]:
    return pipeline.ingest_group(catalog_of_this_process(), job, uris)


@with_retries
def segment(job: LabelJob, recording_ids: list[int]) -> int:
    return pipeline.segment_group(catalog_of_this_process(), job, recording_ids)


@with_retries
def transcribe(job: LabelJob, run_id: int, segment_ids: list[int]) -> int:
    with engine_slot():
        return pipeline.transcribe_group(catalog_of_this_process(), job, run_id, segment_ids)


@with_retries
def align(job: LabelJob, run_id: int, segment_ids: list[int]) -> int:
    with engine_slot():
        return pipeline.align_group(catalog_of_this_process(), job, run_id, segment_ids)
