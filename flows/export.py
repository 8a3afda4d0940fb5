"""Writing a manifest on a schedule."""

from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger

from asrlab.errors import OptionError
from asrlab.export import request_of
from flows import tasks
from flows.labeling import as_our_run, finished
from flows.report import report_export


@flow(name="export", persist_result=False, log_prints=False)
def export(
    out: str,
    format: str = "nemo",
    release: str = "",
    where: str | None = None,
    corpus: str | None = None,
    copy_audio: bool | None = None,
    options: dict[str, Any] | None = None,
) -> None:
    """Write the current transcripts in a format of `asrlab export` into a folder of the machine that runs this.

    out: an absolute path, because workers run in folders of their own. where: a condition over v_current. options: any
    other option of the command by its name, as {"min_confidence": 0.8, "split": "0.9/0.05/0.05"}; the rules for texts
    are called profile.
    """
    with as_our_run():
        if not Path(out).is_absolute():
            raise OptionError(
                f"the folder {out!r} must be an absolute path: this runs in a folder of its own"
            )
        request = request_of(
            format, Path(out), release, where=where, corpus=corpus, copy_audio=copy_audio, **(options or {})
        )
        ((path, count),) = finished([tasks.export.submit(request)])
        report_export(Path(path), count)
        get_run_logger().info("%d utterances in %s", count, path)
