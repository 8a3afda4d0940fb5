"""`asrlab init`: make the catalog and nothing else."""

import click

from asrlab.cli.options import catalog_option


@click.command("init")
@catalog_option
def command(catalog: str | None) -> None:
    """Make the catalog, or bring its schema up to date. Safe to repeat; changes no data."""
    from asrlab.catalog import open_catalog
    from asrlab.config import load_settings

    opened = open_catalog(load_settings(catalog=catalog).catalog, upgrade_schema=True)
    click.echo(f"catalog ready: {opened.engine.url.render_as_string(hide_password=True)}")
    opened.close()
