"""`asrlab label`: the main job, through a Prefect flow or inline."""

import json
import os
import signal
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from asrlab.cli.exits import INTERRUPTED, STOPPED
from asrlab.cli.options import catalog_option, is_text, job_from, job_options, opened_catalog
from asrlab.cli.sources import SourcesCommand, find_audio, sources_options

if TYPE_CHECKING:
    from asrlab.catalog import Catalog
    from asrlab.catalog.failures import Failure
    from asrlab.pipeline import LabelJob

# Prefect refuses flow parameters over 512 KiB; a long list goes into a file.
INPUTS_MAX_CHARS = 100_000
STOP_LIMIT_S = 10.0


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
        with watched(opened, job, uris) as watch:
            if inline:
                run_inline(opened, job, found, plan)
            else:
                run_flow(job, as_text(inputs), limit)
        failures = failures_now()
        print_summary(watch, len(failures))
        return report(failures)


def run_flow(job: "LabelJob", inputs: Sequence[str], limit: int | None = None) -> None:
    """Run the flow against the configured Prefect API, or on a local server of our own."""
    from asrlab.config import load_settings
    from flows.local_server import prefect_api

    settings = load_settings()
    with prefect_api(settings.server_dir, settings.engine_slots):
        from flows.label import label
        from flows.session import stopping

        with _passed(inputs) as (passed, listing), interruptible(stopping):
            label(passed, job, listing, limit)


@contextmanager
def interruptible(stopping: threading.Event) -> Iterator[None]:
    """On Ctrl-C begin nothing more, and leave after a while whatever still runs: what is stored is stored."""

    def leave() -> None:
        click.echo(STOPPED, err=True)
        os._exit(INTERRUPTED)

    def stop(_signal: int, _frame: object) -> None:
        stopping.set()
        timer = threading.Timer(STOP_LIMIT_S, leave)
        timer.daemon = True
        timer.start()
        # A second Ctrl-C is Python's own.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    except Exception:
        # Tasks that were not let begin are no failure of the flow.
        if stopping.is_set():
            raise KeyboardInterrupt from None
        raise
    finally:
        signal.signal(signal.SIGINT, before)


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
