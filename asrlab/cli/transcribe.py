"""`asrlab transcribe`: transcribe segments with an engine."""

from typing import Any

import click

from asrlab.cli.options import catalog_option, job_from, job_options


@click.command("transcribe")
@job_options("select", "engine", "model", "language", "context")
@catalog_option
def command(corpus: str | None, catalog: str | None, **given: Any) -> int:
    """Transcribe the segments that lack this engine's text; another engine or model writes a new version."""
    from asrlab.cli.stages import run_stage, transcribe_round
    from asrlab.pipeline import check_job

    job = job_from(aligner="none", **given)
    check_job(job)
    return run_stage(catalog, corpus, "segments transcribed:", transcribe_round(job))
