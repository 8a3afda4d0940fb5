"""`asrlab serve`: scheduled ingestion and labeling on this machine."""

import threading
from typing import Any

import click

from asrlab.cli.options import catalog_option, job_from, job_options, job_parameters, opened_catalog
from asrlab.cli.say import say
from asrlab.cli.stopping import stoppable

DEFAULT_POOL = "asrlab"
# Flows leave in less than ten seconds; then workers and the server end.
GRACE_S = 30.0


class CardList(click.ParamType[tuple[str, ...]]):
    """Numbers or names of cards, separated by commas, each once."""

    name = "LIST"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        cards = tuple(card.strip() for card in str(value).split(","))
        if not all(cards) or len(set(cards)) != len(cards):
            self.fail(f"{value!r} is no list of cards: give each once, as in 0,1", param, ctx)
        return cards


@click.command("serve")
@click.option("--cron", metavar="EXPRESSION", help='When to look at the sources. [default: "*/15 * * * *"]')
@click.option(
    "--interval",
    type=click.FloatRange(min=1.0),
    metavar="SECONDS",
    help="The same as so many seconds between looks.",
)
@click.option(
    "--gpus", type=CardList(), metavar="LIST", help="One worker process for each of these cards, as in 0,1."
)
@click.option("--pool", default=DEFAULT_POOL, show_default=True, help="The Prefect work pool.")
@job_options(
    "engine",
    "model",
    "revision",
    "aligner",
    "aligner_model",
    "language",
    "context",
    "max_segment",
    "channels",
    "no_vad",
)
@catalog_option
def command(
    cron: str | None,
    interval: float | None,
    gpus: tuple[str, ...] | None,
    pool: str,
    catalog: str | None,
    **given: Any,
) -> None:
    """Run the flows here: look at the sources on a schedule, and label what is new.

    Starts a Prefect server (or uses the configured one, or that of `asrlab server up`), makes the deployments of
    prefect.yaml and keeps workers running. Ctrl-C and SIGTERM let them store the batch under way; the next start goes
    on from there. The engine and its kin are parameters of the deployment `label`.
    """
    from asrlab.pipeline import check_job, check_language

    if cron and interval:
        raise click.UsageError("give --cron or --interval, not both")
    schedule: dict[str, Any] | None = None
    if cron or interval:
        schedule = {"cron": cron} if cron else {"interval": interval}
    job = job_from(**given)
    check_job(job)
    check_language(job)
    run_serving(catalog, pool, gpus or (), schedule, job_parameters(**given), deploys=True)


def run_serving(
    catalog: str | None,
    pool: str,
    gpus: tuple[str, ...],
    schedule: dict[str, Any] | None,
    label_parameters: dict[str, Any],
    *,
    deploys: bool,
) -> None:
    """Serve until a signal; the catalog is made, or found wanting, before."""
    from asrlab.catalog.database import absolute_url
    from asrlab.config import load_settings

    with opened_catalog(catalog) as opened:
        # Workers run in folders of their own.
        url = absolute_url(opened)
    from flows.serving import Serving, serve

    stopped = threading.Event()
    with stoppable(waits=True, grace=GRACE_S):
        try:
            serve(
                load_settings(catalog=url),
                Serving(pool, gpus, schedule, deploys, label_parameters),
                stopped,
                say,
            )
        finally:
            stopped.set()
