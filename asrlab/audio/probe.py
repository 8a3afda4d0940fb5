"""Reading a file through once: what it is, how much it holds, and whether it can be trusted."""

import hashlib
import stat
from pathlib import Path

import numpy as np

from asrlab.audio.decode import AudioStream, SoundFileStream, open_audio
from asrlab.audio.headers import missing_bytes
from asrlab.domain.audio import AudioInfo
from asrlab.domain.reasons import FailureReason
from asrlab.errors import AudioError

HASH_BLOCK_BYTES = 1 << 20
# An encoder's delay and padding make a compressed stream a little shorter than its container says.
AV_TOLERANCE_SECONDS = 0.25
AV_TOLERANCE_SHARE = 0.01
MP3_FRAME_SAMPLES = 1152


def content_hash(path: Path) -> str:
    """SHA-256 of the file's bytes. Raises AudioError when it can't be read."""
    digest = hashlib.sha256()
    try:
        _check_is_file(path)
        with path.open("rb") as file:
            while block := file.read(HASH_BLOCK_BYTES):
                digest.update(block)
    except OSError as error:
        raise _cannot_read(path, error) from error
    return digest.hexdigest()


def probe(path: Path) -> AudioInfo:
    """Decode the whole file, in blocks, and count.

    Raises AudioError with the reason when the file can't be used: empty, no samples, no audio, truncated,
    breaking off, not finite, not readable.
    """
    try:
        _check_is_file(path)
        if path.stat().st_size == 0:
            raise AudioError(FailureReason.EMPTY_FILE, f"{path} is empty (0 bytes): copy it again")
        with path.open("rb"):
            pass
    except OSError as error:
        raise _cannot_read(path, error) from error
    with open_audio(path) as stream:
        counted = _count(path, stream)
        _check_complete(path, stream, counted)
        facts = stream.facts
        return AudioInfo(facts.container, facts.codec, facts.sampling_rate, facts.num_channels, counted)


def _count(path: Path, stream: AudioStream) -> int:
    counted = 0
    for block in stream.blocks():
        if not np.isfinite(block).all():
            raise AudioError(
                FailureReason.NOT_FINITE,
                f"{path} holds samples that are no numbers (NaN or infinite): write it again",
            )
        counted += len(block)
    if counted == 0 and not missing_bytes(path):
        raise AudioError(FailureReason.NO_SAMPLES, f"{path} has an audio header and no samples")
    return counted


def _check_complete(path: Path, stream: AudioStream, counted: int) -> None:
    """Raise AudioError when the file holds fewer samples than its header says."""
    declared = stream.facts.declared_frames
    rate = stream.facts.sampling_rate
    if lost := missing_bytes(path):
        raise AudioError(
            FailureReason.TRUNCATED,
            f"{path} ends {lost} bytes before the audio its header announces: copy it again",
        )
    if declared is None:
        return
    if isinstance(stream, SoundFileStream):
        allowed: float = MP3_FRAME_SAMPLES if stream.facts.container == "mp3" else 0
    else:
        allowed = max(AV_TOLERANCE_SECONDS * rate, AV_TOLERANCE_SHARE * declared)
    if declared - counted > allowed:
        raise AudioError(
            FailureReason.TRUNCATED,
            f"{path} holds {counted / rate:.2f} s of the {declared / rate:.2f} s its header announces: "
            "copy it again",
        )


def _check_is_file(path: Path) -> None:
    """A pipe or a device would block for ever."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise AudioError(FailureReason.UNREADABLE, f"{path} is no regular file")


def _cannot_read(path: Path, error: OSError) -> AudioError:
    if isinstance(error, FileNotFoundError):
        return AudioError(FailureReason.VANISHED, f"{path} is gone")
    if isinstance(error, PermissionError):
        return AudioError(
            FailureReason.PERMISSION_DENIED,
            f"{path}: permission denied; make it readable and ingest it again",
        )
    return AudioError(FailureReason.UNREADABLE, f"{path}: {error.strerror or error}")
