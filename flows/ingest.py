"""Scheduled ingestion: what is new at the sources becomes recordings, and labeling them may follow."""

from prefect import flow, get_run_logger

from asrlab.catalog import Catalog
from asrlab.catalog.sources import KnownSource, SourceLook
from asrlab.errors import FlowError
from asrlab.ingest import finish_source, plan_source
from asrlab.pipeline import FILES_PER_GROUP, sources_to_look_at
from asrlab.planning import grouped
from flows import tasks
from flows.labeling import as_our_run, finished
from flows.report import report_sources
from flows.runners import chosen_task_runner
from flows.runs import ended_badly, start_waiting
from flows.session import catalog_of_this_process


@flow(
    name="ingest",
    task_runner=chosen_task_runner(),
    persist_result=False,
    log_prints=False,
)
def ingest(source: str | None = None, then: str | None = None, runs: int = 1) -> None:
    """Read what is new at a source, or at every source that is enabled.

    then: a deployment to start when something new came, or when its last run ended badly, such as "label/label"; runs:
    so many of it, one for each worker that can take one, less those that wait already. A source that can't be looked at
    stops no other; the run fails when none could be.
    """
    with as_our_run():
        catalog = catalog_of_this_process()
        known = sources_to_look_at(catalog, [source] if source else [])
        looks = [(each, _look(catalog, each)) for each in known]
        report_sources(looks)
        new = sum(look.new - look.failed for _, look in looks if look is not None)
        if then and (new > 0 or ended_badly(then)):
            get_run_logger().info("%d new files: %s starts", new, then)
            start_waiting(then, runs)
        lost = [each.source.name for each, look in looks if look is None]
        if lost and len(lost) == len(looks):
            raise FlowError(
                f"no source could be looked at: {', '.join(lost)}; `asrlab source show NAME` says why"
            )


def _look(catalog: Catalog, known: KnownSource) -> SourceLook | None:
    """What a look found, None for a source that could not be looked at."""
    planned = plan_source(catalog, known)
    if planned is None:
        get_run_logger().warning(
            "source %s could not be looked at: asrlab source show %s", known.source.name, known.source.name
        )
        return None
    finished(
        tasks.ingest.submit(known.source.corpus, group)
        for group in grouped(planned.plan.new, FILES_PER_GROUP)
    )
    return finish_source(catalog, planned)
