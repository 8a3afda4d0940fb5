"""`asrlab search`: find what was said."""

import json
from dataclasses import asdict

import click

from asrlab.cli.options import catalog_option, check_text, opened_catalog
from asrlab.cli.tables import print_rows


@click.command("search")
@click.argument("query", nargs=-1, required=True, metavar="WORDS...")
@click.option("--corpus", help="Only recordings of this corpus. [default: all]")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most N hits.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@catalog_option
def command(
    query: tuple[str, ...], corpus: str | None, limit: int, as_json: bool, catalog: str | None
) -> None:
    """Find the current texts in which all WORDS occur, and the second of the audio.

    Case, accents and punctuation do not count. Words in double quotes must follow each other:
    asrlab search '"best of times" winter'
    """
    from asrlab.catalog.search import search

    wanted = " ".join(query)
    check_text(wanted, "the query")
    check_text(corpus or "", "--corpus")
    with opened_catalog(catalog) as opened, opened.reading() as session:
        # One more than asked for tells whether there are more.
        hits = search(session, wanted, corpus=corpus, limit=limit + 1)
    shown, more = hits[:limit], len(hits) > limit
    if as_json:
        click.echo(json.dumps([asdict(hit) for hit in shown], ensure_ascii=False, indent=1))
        return
    if not shown:
        click.echo("no current text holds all of that")
        return
    print_rows(("recording", "second", "text"), [(hit.uri, f"{hit.at_s:.2f}", hit.snippet) for hit in shown])
    if more:
        click.echo(f"more than {limit}: give --limit, or more words")
