"""Stage: sources → Recordings. Each file is read through once; what can't be used is a failure."""

from asrlab.ingest.discover import discover
from asrlab.ingest.found import Discovery, FoundFile
from asrlab.ingest.references import apply_references
from asrlab.ingest.sources import SourcePlan, finish_source, plan_source
from asrlab.ingest.stage import IngestPlan, ingest_files, look_again, plan_ingest

__all__ = [
    "Discovery",
    "FoundFile",
    "IngestPlan",
    "SourcePlan",
    "apply_references",
    "discover",
    "finish_source",
    "ingest_files",
    "look_again",
    "plan_ingest",
    "plan_source",
]
