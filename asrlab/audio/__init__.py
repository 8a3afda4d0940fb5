"""Files ↔ samples: the only home of soundfile, librosa, soxr and PyAV.

Inside asrlab audio is mono float32 at 16 kHz, shape (samples,).
"""
