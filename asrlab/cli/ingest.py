"""`asrlab ingest`: put audio files into the catalog."""

import click

from asrlab.cli.options import catalog_option, job_options, opened_catalog


@click.command("ingest")
@click.argument("inputs", nargs=-1, required=True, metavar="PATH...")
@job_options("corpus")
@catalog_option
def command(inputs: tuple[str, ...], corpus: str | None, catalog: str | None) -> int:
    """Read audio files through and note what they hold; a file that can't be used becomes a failure."""
    from asrlab.catalog.recordings import DEFAULT_CORPUS
    from asrlab.cli.options import check_text
    from asrlab.cli.outcome import failures_of, report, tell_other_corpora
    from asrlab.ingest import discover, ingest_files, plan_ingest

    check_text(corpus or "", "--corpus")
    found = discover(inputs)
    with opened_catalog(catalog) as opened:
        plan = plan_ingest(opened, found)
        new = ingest_files(opened, plan.new, corpus or DEFAULT_CORPUS)
        click.echo(f"{len(plan.new)} new files read: {len(new)} recordings; {len(plan.known)} were known")
        tell_other_corpora(opened, corpus, [*plan.known, *new])
        return report(failures_of(opened, plan.uris, [], {}))
