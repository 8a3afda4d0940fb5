"""What people pass as audio in Python: a path, a URL, base64, bytes, or samples with their rate."""

import base64
import binascii
import errno
import os
import re
import tempfile
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from asrlab.audio.arrays import waveform_of, within_range
from asrlab.audio.remote.urls import is_url
from asrlab.audio.resample import Waveform
from asrlab.audio.stream import stream_blocks

AudioInput: TypeAlias = str | os.PathLike[str] | bytes | tuple[npt.NDArray[Any], int]

_DATA_URL = re.compile(r"data:[^,]*;base64,", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")
# A shorter text without a scheme is a path.
_MIN_BASE64_CHARS = 256


def load_waveform(audio: object) -> Waveform:
    """An AudioInput as mono, 16 kHz, float32, no louder than 1; channels are averaged.

    Raises TypeError for another type, FileNotFoundError, ValueError for base64 or samples that are none, and
    AudioError for audio that can't be fetched or decoded.
    """
    if isinstance(audio, bytes):
        return _decoded(audio)
    if isinstance(audio, tuple) and len(audio) == 2 and isinstance(audio[0], np.ndarray):
        return waveform_of(audio[0], int(audio[1]))
    if isinstance(audio, os.PathLike):
        return _from_file(Path(audio))
    if not isinstance(audio, str):
        raise TypeError(f"Unsupported audio input type: {type(audio)}")
    if is_url(audio):
        return _from_url(audio)
    if _is_base64(audio):
        return _decoded(_base64_bytes(audio))
    return _from_file(Path(audio))


def _from_url(url: str) -> Waveform:
    # Only here: what fetches is slow to import.
    from asrlab.audio.remote.copies import fetched

    with fetched(url) as file:
        return _from_file(file.path)


def _from_file(path: Path) -> Waveform:
    if not path.exists():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    blocks = list(stream_blocks(path, channel=None))
    return within_range(np.concatenate(blocks)) if blocks else np.zeros(0, dtype=np.float32)


def _decoded(data: bytes) -> Waveform:
    """Audio in a container, which decoders read from a file."""
    with tempfile.NamedTemporaryFile(prefix="asrlab-audio-") as file:
        file.write(data)
        file.flush()
        return _from_file(Path(file.name))


def _is_base64(text: str) -> bool:
    if _DATA_URL.match(text):
        return True
    if len(text) <= _MIN_BASE64_CHARS or not _BASE64.fullmatch(text):
        return False
    try:
        return not Path(text).exists()
    except OSError:
        # Longer than any path.
        return True


def _base64_bytes(text: str) -> bytes:
    try:
        return base64.b64decode("".join(_DATA_URL.sub("", text, count=1).split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"audio is no valid base64: {error}") from error
