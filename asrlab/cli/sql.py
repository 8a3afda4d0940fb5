"""`asrlab sql`: query the catalog."""

from pathlib import Path

import click

from asrlab.cli.options import catalog_option, opened_catalog
from asrlab.cli.tables import FORMATS, write_table


@click.command("sql")
@click.argument("statement")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A file. [default: the screen]")
@catalog_option
def command(statement: str, form: str, out: Path | None, catalog: str | None) -> None:
    """Run one SELECT over the catalog's views; what would write is refused.

    \b
    v_recordings  v_segments  v_transcripts  v_current  v_words  v_runs  v_failures

    Example: asrlab sql "SELECT uri, start_s, text FROM v_current WHERE confidence < 0.6"
    """
    from asrlab.catalog.query import run_query

    if form == "parquet" and out is None:
        raise click.UsageError("--format parquet needs --out FILE")
    with opened_catalog(catalog) as opened:
        table = run_query(opened, statement)
    write_table(table, form, out)
