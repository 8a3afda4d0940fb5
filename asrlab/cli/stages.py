"""What the commands `segment`, `transcribe` and `align` share: a stage over a corpus, in this process."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from asrlab.cli.options import opened_catalog
from asrlab.cli.outcome import failures_of, report
from asrlab.cli.stopping import stoppable

if TYPE_CHECKING:
    from asrlab.catalog import Catalog


@dataclass(frozen=True, slots=True)
class StageWork:
    """A stage of a job, as calls that have the job in them.

    pending: what is left of these recordings, in groups; begin: called once, before the first group, gives the
    id of the engine run; run: does a group under that id and returns how many items were done.
    """

    verb: str
    fingerprints: Mapping[str, str]
    pending: Callable[["Catalog", Sequence[int]], list[list[int]]]
    begin: Callable[["Catalog"], int]
    run: Callable[["Catalog", int, Sequence[int]], int]


def run_stage(url: str | None, corpus: str | None, work: StageWork) -> int:
    """Do what the stage has pending in the corpus until nothing is left; returns the exit code."""
    from asrlab.catalog.recordings import select_recording_ids
    from asrlab.errors import OptionError
    from asrlab.ingest import look_again

    with opened_catalog(url) as catalog:
        with catalog.reading() as session:
            recording_ids = select_recording_ids(session, corpus)
        if not recording_ids:
            where = f"the corpus {corpus!r}" if corpus else "the catalog"
            raise OptionError(f"{where} holds no recordings: `asrlab ingest PATH` adds some")
        look_again(catalog, recording_ids)
        with stoppable():
            total = _until_nothing_is_left(catalog, work, recording_ids)
        click.echo("nothing to do" if total is None else f"{work.verb} {total}")
        return report(failures_of(catalog, [], recording_ids, work.fingerprints))


def _until_nothing_is_left(catalog: "Catalog", work: StageWork, recording_ids: Sequence[int]) -> int | None:
    """How many items were done, None when nothing was pending."""
    from asrlab.pipeline import end_run, wait_for_others

    total = 0
    run_id: int | None = None
    while groups := work.pending(catalog, recording_ids):
        if run_id is None:
            run_id = work.begin(catalog)
        done = sum(work.run(catalog, run_id, group) for group in groups)
        total += done
        wait_for_others(done)
    if run_id is not None:
        end_run(catalog, run_id)
    return None if run_id is None else total
