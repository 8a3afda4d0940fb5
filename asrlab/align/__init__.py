"""Stage: Transcripts → Words with times, on the text that counts today."""

from asrlab.align.how import Alignment
from asrlab.align.spans import drain_spans
from asrlab.align.stage import align_segments, transcripts_pending

__all__ = ["Alignment", "align_segments", "drain_spans", "transcripts_pending"]
