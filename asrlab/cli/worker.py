"""`asrlab worker`: take runs from another machine's Prefect server."""

import click

from asrlab.cli.options import catalog_option
from asrlab.cli.serve import DEFAULT_POOL, CardList, run_serving


@click.command("worker")
@click.option(
    "--gpus", type=CardList(), metavar="LIST", help="One worker process for each of these cards, as in 0,1."
)
@click.option("--pool", default=DEFAULT_POOL, show_default=True, help="The Prefect work pool.")
@catalog_option
def command(gpus: tuple[str, ...] | None, pool: str, catalog: str | None) -> None:
    """Take runs from the work pool of the server that PREFECT_API_URL names, and keep the workers running.

    All machines work on one catalog: give its URL, and audio that each of them can read. Ctrl-C and SIGTERM let the
    workers store the batch under way; their runs are begun again elsewhere.
    """
    run_serving(catalog, pool, gpus or (), None, {}, deploys=False)
