"""`asrlab relabel`: another engine, or a newer checkpoint, over what is labeled already."""

from typing import Any

import click

from asrlab.cli.options import catalog_option, job_from, job_options, job_parameters, opened_catalog
from asrlab.cli.stopping import stoppable


@click.command("relabel")
@job_options("select", "engine", "model", "revision", "aligner", "aligner_model", "language", "context")
@click.option("--where", metavar="CONDITION", help='SQL over v_current, as in "confidence < 0.6".')
@click.option("--inline", is_flag=True, help="Run in this process, without Prefect.")
@catalog_option
def command(corpus: str | None, where: str | None, inline: bool, catalog: str | None, **given: Any) -> int:
    """Write a new version of every text that lacks this engine's, and align it.

    Segments stay as they were cut, and older versions stay too; the newest of an engine counts, after those of people
    and references. Only what is missing is done.
    """
    from asrlab.catalog.recordings import select_recording_ids
    from asrlab.cli.outcome import failures_of, report
    from asrlab.errors import OptionError
    from asrlab.ingest import look_again
    from asrlab.pipeline import check_job, check_language, groups_to_label, label_all, run_round

    job = job_from(**given)
    keys = check_job(job).by_stage
    with opened_catalog(catalog) as opened:
        with opened.reading() as session:
            recordings = select_recording_ids(session, corpus)
        if not recordings:
            where_none = f"the corpus {corpus!r}" if corpus else "the catalog"
            raise OptionError(f"{where_none} holds no recordings: `asrlab label PATH` adds some")
        look_again(opened, recordings)
        pending = groups_to_label(opened, job, recordings, where)
        if pending:
            check_language(job)
            with stoppable(waits=not inline):
                if inline:
                    label_all(
                        opened,
                        job,
                        lambda: recordings,
                        lambda work: run_round(opened, job, work),
                        where,
                        cuts=False,
                    )
                else:
                    _run_flow(corpus, where, job_parameters(**given))
            click.echo(f"segments relabeled: {sum(map(len, pending))}, failures included")
        else:
            click.echo("nothing to do")
        return report(failures_of(opened, [], recordings, keys))


def _run_flow(corpus: str | None, where: str | None, parameters: dict[str, Any]) -> None:
    from asrlab.config import load_settings
    from flows.local_server import prefect_api

    # Of no use to what is not cut.
    parameters.pop("vad")
    with prefect_api(load_settings()):
        from flows.label import relabel

        relabel(corpus=corpus, where=where, **parameters)
