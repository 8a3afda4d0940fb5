"""`asrlab source`: the places that scheduled ingestion looks at."""

import json
import os
import re
from typing import TYPE_CHECKING, Any

import click

from asrlab.cli.options import catalog_option, check_text, opened_catalog
from asrlab.cli.say import say
from asrlab.cli.sources import SidecarKind, SourcesCommand
from asrlab.cli.tables import print_rows

if TYPE_CHECKING:
    from asrlab.catalog.sources import KnownSource

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@click.group("source")
def command() -> None:
    """Places where audio comes from, looked at again and again.

    `asrlab ingest --source NAME` and the scheduled flow `ingest` (see `asrlab serve`) read what is new there.
    """


@command.command("add", cls=SourcesCommand)
@click.argument("name")
@click.argument("uri")
@click.option(
    "--include",
    multiple=True,
    metavar="PATTERN",
    help="Only files that fit, such as '*.wav' or 'calls/*'. Repeatable.",
)
@click.option("--corpus", help="The set that its recordings belong to. [default: default]")
@click.option(
    "--metadata",
    multiple=True,
    metavar="NAME=VALUE",
    help="Said of every recording; language, context, speaker and license have columns of their own. Repeatable.",
)
@click.option("--sidecar", type=SidecarKind(), metavar="[KIND]", help="Take the texts beside the audio.")
@click.option("--replace", is_flag=True, help="Change the source of that name.")
@catalog_option
def add(
    name: str, uri: str, metadata: tuple[str, ...], replace: bool, catalog: str | None, **given: Any
) -> None:
    """Add a place: a folder, a quoted pattern, a manifest, s3://BUCKET/PREFIX, or an http(s) folder ending in a slash."""
    from asrlab.catalog.recordings import DEFAULT_CORPUS
    from asrlab.catalog.sources import Source, add_source

    if not _NAME.fullmatch(name):
        raise click.UsageError(f"{name!r} is no name: letters, digits, dots, dashes and underscores")
    for text, what in ((given["corpus"], "--corpus"), *((said, "--metadata") for said in metadata)):
        check_text(text or "", what)
    source = Source(
        name,
        _absolute(uri),
        given["include"],
        given["corpus"] or DEFAULT_CORPUS,
        given["sidecar"],
        dict(_pair(said) for said in metadata),
    )
    with opened_catalog(catalog) as opened, opened.writing() as session:
        add_source(session, source, replace=replace)
    click.echo(f"source {name}: {source.uri}")
    if _is_missing(source.uri):
        say(f"nothing lies at {source.uri} now: it is looked for at every ingest", "warning")


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@catalog_option
def list_all(as_json: bool, catalog: str | None) -> None:
    """All sources, and what the last look at each found."""
    from asrlab.catalog.sources import known_sources

    with opened_catalog(catalog) as opened, opened.reading() as session:
        sources = known_sources(session)
    if as_json:
        click.echo(json.dumps([_as_dict(known) for known in sources], ensure_ascii=False, indent=1))
        return
    if not sources:
        click.echo("no sources: `asrlab source add NAME URI` adds one")
        return
    print_rows(
        ("name", "uri", "corpus", "state", "looked at", "files", "new"),
        [
            (
                known.source.name,
                known.source.uri,
                known.source.corpus,
                _state(known),
                "never" if known.looked_at is None else f"{known.looked_at:%Y-%m-%d %H:%M:%S} UTC",
                known.last.found if known.last else "",
                known.last.new if known.last else "",
            )
            for known in sources
        ],
    )


@command.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@catalog_option
def show(name: str, as_json: bool, catalog: str | None) -> None:
    """One source, with what went wrong at the last look."""
    from asrlab.catalog.sources import find_source

    with opened_catalog(catalog) as opened, opened.reading() as session:
        known = find_source(session, name)
    facts = _as_dict(known)
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, indent=1))
        return
    for key, value in facts.items():
        if value not in (None, "", [], {}):
            click.echo(f"{key:<11} {_shown(value)}")


@command.command("disable")
@click.argument("name")
@catalog_option
def disable(name: str, catalog: str | None) -> None:
    """Look at a source no more; what came from it stays."""
    _set_enabled(catalog, name, enabled=False)


@command.command("enable")
@click.argument("name")
@catalog_option
def enable(name: str, catalog: str | None) -> None:
    """Look at a source again."""
    _set_enabled(catalog, name, enabled=True)


def _set_enabled(catalog: str | None, name: str, *, enabled: bool) -> None:
    from asrlab.catalog.sources import enable_source

    with opened_catalog(catalog) as opened, opened.writing() as session:
        enable_source(session, name, enabled=enabled)
    click.echo(f"source {name} is {'enabled' if enabled else 'disabled'}")


def _absolute(uri: str) -> str:
    """The place as any process on this machine finds it: schedules run in other folders."""
    from asrlab.audio.remote.urls import check_url, is_url, local_path

    check_text(uri, "the URI")
    path = local_path(uri)
    return check_url(path) if is_url(path) else os.path.abspath(os.path.expanduser(path))


def _is_missing(uri: str) -> bool:
    import glob

    from asrlab.audio.remote.urls import is_url

    return not is_url(uri) and not os.path.exists(uri) and not glob.has_magic(uri)


def _pair(said: str) -> tuple[str, str]:
    name, equals, value = said.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise click.UsageError(f"--metadata {said!r}: give NAME=VALUE")
    return name.strip(), value.strip()


def _state(known: "KnownSource") -> str:
    if not known.is_enabled:
        return "disabled"
    return "new" if known.last is None else known.last.state


def _as_dict(known: "KnownSource") -> dict[str, Any]:
    source, last = known.source, known.last
    return {
        "name": source.name,
        "uri": source.uri,
        "include": list(source.include),
        "corpus": source.corpus,
        "sidecar": source.sidecar,
        "metadata": dict(source.metadata),
        "enabled": known.is_enabled,
        "state": _state(known),
        "looked_at": None if known.looked_at is None else known.looked_at.isoformat(timespec="seconds"),
        "files": last.found if last else None,
        "new": last.new if last else None,
        "failed": last.failed if last else None,
        "message": last.message if last else "",
    }


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{name}={said}" for name, said in value.items())
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
