"""`asrlab failures`: what could not be labeled, and why."""

import json
from dataclasses import asdict

import click

from asrlab.cli.options import catalog_option, opened_catalog
from asrlab.cli.tables import print_rows


@click.command("failures")
@click.option("--stage", type=click.Choice(["ingest", "segment", "transcribe", "align"]))
@click.option("--reason", help="Only this reason code.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@catalog_option
def command(stage: str | None, reason: str | None, as_json: bool, catalog: str | None) -> None:
    """What could not be labeled, and why; mend it and label again, or see `asrlab retry`."""
    from asrlab.catalog.failures import list_failures

    with opened_catalog(catalog) as opened, opened.reading() as session:
        found = list_failures(session, stage, reason)
    if as_json:
        click.echo(json.dumps([asdict(failure) for failure in found], ensure_ascii=False, indent=1))
        return
    if not found:
        click.echo("no failures")
        return
    print_rows(
        ("stage", "reason", "attempts", "uri", "message"),
        [(item.stage, item.reason, item.attempts, item.uri, item.message) for item in found],
    )
