"""The main job: ingest → segment → transcribe → align; and the same over what the catalog holds, with another engine."""

import json
from pathlib import Path

from prefect import flow

from asrlab.catalog import Catalog
from asrlab.config import load_settings
from asrlab.ingest import apply_references, discover, look_again, plan_ingest
from asrlab.pipeline import (
    FILES_PER_GROUP,
    LabelJob,
    check_job,
    check_language,
    label_all,
    recordings_in_order,
)
from asrlab.planning import grouped
from flows import tasks
from flows.jobs import DEFAULT_MAX_SEGMENT_S, Channels, job_of
from flows.labeling import as_our_run, finished, run_round
from flows.report import report_run
from flows.runners import chosen_task_runner
from flows.session import catalog_of_this_process, limits_of_this_machine


@flow(
    name="label",
    task_runner=chosen_task_runner(),
    persist_result=False,
    log_prints=False,
)
def label(
    inputs: list[str] | None = None,
    corpus: str | None = None,
    engine: str = "whisper",
    model: str | None = None,
    revision: str | None = None,
    language: str | None = None,
    context: str = "",
    aligner: str = "auto",
    aligner_model: str | None = None,
    max_segment: float = DEFAULT_MAX_SEGMENT_S,
    channels: Channels = "mix",
    vad: bool = True,
    sidecar: str | None = None,
    listing: str | None = None,
    limit: int | None = None,
) -> None:
    """Label `inputs` (files, folders, patterns, URLs, manifests), or without any what the catalog holds.

    corpus: where new recordings go; without inputs, the one to label. listing: a JSON file with more inputs, because
    Prefect limits the size of a flow's parameters. limit: at most so many of the files found.
    """
    with as_our_run():
        catalog = catalog_of_this_process()
        limits_of_this_machine()
        job = job_of(
            load_settings(),
            corpus=corpus,
            engine=engine,
            model=model,
            revision=revision,
            language=language,
            context=context,
            aligner=aligner,
            aligner_model=aligner_model,
            max_segment=max_segment,
            channels=channels,
            vad=vad,
            sidecar=sidecar,
        )
        check_job(job)
        check_language(job)
        named = [*(inputs or ()), *_listed(listing)]
        if named:
            chosen = _ingested(catalog, job, named, limit)
            scope = lambda: chosen  # noqa: E731 - one of two ways to say which recordings
        else:
            look_again(catalog, recordings_in_order(catalog, corpus))
            # Asked anew each round: what is ingested meanwhile is labeled too.
            scope = lambda: recordings_in_order(catalog, corpus)  # noqa: E731
        runs = label_all(catalog, job, scope, lambda work: run_round(job, work))
        report_run(catalog, runs.ids if runs is not None else ())


@flow(
    name="relabel",
    task_runner=chosen_task_runner(),
    persist_result=False,
    log_prints=False,
)
def relabel(
    engine: str,
    model: str | None = None,
    revision: str | None = None,
    language: str | None = None,
    context: str = "",
    aligner: str = "auto",
    aligner_model: str | None = None,
    corpus: str | None = None,
    where: str | None = None,
) -> None:
    """Let another engine, or a newer checkpoint, write a new version of every segment's text that lacks its own.

    Segments stay as they were cut. corpus: of this one alone. where: only segments that meet this condition over
    v_current, such as "confidence < 0.6".
    """
    with as_our_run():
        catalog = catalog_of_this_process()
        limits_of_this_machine()
        job = job_of(
            load_settings(),
            engine=engine,
            model=model,
            revision=revision,
            language=language,
            context=context,
            aligner=aligner,
            aligner_model=aligner_model,
        )
        check_job(job)
        check_language(job)
        look_again(catalog, recordings_in_order(catalog, corpus))
        runs = label_all(
            catalog,
            job,
            lambda: recordings_in_order(catalog, corpus),
            lambda work: run_round(job, work),
            where,
            cuts=False,
        )
        report_run(catalog, runs.ids if runs is not None else ())


def _listed(listing: str | None) -> list[str]:
    return [] if listing is None else json.loads(Path(listing).read_text(encoding="utf-8"))


def _ingested(catalog: Catalog, job: LabelJob, inputs: list[str], limit: int | None) -> list[int]:
    """The recordings in these inputs, the new ones ingested."""
    found = discover(inputs, job.sidecar)
    if limit is not None:
        found = found.first(limit)
    plan = plan_ingest(catalog, found)
    ingested = [tasks.ingest.submit(job.corpus, group) for group in grouped(plan.new, FILES_PER_GROUP)]
    new = [recording_id for ids in finished(ingested) for recording_id in ids]
    apply_references(catalog, found.references)
    return list(dict.fromkeys([*plan.known, *new]))
