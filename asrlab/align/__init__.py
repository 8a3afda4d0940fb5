"""Stage: Transcripts → Words with times, on the text that counts today."""

from asrlab.align.stage import Alignment, align_segments, transcripts_pending

__all__ = ["Alignment", "align_segments", "transcripts_pending"]
