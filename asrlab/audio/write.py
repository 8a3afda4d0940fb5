"""Writing samples to a file."""

import struct
import wave
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
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
            wav.writeframes(pcm16(block).tobytes())


def pcm16(samples: Waveform) -> npt.NDArray[np.int16]:
    """Full scale ±1 to little-endian 16 bits, of the same shape; louder samples are clipped."""
    scaled = np.clip(np.rint(samples * PCM16_SCALE), -PCM16_SCALE, PCM16_SCALE - 1)
    return scaled.astype("<i2")


def wav_bytes(num_samples: int, num_channels: int = 1) -> int:
    """The size of a file of `write_pcm16`, or of one with more channels behind a `wav_header`."""
    return WAV_HEADER_BYTES + PCM16_BYTES * num_samples * num_channels


def wav_header(num_samples: int, sampling_rate: int, num_channels: int = 1) -> bytes:
    """What stands before 16-bit samples, interleaved, whose number is known; as `write_pcm16` writes it."""
    frame_bytes = PCM16_BYTES * num_channels
    data_bytes = frame_bytes * num_samples
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", WAV_HEADER_BYTES - 8 + data_bytes, b"WAVE", b"fmt ", 16),
        *(wave.WAVE_FORMAT_PCM, num_channels, sampling_rate, sampling_rate * frame_bytes, frame_bytes),
        *(8 * PCM16_BYTES, b"data", data_bytes),
    )


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
