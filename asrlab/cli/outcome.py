"""What a labeling command says at its end, and its exit code."""

from collections.abc import Mapping, Sequence

import click

from asrlab.catalog import Catalog
from asrlab.catalog.failures import Failure, failures_among
from asrlab.catalog.recordings import recordings_by_corpus
from asrlab.cli.exits import EXIT_DONE, EXIT_WITH_FAILURES
from asrlab.cli.say import say
from asrlab.cli.watch import Watch
from asrlab.domain.time import SECONDS_PER_HOUR

FAILURES_SHOWN = 20


def print_summary(watch: Watch, failures: int) -> None:
    """Recordings, segments, hours, failures and speed of a call."""
    after = watch.after
    click.echo(
        f"{after.recordings} recordings, {after.segments} segments, "
        f"{after.segment_seconds / SECONDS_PER_HOUR:.3f} h of speech, {failures} failures"
    )
    if watch.done_seconds > 0:
        click.echo(
            f"labeled {watch.done_seconds / SECONDS_PER_HOUR:.3f} h in {watch.wall_seconds:.1f} s: "
            f"{watch.done_seconds / watch.wall_seconds:.1f} x real time, model loading included"
        )


def failures_of(
    catalog: Catalog, uris: Sequence[str], recording_ids: Sequence[int], fingerprints: Mapping[str, str]
) -> list[Failure]:
    """The open failures of a call's own inputs, in its own stages (by fingerprint)."""
    with catalog.reading() as session:
        return failures_among(session, uris, recording_ids, fingerprints)


def tell_other_corpora(catalog: Catalog, corpus: str | None, recording_ids: Sequence[int]) -> None:
    """Say so where a corpus was asked for and recordings known before belong to another one."""
    if corpus is None:
        return
    with catalog.reading() as session:
        counts = recordings_by_corpus(session, recording_ids)
    for other, count in sorted(counts.items()):
        if other != corpus:
            say(f"{count} of these recordings were ingested into the corpus {other!r} before and stay in it")


def report(failures: Sequence[Failure]) -> int:
    """Print what stands in failures; returns the exit code."""
    if not failures:
        return EXIT_DONE
    noun = "input stands" if len(failures) == 1 else "inputs stand"
    say(f"{len(failures)} {noun} in failures:", "warning", failures=len(failures))
    for failure in failures[:FAILURES_SHOWN]:
        said = f"{failure.stage} {failure.reason}: {failure.message}"
        say(said, "warning", prefix="  ", stage=failure.stage, reason=failure.reason, uri=failure.uri)
    if len(failures) > FAILURES_SHOWN:
        say(f"and {len(failures) - FAILURES_SHOWN} more: see `asrlab failures`", "warning", prefix="  ")
    return EXIT_WITH_FAILURES
