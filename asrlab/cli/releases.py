"""`asrlab releases`: the sealed data sets: list, show, compare."""

import json
from typing import TYPE_CHECKING, Any

import click

from asrlab.cli.options import catalog_option, opened_catalog
from asrlab.cli.tables import print_rows

if TYPE_CHECKING:
    from asrlab.catalog.releases import Release, ReleasedText

SECONDS_PER_HOUR = 3600
MS_PER_SECOND = 1000


@click.group("releases")
def command() -> None:
    """Sealed data sets: `asrlab export FORMAT --out DIR --release NAME` makes one, and makes it again."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@catalog_option
def list_all(as_json: bool, catalog: str | None) -> None:
    """All releases, oldest first."""
    from asrlab.catalog.releases import list_releases

    with opened_catalog(catalog) as opened, opened.reading() as session:
        found = [_facts(release) for release in list_releases(session)]
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    elif not found:
        click.echo("no releases: `asrlab export FORMAT --out DIR --release NAME` seals one")
    else:
        names = ("name", "format", "created_at", "utterances", "hours", "forgotten")
        print_rows(names, [[each[name] for name in names] for each in found])


@command.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@catalog_option
def show(name: str, as_json: bool, catalog: str | None) -> None:
    """One release: its options, its splits, and where it was written."""
    from asrlab.catalog.releases import export_folders, get_release, split_counts

    with opened_catalog(catalog) as opened, opened.reading() as session:
        release = get_release(session, name)
        facts: dict[str, Any] = {
            **_facts(release),
            "options": json.loads(release.options),
            "texts_by_split": split_counts(session, release.release_id),
            "folders": [folder for folder, _ in export_folders(session, release.release_id)],
        }
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, indent=1))
        return
    for key, value in facts.items():
        told = json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value
        click.echo(f"{key.replace('_', ' ')}: {told}")


@command.command("diff")
@click.argument("first")
@click.argument("second")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@catalog_option
def diff(first: str, second: str, as_json: bool, catalog: str | None) -> None:
    """What SECOND has that FIRST had not, what it lacks, and which words changed."""
    from asrlab.catalog.releases import get_release, released_texts
    from asrlab.text.diff import diff_words, marked

    with opened_catalog(catalog) as opened, opened.reading() as session:
        before, after = (
            released_texts(session, get_release(session, name).release_id) for name in (first, second)
        )
    added = [_place(after[key]) for key in after if key not in before]
    removed = [_place(before[key]) for key in before if key not in after]
    changed = [
        {**_place(after[key]), "was": before[key].text}
        for key in after
        if key in before and before[key].text != after[key].text
    ]
    if as_json:
        click.echo(
            json.dumps({"added": added, "removed": removed, "changed": changed}, ensure_ascii=False, indent=1)
        )
        return
    for mark, places in (("+", added), ("-", removed)):
        for each in places:
            click.echo(f"{mark} {each['uri']} {each['start_s']:.3f} s: {each['text']}")
    for each in changed:
        words = marked(diff_words(each["was"], each["text"]))
        click.echo(f"~ {each['uri']} {each['start_s']:.3f} s: {words}")
    click.echo(f"{len(added)} added, {len(removed)} removed, {len(changed)} with changed words")


def _facts(release: "Release") -> dict[str, Any]:
    return {
        "name": release.name,
        "format": release.format,
        "created_at": release.created_at.isoformat(sep=" ", timespec="seconds"),
        "utterances": release.num_utterances,
        "hours": round(release.audio_seconds / SECONDS_PER_HOUR, 4),
        "forgotten": release.num_forgotten,
    }


def _place(text: "ReleasedText") -> dict[str, Any]:
    return {
        "segment_id": text.segment_id,
        "uri": text.uri,
        "start_s": text.start_ms / MS_PER_SECOND,
        "text": text.text,
    }
