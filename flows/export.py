"""Writing a manifest on a schedule."""

from pathlib import Path

from prefect import flow, get_run_logger

from asrlab.errors import OptionError
from flows import tasks
from flows.labeling import as_our_run, finished
from flows.report import report_export


@flow(name="export", persist_result=False, log_prints=False)
def export(out: str, format: str = "nemo", where: str | None = None) -> None:
    """Write the current transcripts in a format of `asrlab export` into a folder of the machine that runs this.

    out: an absolute path, because workers run in folders of their own. where: a condition over v_current.
    """
    with as_our_run():
        if not Path(out).is_absolute():
            raise OptionError(
                f"the folder {out!r} must be an absolute path: this runs in a folder of its own"
            )
        ((path, count),) = finished([tasks.export.submit(format, out, where)])
        report_export(Path(path), count)
        get_run_logger().info("%d segments in %s", count, path)
