"""Words that an edit brought in get their times: a thread that aligns what the page has just changed."""

import logging
import threading

from asrlab.catalog import Catalog
from asrlab.errors import AsrlabError, StoppedError
from asrlab.pipeline import LabelJob, align_group, begin_run_of, end_run

log = logging.getLogger(__name__)


class Aligning:
    """One thread with one aligner, whose weights are loaded when something first awaits it.

    What it can't do stays in the catalog, for `asrlab align`. `problem`: why it can't, None while it can.
    """

    def __init__(self, catalog: Catalog, job: LabelJob) -> None:
        assert job.aligner_name is not None
        self.name = job.aligner_name
        self.problem: str | None = None
        self._catalog = catalog
        self._job = job
        self._run_id: int | None = None
        self._waiting: set[int] = set()
        self._is_closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="asrlab-aligning", daemon=True)
        self._thread.start()

    def wake(self, *segment_ids: int) -> None:
        """Align what these segments await, soon; returns at once."""
        with self._changed:
            self._waiting.update(segment_ids)
            self._changed.notify()

    def close(self) -> None:
        """End behind the alignment under way; what waits is left in the catalog."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join()
        if self._run_id is not None:
            end_run(self._catalog, self._run_id)

    def _work(self) -> None:
        while segment_ids := self._next():
            try:
                if self._run_id is None:
                    self._run_id = begin_run_of(self._catalog, self._job, "align")
                align_group(self._catalog, self._job, self._run_id, segment_ids)
                self.problem = None
            except StoppedError:
                return
            except AsrlabError as error:
                self.problem = str(error)
                log.warning("edits are not aligned: %s", error)

    def _next(self) -> list[int]:
        """The segments that wait, once there are any; none when this is to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closed)
            segment_ids, self._waiting = sorted(self._waiting), set()
            return [] if self._is_closed else segment_ids
