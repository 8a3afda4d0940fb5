"""`asrlab retry`: let failed items be tried again."""

import click

from asrlab.cli.options import catalog_option, opened_catalog
from asrlab.domain.reasons import FailureReason


@click.command("retry")
@click.option(
    "--reason",
    type=click.Choice([reason.value for reason in FailureReason]),
    metavar="CODE",
    help="Only failures of this reason code. [default: all]",
)
@catalog_option
def command(reason: str | None, catalog: str | None) -> None:
    """Let failed items be tried again by the next label, ingest, segment, transcribe or align."""
    from asrlab.catalog.failures import forgive_failures

    with opened_catalog(catalog) as opened, opened.writing() as session:
        count = forgive_failures(session, reason)
    click.echo(f"{count} failures will be tried again by the next run")
