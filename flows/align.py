"""Aligning the texts that count, whoever wrote them: after people corrected some, or with another aligner."""

from prefect import flow

from asrlab.config import load_settings
from asrlab.errors import OptionError
from asrlab.ingest import look_again
from asrlab.pipeline import check_aligner, recordings_in_order
from flows.jobs import job_of
from flows.labeling import align_all, as_our_run
from flows.report import report_run
from flows.runners import chosen_task_runner
from flows.session import catalog_of_this_process, limits_of_this_machine


@flow(
    name="align",
    task_runner=chosen_task_runner(),
    persist_result=False,
    log_prints=False,
)
def align(
    aligner: str = "auto",
    aligner_model: str | None = None,
    language: str | None = None,
    corpus: str | None = None,
    where: str | None = None,
) -> None:
    """Find the words of the current texts that lack this aligner's.

    corpus: of this one alone. where: only segments that meet this condition over v_current.
    """
    with as_our_run():
        catalog = catalog_of_this_process()
        limits_of_this_machine()
        job = job_of(load_settings(), aligner=aligner, aligner_model=aligner_model, language=language)
        if job.aligner_name is None:
            raise OptionError("the flow align needs an aligner: a name of `asrlab engines`, or auto")
        check_aligner(job)
        look_again(catalog, recordings_in_order(catalog, corpus))
        run_id = align_all(catalog, job, lambda: recordings_in_order(catalog, corpus), where)
        report_run(catalog, () if run_id is None else (run_id,))
