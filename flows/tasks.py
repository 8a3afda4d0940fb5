"""The stages as Prefect tasks: ids in, counts out. What is done is a row in the catalog, never a task state.

Retries are for what passes by itself (TransientError); a bad file or segment is no failed task but a row.
"""

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.tasks import exponential_backoff

from asrlab import pipeline
from asrlab.config import load_settings
from asrlab.errors import TransientError
from asrlab.export import ExportRequest
from asrlab.export import export as write_export
from asrlab.ingest import ingest_files
from asrlab.pipeline import LabelJob
from flows.session import catalog_of_this_process, limits_known_here
from flows.slots import engine_slot

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


@with_retries
def ingest(corpus: str, uris: list[str]) -> list[int]:
    return ingest_files(catalog_of_this_process(), uris, corpus)


@with_retries
def segment(job: LabelJob, recording_ids: list[int]) -> int:
    return pipeline.segment_group(catalog_of_this_process(), job, recording_ids)


@with_retries
def transcribe(job: LabelJob, run_id: int, segment_ids: list[int]) -> int:
    limits_known_here()
    with engine_slot(load_settings()):
        return pipeline.transcribe_group(catalog_of_this_process(), job, run_id, segment_ids)


@with_retries
def align(job: LabelJob, run_id: int, segment_ids: list[int], after: Any = None) -> int:
    """after: what the group's transcription returned; to be given it, Prefect and Ray wait for that."""
    limits_known_here()
    with engine_slot(load_settings()):
        return pipeline.align_group(catalog_of_this_process(), job, run_id, segment_ids)


@with_retries
def export(request: ExportRequest) -> tuple[str, int]:
    exported = write_export(catalog_of_this_process(), request)
    return str(exported.path), exported.num_utterances
