"""asrlab labels speech: audio comes in, versioned transcripts with word times go out."""

__version__ = "0.1.0"
