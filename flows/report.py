"""What a flow tells in Prefect's own page: what its runs did, what failed, what the sources held, what was written."""

from collections.abc import Sequence
from pathlib import Path

from prefect import get_run_logger
from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from asrlab.catalog import Catalog
from asrlab.catalog.failures import list_failures
from asrlab.catalog.runs import RunFigures, run_figures
from asrlab.catalog.sources import KnownSource, SourceLook
from asrlab.domain.time import SECONDS_PER_HOUR

# A page is for people: the catalog has the rest.
FAILURES_SHOWN = 100
THROUGHPUT_KEY = "asrlab-throughput"
FAILURES_KEY = "asrlab-failures"
SOURCES_KEY = "asrlab-sources"
EXPORT_KEY = "asrlab-export"


def report_run(catalog: Catalog, run_ids: Sequence[int]) -> None:
    """Log what these runs did, and show it, with what fails today, as artifacts of the flow run."""
    with catalog.reading() as session:
        figures = run_figures(session, run_ids)
        failures = list_failures(session)
    for run in figures:
        get_run_logger().info("%s by %s: %s", run.stage, run.engine, _speed(run))
    create_table_artifact(
        key=THROUGHPUT_KEY,
        table=[
            {
                "run": run.run_id,
                "stage": run.stage,
                "engine": run.engine,
                "audio (h)": round(run.audio_seconds / SECONDS_PER_HOUR, 3),
                "wall (s)": round(run.wall_seconds, 1),
                "× real time": round(run.audio_seconds / run.wall_seconds, 1) if run.wall_seconds else "",
                "engine (s)": round(run.engine_seconds, 1),
                "peak memory (MiB)": "" if run.peak_memory_bytes is None else run.peak_memory_bytes >> 20,
            }
            for run in figures
        ],
        description="What this flow's engine runs did; `SELECT * FROM v_runs` has them all.",
    )
    create_table_artifact(
        key=FAILURES_KEY,
        table=[
            {"stage": each.stage, "reason": each.reason, "uri": each.uri, "message": each.message}
            for each in failures[:FAILURES_SHOWN]
        ],
        description=f"{len(failures)} items stand in failures: `asrlab failures`, `asrlab retry`.",
    )


def report_sources(looks: Sequence[tuple[KnownSource, SourceLook | None]]) -> None:
    """Show what a look at the sources found, None where there could be none, with links to those a browser can open."""
    lines = [
        "| source | state | files | new | failed |",
        "|---|---|---|---|---|",
        *(
            f"| {_linked(source.name, source.uri)} | failed: `asrlab source show {source.name}` | | | |"
            if look is None
            else f"| {_linked(source.name, source.uri)} | {look.state} | {look.found} | {look.new} | {look.failed} |"
            for source, look in ((known.source, look) for known, look in looks)
        ),
    ]
    create_markdown_artifact(key=SOURCES_KEY, markdown="\n".join(lines))


def report_export(path: Path, count: int) -> None:
    """Show a link to what an export wrote; path is absolute."""
    create_link_artifact(
        path.as_uri(), path.name, key=EXPORT_KEY, description=f"{count} utterances, written to `{path}`."
    )


def _linked(name: str, uri: str) -> str:
    # A bar would end the cell.
    return f"[{name}](<{uri.replace('|', '%7C')}>)" if uri.startswith(("http://", "https://")) else name


def _speed(run: RunFigures) -> str:
    hours = f"{run.audio_seconds / SECONDS_PER_HOUR:.3f} h of audio in {run.wall_seconds:.1f} s"
    return f"{hours}, {run.audio_seconds / run.wall_seconds:.1f} x real time" if run.wall_seconds else hours
