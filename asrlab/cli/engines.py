"""`asrlab engines`: what is installed."""

import json

import click

from asrlab.cli.tables import print_rows


@click.command("engines")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> None:
    """The engines and aligners that are installed, and what is broken of them."""
    from asrlab.engines.registry import installed

    entries = [
        {
            "kind": entry.kind,
            "name": entry.name,
            "summary": entry.summary,
            "package": entry.package,
            "error": entry.error,
        }
        for entry in installed()
    ]
    if as_json:
        click.echo(json.dumps(entries, ensure_ascii=False, indent=1))
        return
    print_rows(
        ("kind", "name", "summary", "package"),
        [
            (
                entry["kind"],
                entry["name"],
                f"broken: {entry['error']}" if entry["error"] else entry["summary"],
                entry["package"],
            )
            for entry in entries
        ],
    )
