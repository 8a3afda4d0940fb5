"""`asrlab status`: what stands in the catalog."""

import json
from dataclasses import asdict

import click

from asrlab.cli.options import catalog_option, opened_catalog
from asrlab.cli.tables import print_rows

SECONDS_PER_HOUR = 3600


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@catalog_option
def command(as_json: bool, catalog: str | None) -> None:
    """What stands in the catalog: recordings, hours, segments, what is done of them, failures."""
    from asrlab.catalog.failures import failure_counts
    from asrlab.catalog.summary import corpus_summaries, running_items

    with opened_catalog(catalog) as opened, opened.reading() as session:
        corpora = corpus_summaries(session)
        failures = failure_counts(session)
        running = running_items(session)
        shown = opened.engine.url.render_as_string(hide_password=True)
    if as_json:
        answer = {
            "catalog": shown,
            "recordings": sum(corpus.recordings for corpus in corpora),
            "audio_seconds": sum(corpus.audio_seconds for corpus in corpora),
            "segments": sum(corpus.segments for corpus in corpora),
            "transcribed": sum(corpus.transcribed_segments for corpus in corpora),
            "aligned": sum(corpus.aligned_segments for corpus in corpora),
            "failures": sum(failures.values()),
            "failures_by_reason": failures,
            "running": running,
            "corpora": [asdict(corpus) for corpus in corpora],
        }
        click.echo(json.dumps(answer, ensure_ascii=False, indent=1))
        return
    click.echo(f"catalog {shown}")
    print_rows(
        ("corpus", "recordings", "hours", "cut", "segments", "transcribed", "aligned"),
        [
            (
                corpus.corpus,
                corpus.recordings,
                f"{corpus.audio_seconds / SECONDS_PER_HOUR:.3f}",
                corpus.segmented_recordings,
                corpus.segments,
                corpus.transcribed_segments,
                corpus.aligned_segments,
            )
            for corpus in corpora
        ],
    )
    if running:
        click.echo(f"{running} items are being worked on")
    for reason, count in failures.items():
        click.echo(f"failures: {count} {reason}  (asrlab failures --reason {reason})")
