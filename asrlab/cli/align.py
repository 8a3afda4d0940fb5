"""`asrlab align`: find the times of the words of the current texts."""

from typing import Any

import click

from asrlab.cli.options import catalog_option, job_from, job_options


@click.command("align")
@job_options("select", "aligner", "aligner_model", "language")
@catalog_option
def command(corpus: str | None, catalog: str | None, **given: Any) -> int:
    """Align the text that counts in each segment, whoever wrote it, where this aligner has not."""
    from asrlab.cli.stages import align_round, run_stage
    from asrlab.errors import OptionError
    from asrlab.pipeline import check_aligner

    job = job_from(**given)
    if job.aligner_name is None:
        raise OptionError("asrlab align needs an aligner: a name of `asrlab engines`, or auto")
    check_aligner(job)
    return run_stage(catalog, corpus, "texts aligned:", align_round(job))
