"""Whisper through transformers: the engine, and an aligner by cross-attention."""
