"""Showing how far a job is, by asking the catalog: the same for a flow, for `--inline` and for other machines.

A terminal gets a bar; a log gets a plain line now and then.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from asrlab.catalog import Catalog
from asrlab.catalog.summary import LabelProgress, label_progress, newest_transcript
from asrlab.cli.options import is_terminal
from asrlab.cli.say import is_json, say
from asrlab.cli.tables import duration_text
from asrlab.domain.time import SECONDS_PER_HOUR
from asrlab.errors import TransientError
from asrlab.pipeline import LabelJob, check_job

POLL_S = 1.0
# Asking must not become the work: at most a tenth of the time.
POLL_SHARE = 10
LOG_EVERY_S = 15.0


@dataclass(slots=True)
class Watch:
    """What a call did: the state before and after it, and how long it took."""

    before: LabelProgress
    after: LabelProgress
    started: float = field(default_factory=time.monotonic)
    wall_seconds: float = 0.0
    labeling_since: float | None = None

    @property
    def done_seconds(self) -> float:
        """Seconds of audio transcribed by this call (and by others beside it, on the same recordings)."""
        return self.after.labeled_seconds


class Display(Protocol):
    """Where progress is shown."""

    def show(self, line: str, share: float) -> None: ...


@contextmanager
def watched(catalog: Catalog, job: LabelJob, uris: Sequence[str]) -> Iterator[Watch]:
    """Show progress while the block runs; the Watch is complete after it."""
    keys = check_job(job)
    aligns = keys.align is not None

    with catalog.reading() as session:
        since = newest_transcript(session)

    def look() -> LabelProgress:
        with catalog.reading() as session:
            return label_progress(session, uris, keys.transcribe, keys.align, since)

    before = look()
    watch = Watch(before, before)
    finished = threading.Event()
    with _display() as display:
        poller = threading.Thread(
            target=_poll,
            args=(look, lambda now: display.show(*_describe(watch, now, len(uris), aligns)), finished),
            name="asrlab-progress",
            daemon=True,
        )
        poller.start()
        try:
            yield watch
        finally:
            finished.set()
            poller.join()
            watch.wall_seconds = time.monotonic() - watch.started
    watch.after = look()


def _poll(
    look: Callable[[], LabelProgress], show: Callable[[LabelProgress], None], done: threading.Event
) -> None:
    pause = POLL_S
    while not done.wait(pause):
        asked = time.monotonic()
        try:
            now = look()
        except TransientError:
            continue
        pause = max(POLL_S, POLL_SHARE * (time.monotonic() - asked))
        show(now)


def _describe(watch: Watch, now: LabelProgress, files: int, aligns: bool) -> tuple[str, float]:
    """One line, and the share of the work that is done."""
    if now.files < files and now.segments == 0:
        return f"reading files: {now.files} of {files}", 0.0
    if now.segment_seconds == 0:
        return f"finding speech in {now.recordings} recordings", 0.0
    passes = 2 if aligns else 1
    total = passes * now.segment_seconds
    done = now.transcribed_seconds + (now.aligned_seconds if aligns else 0.0)
    # Starting a server and loading weights say nothing about how long the rest will take.
    watch.labeling_since = watch.labeling_since or time.monotonic() - POLL_S
    speed = now.labeled_seconds / (time.monotonic() - watch.labeling_since)
    line = (
        f"labeling: {done / passes / SECONDS_PER_HOUR:.3f} of {now.segment_seconds / SECONDS_PER_HOUR:.3f} h, "
        f"{speed:.1f} x real time"
    )
    if speed > 0:
        line += f", {duration_text((total - done) / passes / speed)} left"
    return line, done / total


@contextmanager
def _display() -> Iterator[Display]:
    if is_json() or not is_terminal():
        yield _LogLines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (BarColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield _Bar(progress)


class _LogLines:
    def __init__(self) -> None:
        self._last = time.monotonic()

    def show(self, line: str, share: float) -> None:
        if time.monotonic() - self._last >= LOG_EVERY_S:
            self._last = time.monotonic()
            say(line, share=round(share, 4))


class _Bar:
    def __init__(self, progress: object) -> None:
        from rich.progress import Progress

        assert isinstance(progress, Progress)
        self._progress = progress
        self._task = progress.add_task("starting", total=1.0)

    def show(self, line: str, share: float) -> None:
        self._progress.update(self._task, completed=share, description=line)
