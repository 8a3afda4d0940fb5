"""`asrlab init`: make the catalog and nothing else."""

import click

from asrlab.cli.options import catalog_option, opened_catalog


@click.command("init")
@catalog_option
def command(catalog: str | None) -> None:
    """Make the catalog, or bring its schema up to date. Safe to repeat; changes no data."""
    with opened_catalog(catalog, upgrade_schema=True) as opened:
        click.echo(f"catalog ready: {opened.engine.url.render_as_string(hide_password=True)}")
