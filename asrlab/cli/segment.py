"""`asrlab segment`: cut recordings where somebody speaks."""

from typing import Any

import click

from asrlab.cli.options import catalog_option, job_from, job_options


@click.command("segment")
@job_options("select", "max_segment", "no_vad")
@catalog_option
def command(corpus: str | None, catalog: str | None, **given: Any) -> int:
    """Cut the recordings of the catalog into segments; another recipe makes another segmentation."""
    from asrlab.cli.stages import run_stage, segment_round

    job = job_from(**given)
    return run_stage(catalog, corpus, "recordings cut:", segment_round(job))
