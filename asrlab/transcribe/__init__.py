"""Stage: Segments → Transcripts, version by version."""

from asrlab.transcribe.stage import Transcription, segments_pending, transcribe_segments

__all__ = ["Transcription", "segments_pending", "transcribe_segments"]
