"""`asrlab transcribe`: transcribe segments with an engine."""

from typing import TYPE_CHECKING, Any

import click

from asrlab.cli.options import catalog_option, job_from, job_options

if TYPE_CHECKING:
    from asrlab.catalog import Catalog


@click.command("transcribe")
@job_options("select", "engine", "model", "revision", "language", "context")
@catalog_option
def command(corpus: str | None, catalog: str | None, **given: Any) -> int:
    """Transcribe the segments that lack this engine's text; another engine or model writes a new version."""
    from asrlab.cli.stages import StageWork, run_stage
    from asrlab.pipeline import (
        begin_run_of,
        check_job,
        check_language,
        groups_to_transcribe,
        transcribe_group,
    )

    job = job_from(aligner="none", **given)

    def begin(opened: "Catalog") -> int:
        check_language(job)
        return begin_run_of(opened, job, "transcribe")

    work = StageWork(
        verb="segments transcribed:",
        fingerprints={"transcribe": check_job(job).transcribe},
        pending=lambda opened, recording_ids: groups_to_transcribe(opened, job, recording_ids),
        begin=begin,
        run=lambda opened, run_id, group: transcribe_group(opened, job, run_id, group),
    )
    return run_stage(catalog, corpus, work)
