"""`asrlab status`: what stands in the catalog, how far the stages are and how fast they go."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from asrlab.cli.options import catalog_option, opened_catalog
from asrlab.cli.tables import duration_text, print_rows
from asrlab.domain.time import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from asrlab.catalog import Catalog
    from asrlab.catalog.progress import StageProgress
    from asrlab.catalog.summary import CorpusSummary


@dataclass(frozen=True, slots=True)
class _Now:
    """What the catalog says at one moment."""

    catalog: str
    corpora: "Sequence[CorpusSummary]"
    stages: "Sequence[StageProgress]"
    failures: dict[str, int]


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--prometheus", is_flag=True, help="Print what Prometheus reads.")
@click.option(
    "--watch",
    type=click.FloatRange(min=0.2),
    is_flag=False,
    flag_value=2.0,
    metavar="[SECONDS]",
    help="Show it again every so many seconds, 2 by default, until Ctrl-C.",
)
@catalog_option
def command(as_json: bool, prometheus: bool, watch: float | None, catalog: str | None) -> None:
    """What stands in the catalog: recordings, hours, and of each stage what is done, running and failed.

    Speeds are those of the last five minutes, in seconds of audio per second; the time left is at that speed.
    """
    if as_json and prometheus:
        raise click.UsageError("give --json or --prometheus, not both")
    with opened_catalog(catalog) as opened:
        for now in _looks(opened, watch):
            if as_json:
                click.echo(json.dumps(_as_dict(now), ensure_ascii=False, indent=None if watch else 1))
            elif prometheus:
                from asrlab.cli.metrics import prometheus_text

                click.echo(prometheus_text(now.corpora, now.stages, now.failures), nl=False)
            else:
                if watch:
                    click.clear()
                _print(now)


def _looks(catalog: "Catalog", every: float | None) -> "Iterator[_Now]":
    from asrlab.catalog.failures import failure_counts
    from asrlab.catalog.progress import stage_progress
    from asrlab.catalog.summary import corpus_summaries

    while True:
        with catalog.reading() as session:
            now = _Now(
                catalog.engine.url.render_as_string(hide_password=True),
                corpus_summaries(session),
                stage_progress(session),
                failure_counts(session),
            )
        yield now
        if every is None:
            return
        time.sleep(every)


def _as_dict(now: _Now) -> dict[str, object]:
    return {
        "catalog": now.catalog,
        "recordings": sum(corpus.recordings for corpus in now.corpora),
        "audio_seconds": sum(corpus.audio_seconds for corpus in now.corpora),
        "segments": sum(corpus.segments for corpus in now.corpora),
        "transcribed": sum(corpus.transcribed_segments for corpus in now.corpora),
        "aligned": sum(corpus.aligned_segments for corpus in now.corpora),
        "failures": sum(now.failures.values()),
        "failures_by_reason": now.failures,
        "running": sum(stage.running for stage in now.stages),
        "corpora": [asdict(corpus) for corpus in now.corpora],
        "stages": [asdict(stage) for stage in now.stages],
    }


def _print(now: _Now) -> None:
    click.echo(f"catalog {now.catalog}")
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
            for corpus in now.corpora
        ],
    )
    busy = [stage for stage in now.stages if stage.running or stage.failed or stage.speed]
    if busy:
        print_rows(
            ("corpus", "stage", "done", "running", "failed", "hours", "x real time", "left"),
            [
                (
                    stage.corpus,
                    stage.stage,
                    f"{stage.done} of {stage.total}",
                    stage.running,
                    stage.failed,
                    f"{stage.done_seconds / SECONDS_PER_HOUR:.3f} of {stage.total_seconds / SECONDS_PER_HOUR:.3f}",
                    "" if stage.speed is None else f"{stage.speed:.1f}",
                    "" if stage.eta_seconds is None else duration_text(stage.eta_seconds),
                )
                for stage in busy
            ],
        )
    for reason, count in now.failures.items():
        click.echo(f"failures: {count} {reason}  (asrlab failures --reason {reason})")
