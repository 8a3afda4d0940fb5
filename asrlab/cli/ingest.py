"""`asrlab ingest`: put audio files into the catalog."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from asrlab.cli.options import catalog_option, job_options, opened_catalog
from asrlab.cli.say import say
from asrlab.cli.sources import SourcesCommand, find_audio, sources_options
from asrlab.cli.stopping import stoppable

if TYPE_CHECKING:
    from asrlab.catalog import Catalog


@click.command("ingest", cls=SourcesCommand)
@click.argument("inputs", nargs=-1, metavar="PATH...")
@job_options("corpus")
@click.option(
    "--source", "names", multiple=True, metavar="NAME", help="Look at this source instead. Repeatable."
)
@click.option("--sources", "every", is_flag=True, help="Look at every source that is enabled.")
@sources_options
@catalog_option
def command(
    inputs: tuple[str, ...],
    corpus: str | None,
    names: tuple[str, ...],
    every: bool,
    sidecar: str | None,
    catalog: str | None,
) -> int:
    """Read audio through and note what it holds: files, folders, quoted patterns, URLs, manifests, or sources.

    What manifests and sidecars say of it becomes metadata and transcripts of origin import. A file that can't be used
    becomes a failure.
    """
    if bool(inputs) + bool(names) + every != 1:
        raise click.UsageError("give PATHs, or --source NAME, or --sources")
    if inputs:
        return _ingest_paths(inputs, corpus, sidecar, catalog)
    if corpus or sidecar:
        raise click.UsageError("--corpus and --sidecar belong to the source: `asrlab source add --replace`")
    with opened_catalog(catalog) as opened, stoppable():
        return _ingest_sources(opened, names)


def _ingest_paths(inputs: Sequence[str], corpus: str | None, sidecar: str | None, catalog: str | None) -> int:
    from asrlab.catalog.recordings import DEFAULT_CORPUS
    from asrlab.cli.options import check_text
    from asrlab.cli.outcome import failures_of, report, tell_other_corpora
    from asrlab.ingest import apply_references, ingest_files, plan_ingest

    check_text(corpus or "", "--corpus")
    found = find_audio(inputs, sidecar)
    with opened_catalog(catalog) as opened:
        plan = plan_ingest(opened, found)
        with stoppable():
            new = ingest_files(opened, plan.new, corpus or DEFAULT_CORPUS)
        apply_references(opened, found.references)
        click.echo(f"{len(plan.new)} new files read: {len(new)} recordings; {len(plan.known)} were known")
        tell_other_corpora(opened, corpus, [*plan.known, *new])
        return report(failures_of(opened, [*plan.uris, *found.places], [], {}))


def _ingest_sources(catalog: "Catalog", names: Sequence[str]) -> int:
    """Look at these sources, or at all that are enabled; one that is lost does not stop the others."""
    from asrlab.cli.exits import EXIT_DONE, EXIT_WITH_FAILURES
    from asrlab.ingest import finish_source, ingest_files, plan_source
    from asrlab.pipeline import sources_to_look_at

    code = EXIT_DONE
    for known in sources_to_look_at(catalog, names):
        name = known.source.name
        planned = plan_source(catalog, known)
        if planned is None:
            say(f"source {name} could not be looked at: see `asrlab source show {name}`", "warning")
            code = EXIT_WITH_FAILURES
            continue
        ingest_files(catalog, planned.plan.new, known.source.corpus)
        look = finish_source(catalog, planned)
        click.echo(f"source {name}: {look.found} files, {look.new} new")
        if look.failed:
            say(look.message, "warning", prefix="  ", source=name)
            code = EXIT_WITH_FAILURES
    return code
