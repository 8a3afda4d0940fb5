"""Stage: sources → Recordings. Each file is read through once; what can't be used is a failure."""

from asrlab.ingest.discover import Discovery, FoundFile, discover
from asrlab.ingest.stage import IngestPlan, ingest_files, look_again, plan_ingest

__all__ = ["Discovery", "FoundFile", "IngestPlan", "discover", "ingest_files", "look_again", "plan_ingest"]
