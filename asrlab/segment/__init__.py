"""Stage: Recordings → Segments, by where somebody speaks and how long an engine may read."""

from asrlab.segment.stage import Cutter, recordings_pending, segment_recordings

__all__ = ["Cutter", "recordings_pending", "segment_recordings"]
