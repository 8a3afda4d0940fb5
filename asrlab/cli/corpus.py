"""`asrlab corpus`: sets of recordings, and which is labeled first."""

import json
from dataclasses import asdict

import click

from asrlab.cli.options import catalog_option, check_text, opened_catalog
from asrlab.cli.tables import print_rows


@click.group("corpus")
def command() -> None:
    """Sets of recordings. Those of a higher priority are labeled first."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@catalog_option
def list_all(as_json: bool, catalog: str | None) -> None:
    """All corpora, most urgent first."""
    from asrlab.catalog.corpora import corpora

    with opened_catalog(catalog) as opened, opened.reading() as session:
        found = corpora(session)
    if as_json:
        click.echo(json.dumps([asdict(corpus) for corpus in found], ensure_ascii=False, indent=1))
        return
    print_rows(
        ("corpus", "priority", "recordings"),
        [(corpus.name, corpus.priority, corpus.recordings) for corpus in found],
    )


@command.command("priority")
@click.argument("name")
@click.argument("priority", type=click.IntRange(-1000, 1000))
@catalog_option
def set_priority_of(name: str, priority: int, catalog: str | None) -> None:
    """Say how urgent a corpus is: any number, 0 for the others. Work that has begun is finished first."""
    from asrlab.catalog.corpora import set_priority

    check_text(name, "the corpus")
    with opened_catalog(catalog) as opened, opened.writing() as session:
        set_priority(session, name, priority)
    click.echo(f"corpus {name}: priority {priority}")
