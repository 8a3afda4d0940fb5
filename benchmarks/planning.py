"""How long a backlog takes to plan: which recordings to cut, and which segments to transcribe, in groups and in order.

Ten thousand recordings of a minute, two segments each, in a fresh SQLite catalog; a flow does both before its first
task, and again after every 200 groups.

    .venv/bin/python -m benchmarks.planning
"""

import resource
import tempfile
import time
from pathlib import Path

from asrlab.catalog import Catalog, open_catalog
from asrlab.catalog.recordings import NewFile, add_file
from asrlab.catalog.segments import NewSegmentation, add_segmentation
from asrlab.domain.audio import AudioInfo
from asrlab.domain.recipe import Recipe
from asrlab.domain.time import TimeSpan
from asrlab.pipeline import (
    LabelJob,
    groups_to_label,
    groups_to_segment,
    recordings_in_order,
    segment_fingerprint,
)

RECORDINGS = 10_000
SECONDS = 60
SEGMENT_S = 30
RATE_HZ = 16_000
LIMIT_S = 5.0


def main() -> int:
    """Plan both stages; the exit code is 1 when they take longer together than the limit."""
    job = LabelJob(recipe=Recipe(name="whole"), aligner="none")
    with tempfile.TemporaryDirectory(prefix="asrlab-planning-") as folder:
        catalog = open_catalog(f"sqlite:///{Path(folder) / 'catalog.db'}")
        recording_ids = ingested(catalog)
        began = time.perf_counter()
        short, _long = groups_to_segment(catalog, job, recordings_in_order(catalog))
        to_cut = time.perf_counter() - began
        cut(catalog, job, recording_ids)
        began = time.perf_counter()
        groups = groups_to_label(catalog, job, recordings_in_order(catalog))
        to_label = time.perf_counter() - began
        catalog.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{RECORDINGS} recordings to cut, in {len(short)} groups: {to_cut:.2f} s")
    print(f"{RECORDINGS * SECONDS // SEGMENT_S} segments to label, in {len(groups)} groups: {to_label:.2f} s")
    print(f"together {to_cut + to_label:.2f} s (at most {LIMIT_S:g} s), peak memory {peak:.0f} MB")
    return 0 if to_cut + to_label <= LIMIT_S else 1


def ingested(catalog: Catalog) -> list[int]:
    """The recordings, as ingest leaves them."""
    info = AudioInfo("WAV", "PCM_16", RATE_HZ, 1, RATE_HZ * SECONDS)
    with catalog.writing() as session:
        return [
            add_file(session, NewFile(f"/backlog/{i:05}.wav", 1, 1, f"{i:064}", info))
            for i in range(RECORDINGS)
        ]


def cut(catalog: Catalog, job: LabelJob, recording_ids: list[int]) -> None:
    """Their segments, as the segment stage leaves them."""
    spans = [TimeSpan(start, start + SEGMENT_S) for start in range(0, SECONDS, SEGMENT_S)]
    with catalog.writing() as session:
        for index, recording_id in enumerate(recording_ids):
            add_segmentation(
                session,
                NewSegmentation(
                    recording_id,
                    f"{index:064}",
                    job.recipe.name,
                    "{}",
                    segment_fingerprint(job.recipe),
                    SECONDS,
                    tuple((None, span) for span in spans),
                ),
            )


if __name__ == "__main__":
    raise SystemExit(main())
