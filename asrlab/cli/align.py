"""`asrlab align`: find the times of the words of the current texts."""

from typing import Any

import click

from asrlab.cli.options import catalog_option, job_from, job_options


@click.command("align")
@job_options("select", "aligner", "aligner_model", "language")
@catalog_option
def command(corpus: str | None, catalog: str | None, **given: Any) -> int:
    """Align the text that counts in each segment, whoever wrote it, where this aligner has not."""
    from asrlab.cli.stages import StageWork, run_stage
    from asrlab.errors import OptionError
    from asrlab.pipeline import align_group, begin_run_of, check_aligner, groups_to_align

    job = job_from(**given)
    if job.aligner_name is None:
        raise OptionError("asrlab align needs an aligner: a name of `asrlab engines`, or auto")
    work = StageWork(
        verb="texts aligned:",
        fingerprints={"align": check_aligner(job).fingerprint},
        pending=lambda opened, recording_ids: groups_to_align(opened, job, recording_ids),
        begin=lambda opened: begin_run_of(opened, job, "align"),
        run=lambda opened, run_id, group: align_group(opened, job, run_id, group),
    )
    return run_stage(catalog, corpus, work)
