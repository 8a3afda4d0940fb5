"""Writing samples to a file."""

from pathlib import Path

import soundfile

from asrlab.audio.resample import Waveform


def write_wav(path: Path, waveform: Waveform, sampling_rate: int) -> None:
    """16-bit PCM; shape (samples,) or (samples, channels), full scale ±1, louder samples are clipped.

    The file appears under its name when it is whole.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        soundfile.write(partial, waveform, sampling_rate, format="WAV", subtype="PCM_16")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
