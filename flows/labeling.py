"""What the flows that label share: the plan of stage calls as Prefect tasks over groups of minutes of audio.

The order is `asrlab.pipeline.label_all`'s, with Prefect and without.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from prefect.futures import PrefectFuture

from asrlab.catalog import Catalog
from asrlab.config import load_settings
from asrlab.errors import FlowError
from asrlab.pipeline import (
    GROUPS_PER_ROUND,
    LabelJob,
    Round,
    begin_run_of,
    end_run,
    groups_to_align,
    wait_for_others,
)
from asrlab.stopping import ask_to_stop, check_stop
from flows import tasks
from flows.leaving import leave_after, leave_with_parent
from flows.runners import resources_of_engine
from flows.runs import own_this_run

Result = TypeVar("Result")

ERRORS_SHOWN = 3


def run_round(job: LabelJob, work: Round) -> int:
    """Do a round as Prefect tasks; returns how many items were done."""
    if work.runs is None:
        return sum(finished([tasks.segment.submit(job, group) for group in work.groups]))
    labeled: list[PrefectFuture[int]] = []
    with resources_of_engine(load_settings()):
        for group in work.groups:
            transcribed = tasks.transcribe.submit(job, work.runs.transcribe, group)
            labeled.append(transcribed)
            if work.runs.align is not None:
                labeled.append(tasks.align.submit(job, work.runs.align, group, after=transcribed))
    return sum(finished(labeled))


def align_all(
    catalog: Catalog, job: LabelJob, scope: Callable[[], Sequence[int]], only: str | None = None
) -> int | None:
    """Align the texts that count and lack it; returns the run, None when nothing was to be done."""
    run_id: int | None = None
    while groups := groups_to_align(catalog, job, scope(), only):
        run_id = run_id or begin_run_of(catalog, job, "align")
        with resources_of_engine(load_settings()):
            submitted = [tasks.align.submit(job, run_id, group) for group in groups[:GROUPS_PER_ROUND]]
        wait_for_others(sum(finished(submitted)))
    if run_id is not None:
        end_run(catalog, run_id)
    return run_id


@contextmanager
def as_our_run() -> Iterator[None]:
    """Note whose run this is, and let what ends it from outside give its tasks time to store the batch under way.

    That is Ctrl-C, SIGTERM or a cancelled run. What has not ended after a few seconds is left with the process.
    """
    if own_this_run():
        leave_with_parent()
    try:
        yield
    except Exception:
        raise
    except BaseException:
        ask_to_stop()
        leave_after()
        raise


def finished(futures: Iterable[PrefectFuture[Result]]) -> list[Result]:
    """Wait for all tasks and return their results; raise FlowError when some failed.

    Without it a flow that returns is COMPLETED although its tasks failed.
    """
    waiting = list(futures)
    for future in waiting:
        future.wait()
    check_stop()
    errors = [_told(future.state.message) for future in waiting if not future.state.is_completed()]
    if errors:
        shown = "; ".join(dict.fromkeys(errors[:ERRORS_SHOWN]))
        raise FlowError(f"{len(errors)} of {len(waiting)} tasks failed: {shown}")
    return [future.result() for future in waiting]


def _told(message: str | None) -> str:
    """What a task's error says, without Prefect's words around it."""
    return re.sub(r"^Task run encountered an exception \w+: ", "", message or "no message")
