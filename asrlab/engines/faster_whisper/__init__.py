"""Whisper through CTranslate2: the engine, and an aligner by cross-attention. Needs the extra `faster-whisper`."""
