"""`asrlab ingest`: put audio files into the catalog."""

import click

from asrlab.cli.options import catalog_option, job_options, opened_catalog
from asrlab.cli.sources import SourcesCommand, find_audio, sources_options


@click.command("ingest", cls=SourcesCommand)
@click.argument("inputs", nargs=-1, required=True, metavar="PATH...")
@job_options("corpus")
@sources_options
@catalog_option
def command(inputs: tuple[str, ...], corpus: str | None, sidecar: str | None, catalog: str | None) -> int:
    """Read audio through and note what it holds: files, folders, quoted patterns, URLs, manifests.

    What manifests and sidecars say of it becomes metadata and transcripts of origin import. A file that can't be used
    becomes a failure.
    """
    from asrlab.catalog.recordings import DEFAULT_CORPUS
    from asrlab.cli.options import check_text
    from asrlab.cli.outcome import failures_of, report, tell_other_corpora
    from asrlab.ingest import apply_references, ingest_files, plan_ingest

    check_text(corpus or "", "--corpus")
    found = find_audio(inputs, sidecar)
    with opened_catalog(catalog) as opened:
        plan = plan_ingest(opened, found)
        new = ingest_files(opened, plan.new, corpus or DEFAULT_CORPUS)
        apply_references(opened, found.references)
        click.echo(f"{len(plan.new)} new files read: {len(new)} recordings; {len(plan.known)} were known")
        tell_other_corpora(opened, corpus, [*plan.known, *new])
        return report(failures_of(opened, [*plan.uris, *found.places], [], {}))
