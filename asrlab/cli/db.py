"""`asrlab db`: look after the catalog's database."""

import click

from asrlab.cli.options import catalog_option, check_text, opened_catalog


@click.group("db")
def command() -> None:
    """Look after the catalog's database."""


@command.command("upgrade")
@catalog_option
def upgrade(catalog: str | None) -> None:
    """Bring the catalog's schema up to this asrlab's; all that is in it stays. `asrlab init` does the same."""
    with opened_catalog(catalog, upgrade_schema=True) as opened:
        shown = opened.engine.url.render_as_string(hide_password=True)
    click.echo(f"the catalog {shown} is up to date")


@command.command("copy")
@click.argument("target", metavar="URL")
@catalog_option
def copy(target: str, catalog: str | None) -> None:
    """Copy the whole catalog into the empty one at URL, ids and all: from SQLite to PostgreSQL, or back.

    The copy is made in one transaction. Afterwards name URL as your catalog (see `asrlab --help`).
    """
    from asrlab.catalog import open_catalog
    from asrlab.catalog.copy import copy_catalog

    check_text(target, "URL")
    with opened_catalog(catalog) as source:
        destination = open_catalog(target)
        try:
            rows = copy_catalog(
                source, destination, lambda table, count: click.echo(f"{count:>12,}  {table}")
            )
            shown = destination.engine.url.render_as_string(hide_password=True)
        finally:
            destination.close()
    click.echo(f"{rows:,} rows copied to {shown}")
