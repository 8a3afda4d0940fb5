"""Stage: the transcripts that count → training manifests, one format per file."""

from asrlab.export.stage import FORMATS, export

__all__ = ["FORMATS", "export"]
