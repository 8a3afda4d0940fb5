"""Writing samples to a file."""

import wave
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile

from asrlab.audio.resample import Waveform

PCM16_SCALE = 1 << 15
PCM16_BYTES = 2
WAV_HEADER_BYTES = 44
MAX_WAV_BYTES = (1 << 32) - 1
"""A WAV counts its bytes in 32 bits."""


def write_pcm16(file: BinaryIO, blocks: Iterable[Waveform], sampling_rate: int) -> None:
    """Consecutive mono blocks as one WAV into a seekable file; louder samples are clipped.

    16-bit audio comes back bit for bit: it was read as its value / 32768. Raises what the file raises.
    """
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(PCM16_BYTES)
        wav.setframerate(sampling_rate)
        for block in blocks:
            scaled = np.clip(np.rint(block * PCM16_SCALE), -PCM16_SCALE, PCM16_SCALE - 1)
            wav.writeframes(scaled.astype("<i2").tobytes())


def wav_bytes(num_samples: int) -> int:
    """The size of a file of `write_pcm16`."""
    return WAV_HEADER_BYTES + PCM16_BYTES * num_samples


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
