"""`asrlab label`: the main job, through a Prefect flow or inline."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from asrlab.cli.options import catalog_option, is_text, job_from, job_options, job_parameters, opened_catalog
from asrlab.cli.sources import SourcesCommand, find_audio, sources_options
from asrlab.cli.stopping import stoppable

if TYPE_CHECKING:
    from asrlab.catalog import Catalog
    from asrlab.catalog.failures import Failure

# Prefect refuses flow parameters over 512 KiB; a long list goes into a file.
INPUTS_MAX_CHARS = 100_000


@click.command("label", cls=SourcesCommand)
@click.argument("inputs", nargs=-1, required=True, metavar="PATH...")
@job_options(
    "engine",
    "model",
    "revision",
    "aligner",
    "aligner_model",
    "language",
    "context",
    "corpus",
    "max_segment",
    "channels",
    "no_vad",
)
@sources_options
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most N files of those found.")
@click.option("--inline", is_flag=True, help="Run in this process, without Prefect.")
@catalog_option
def command(
    inputs: tuple[str, ...], limit: int | None, inline: bool, catalog: str | None, **given: Any
) -> int:
    """Ingest, segment, transcribe and align audio: files, folders, quoted patterns, URLs, manifests.

    Only what is new is done; a stopped run goes on where it was. Uses the Prefect API that PREFECT_API_URL or
    Prefect's profile names, else a local server that is started and stopped for this call.
    """
    from asrlab.cli.outcome import failures_of, print_summary, report, tell_other_corpora
    from asrlab.cli.watch import watched
    from asrlab.ingest import apply_references, plan_ingest
    from asrlab.pipeline import check_job, check_language, outstanding, run_inline

    job = job_from(**given)
    keys = check_job(job).by_stage
    found = find_audio(inputs, job.sidecar)
    if limit is not None:
        found = found.first(limit)
    uris = [file.uri for file in found.files]
    with opened_catalog(catalog) as opened:
        plan = plan_ingest(opened, found)
        apply_references(opened, found.references)

        def failures_now() -> "list[Failure]":
            recordings = _recordings_in(opened, uris)
            tell_other_corpora(opened, given["corpus"], recordings)
            return failures_of(opened, [*uris, *plan.broken, *found.places], recordings, keys)

        if not plan.new and not outstanding(opened, job, plan.known):
            click.echo(f"nothing to do: {len(plan.known)} recordings are labeled already")
            return report(failures_now())
        check_language(job)
        with stoppable(waits=not inline), watched(opened, job, uris) as watch:
            if inline:
                run_inline(opened, job, found, plan)
            else:
                run_flow(as_text(inputs), limit, **job_parameters(**given))
        failures = failures_now()
        print_summary(watch, len(failures))
        return report(failures)


def run_flow(inputs: Sequence[str], limit: int | None = None, **parameters: Any) -> None:
    """Run the flow against the configured Prefect API, or on a local server of our own."""
    from asrlab.config import load_settings
    from flows.local_server import prefect_api

    with prefect_api(load_settings()):
        from flows.label import label

        with _passed(inputs) as (passed, listing):
            label(inputs=passed, listing=listing, limit=limit, **parameters)


def as_text(inputs: Sequence[str]) -> list[str]:
    """The inputs that are text: what lies under any other name can't be labeled, and stands in failures."""
    return [given for given in inputs if is_text(given)]


@contextmanager
def _passed(inputs: Sequence[str]) -> Iterator[tuple[list[str], str | None]]:
    """The inputs as the flow's two parameters: themselves, or a file that lists them."""
    if sum(map(len, inputs)) <= INPUTS_MAX_CHARS:
        yield list(inputs), None
        return
    with tempfile.TemporaryDirectory(prefix="asrlab-inputs-") as folder:
        listing = Path(folder) / "inputs.json"
        listing.write_text(json.dumps(list(inputs)), encoding="utf-8")
        yield [], str(listing)


def _recordings_in(catalog: "Catalog", uris: Sequence[str]) -> list[int]:
    from asrlab.catalog.recordings import known_files

    wanted = set(uris)
    with catalog.reading() as session:
        return sorted({file.recording_id for uri, file in known_files(session).items() if uri in wanted})
