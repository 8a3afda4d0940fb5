"""`asrlab segment`: cut recordings where somebody speaks."""

from typing import Any

import click

from asrlab.cli.options import catalog_option, job_from, job_options

# Cutting is no engine run: a segmentation carries its own recipe.
NO_RUN = 0


@click.command("segment")
@job_options("select", "max_segment", "channels", "no_vad")
@catalog_option
def command(corpus: str | None, catalog: str | None, **given: Any) -> int:
    """Cut the recordings of the catalog into segments; another recipe makes another segmentation."""
    from asrlab.cli.stages import StageWork, run_stage
    from asrlab.pipeline import groups_to_segment, segment_fingerprint, segment_group

    job = job_from(**given)
    work = StageWork(
        verb="recordings cut:",
        fingerprints={"segment": segment_fingerprint(job.recipe)},
        pending=lambda opened, recording_ids: [
            group for groups in groups_to_segment(opened, job, recording_ids) for group in groups
        ],
        begin=lambda _opened: NO_RUN,
        run=lambda opened, _run_id, group: segment_group(opened, job, group),
    )
    return run_stage(catalog, corpus, work)
