"""Stage: the transcripts that count → training manifests, one format per file; releases, which freeze a selection."""

from asrlab.export.registry import FORMATS
from asrlab.export.request import ExportRequest, request_of
from asrlab.export.stage import Exported, export

__all__ = ["FORMATS", "ExportRequest", "Exported", "export", "request_of"]
