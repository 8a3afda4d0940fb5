"""The main job: ingest → segment → transcribe → align, as Prefect tasks over groups of minutes of audio.

The order lives here and in `asrlab.pipeline.run_inline`, which chains the same steps without Prefect.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from prefect import flow
from prefect.futures import PrefectFuture
from prefect.task_runners import ThreadPoolTaskRunner

from asrlab.errors import FlowError
from asrlab.ingest import apply_references, discover, plan_ingest
from asrlab.pipeline import (
    FILES_PER_GROUP,
    LabelJob,
    begin_runs,
    finish_runs,
    grouped,
    groups_to_label,
    groups_to_segment,
    wait_for_others,
)
from flows import tasks
from flows.session import catalog_of_this_process

Result = TypeVar("Result")

# One task computes while the next one waits for the engine's slot: more would only crowd the queue.
TASKS_AT_ONCE = 2
ERRORS_SHOWN = 3


@flow(
    name="label",
    task_runner=ThreadPoolTaskRunner(max_workers=TASKS_AT_ONCE),  # type: ignore[arg-type]
    persist_result=False,
    log_prints=False,
)
def label(inputs: list[str], job: LabelJob, listing: str | None = None, limit: int | None = None) -> None:
    """Label `inputs` (files, folders, patterns, URLs, manifests) as `job` says.

    listing: a JSON file with more of them, because Prefect limits the size of a flow's parameters. limit: at most so
    many of the files found.
    """
    catalog = catalog_of_this_process()
    listed = [] if listing is None else json.loads(Path(listing).read_text(encoding="utf-8"))
    found = discover([*inputs, *listed], job.sidecar)
    if limit is not None:
        found = found.first(limit)
    plan = plan_ingest(catalog, found)

    ingested = [tasks.ingest.submit(job, group) for group in grouped(plan.new, FILES_PER_GROUP)]
    scope = list(dict.fromkeys([*plan.known, *(i for ids in finished(ingested) for i in ids)]))
    apply_references(catalog, found.references)

    while groups := groups_to_segment(catalog, job, scope):
        segmented = [tasks.segment.submit(job, group) for group in groups]
        wait_for_others(sum(finished(segmented)))

    runs = None
    while groups := groups_to_label(catalog, job, scope):
        runs = runs or begin_runs(catalog, job)
        labeled: list[PrefectFuture[int]] = []
        for group in groups:
            transcribed = tasks.transcribe.submit(job, runs.transcribe, group)
            labeled.append(transcribed)
            if runs.align is not None:
                aligned = tasks.align.submit(
                    job, runs.align, group, wait_for=[transcribed], return_state=False
                )
                labeled.append(aligned)
        wait_for_others(sum(finished(labeled)))
    if runs is not None:
        finish_runs(catalog, runs)


def _told(message: str | None) -> str:
    """What a task's error says, without Prefect's words around it."""
    return re.sub(r"^Task run encountered an exception \w+: ", "", message or "no message")


def finished(futures: Iterable[PrefectFuture[Result]]) -> list[Result]:
    """Wait for all tasks and return their results; raise FlowError when some failed.

    Without it a flow that returns is COMPLETED although its tasks failed.
    """
    waiting = list(futures)
    for future in waiting:
        future.wait()
    errors = [_told(future.state.message) for future in waiting if not future.state.is_completed()]
    if errors:
        shown = "; ".join(dict.fromkeys(errors[:ERRORS_SHOWN]))
        raise FlowError(f"{len(errors)} of {len(waiting)} tasks failed: {shown}")
    return [future.result() for future in waiting]
