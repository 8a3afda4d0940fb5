"""`asrlab review stats`: how much was reviewed, how fast, and what the machine had wrong."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from asrlab.cli.options import catalog_option, opened_catalog
from asrlab.cli.tables import print_rows

if TYPE_CHECKING:
    from asrlab.review.stats import Figures

# The names of asrlab.review.stats, which to import would cost `--help` the catalog.
GROUPS = ("engine", "corpus", "reviewer")
HEADINGS = (
    "items",
    "hours",
    "spent",
    "speed",
    "accepted",
    "corrected",
    "rejected",
    "WER",
    "CER",
    "agreement WER",
    "gold",
)


@click.command("stats")
@click.option("--by", "group", type=click.Choice(GROUPS), help="Only by one of these. [default: all]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@catalog_option
def stats(group: str | None, as_json: bool, catalog: str | None) -> None:
    """Figures over what was reviewed, in all and by engine, corpus and reviewer.

    hours are those of the audio; spent is people's time, h:mm:ss; speed is audio by time spent. WER and CER are those
    of the machine's texts against the final ones; agreement WER is that between a first and a second, blind pass; gold
    is the share of known texts that came out right.
    """
    from asrlab.review.stats import statistics

    with opened_catalog(catalog) as opened:
        found = statistics(opened)
    if as_json:
        told = asdict(found)
        click.echo(json.dumps(told[f"by_{group}"] if group else told, ensure_ascii=False, indent=1))
        return
    groups = {"engine": found.by_engine, "corpus": found.by_corpus, "reviewer": found.by_reviewer}
    if not found.total.items and not found.total.seconds_spent:
        click.echo("nothing is reviewed yet: `asrlab review` opens the page")
        return
    if group is None:
        print_rows(HEADINGS, [_cells(found.total)])
    for name in GROUPS if group is None else (group,):
        print_rows((name, *HEADINGS), [(each.name, *_cells(each)) for each in groups[name]])


def _cells(of: "Figures") -> tuple[object, ...]:
    return (
        of.items,
        f"{of.hours:.2f}",
        _clock(of.seconds_spent),
        None if of.speed is None else f"{of.speed:.2f}×",
        of.accepted,
        of.corrected,
        of.rejected,
        _percent(of.wer),
        _percent(of.cer),
        _percent(of.agreement_wer),
        _percent(of.gold_accuracy),
    )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def _percent(rate: float | None) -> str | None:
    return None if rate is None else f"{100 * rate:.1f} %"
