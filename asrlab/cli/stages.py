"""What the commands `segment`, `transcribe` and `align` share: a stage over a corpus, in this process."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from asrlab.cli.options import opened_catalog
from asrlab.cli.outcome import failures_of, report

if TYPE_CHECKING:
    from asrlab.catalog import Catalog
    from asrlab.pipeline import LabelJob

Round = Callable[["Catalog", Sequence[int]], int | None]


def run_stage(url: str | None, corpus: str | None, verb: str, once: Round) -> int:
    """Run `once` over the corpus until nothing is left; prints how many items were done, returns the exit code.

    `once` does what is pending of these recordings and returns how many, None when nothing is pending.
    """
    from asrlab.catalog.recordings import select_recording_ids
    from asrlab.errors import OptionError
    from asrlab.pipeline import wait_for_others

    with opened_catalog(url) as catalog:
        with catalog.reading() as session:
            recording_ids = select_recording_ids(session, corpus)
        if not recording_ids:
            where = f"the corpus {corpus!r}" if corpus else "the catalog"
            raise OptionError(f"{where} holds no recordings: `asrlab ingest PATH` adds some")
        total = 0
        while (done := once(catalog, recording_ids)) is not None:
            total += done
            wait_for_others(done)
        click.echo(f"{verb} {total}" if total else "nothing to do")
        return report(failures_of(catalog, [], recording_ids))


def segment_round(job: "LabelJob") -> Round:
    from asrlab.pipeline import groups_to_segment, segment_group

    def once(catalog: "Catalog", recording_ids: Sequence[int]) -> int | None:
        groups = groups_to_segment(catalog, job, recording_ids)
        return sum(segment_group(catalog, job, group) for group in groups) if groups else None

    return once


def transcribe_round(job: "LabelJob") -> Round:
    from asrlab.pipeline import begin_run_of, check_language, end_run, groups_to_transcribe, transcribe_group

    def once(catalog: "Catalog", recording_ids: Sequence[int]) -> int | None:
        groups = groups_to_transcribe(catalog, job, recording_ids)
        if not groups:
            return None
        check_language(job)
        run_id = begin_run_of(catalog, job, "transcribe")
        done = sum(transcribe_group(catalog, job, run_id, group) for group in groups)
        end_run(catalog, run_id)
        return done

    return once


def align_round(job: "LabelJob") -> Round:
    from asrlab.pipeline import align_group, begin_run_of, end_run, groups_to_align

    def once(catalog: "Catalog", recording_ids: Sequence[int]) -> int | None:
        groups = groups_to_align(catalog, job, recording_ids)
        if not groups:
            return None
        run_id = begin_run_of(catalog, job, "align")
        done = sum(align_group(catalog, job, run_id, group) for group in groups)
        end_run(catalog, run_id)
        return done

    return once
