"""Reading a file through once: what it is, how much it holds, and whether it can be trusted."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from asrlab.audio import mp3
from asrlab.audio.bombs import without_bombs
from asrlab.audio.decode import open_audio
from asrlab.audio.ffmpeg import FORMATS_OF_FRAMES, AvStream
from asrlab.audio.files import cannot_read, check_readable, printable
from asrlab.audio.headers import shortfall
from asrlab.audio.protocol import AudioStream, Frames
from asrlab.domain.audio import AudioInfo
from asrlab.domain.reasons import FailureReason
from asrlab.errors import AudioError

HASH_BLOCK_BYTES = 1 << 20
# An encoder's delay and padding make a lossy stream a little shorter than its container says.
AV_TOLERANCE_SECONDS = 0.25


def content_hash(path: Path) -> str:
    """SHA-256 of the file's bytes, in hex. Raises AudioError when it can't be read."""
    digest = hashlib.sha256()
    check_readable(path)
    try:
        with path.open("rb") as file:
            while block := file.read(HASH_BLOCK_BYTES):
                digest.update(block)
    except OSError as error:
        raise cannot_read(path, error) from error
    return digest.hexdigest()


def probe(path: Path) -> AudioInfo:
    """Decode the whole file, in blocks, and count.

    Raises AudioError with the reason when the file can't be used: empty, no samples, no audio, truncated,
    breaking off, not finite, a decompression bomb, not readable.
    """
    if check_readable(path) and (missing := shortfall(path)):
        raise _truncated(path, missing)
    with open_audio(path) as stream:
        try:
            blocks = without_bombs(path, stream.blocks(), stream.facts.sampling_rate)
            counted = sum(len(block) for block in _finite(path, blocks))
        except AudioError as error:
            raise _as_truncation(path, stream, error) from error
        facts = stream.facts
        _check_complete(path, stream, counted)
    if counted == 0:
        raise AudioError(
            FailureReason.NO_SAMPLES, f"{printable(path)} has an audio header and no samples: record it again"
        )
    return AudioInfo(facts.container, facts.codec, facts.sampling_rate, facts.num_channels, counted)


def _finite(path: Path, blocks: Iterator[Frames]) -> Iterator[Frames]:
    for block in blocks:
        if not np.isfinite(block).all():
            raise AudioError(
                FailureReason.NOT_FINITE,
                f"{printable(path)} holds samples that are no numbers (NaN or infinite): write it again",
            )
        yield block


def _check_complete(path: Path, stream: AudioStream, counted: int) -> None:
    """Raise AudioError when the file holds fewer samples than its header says, or ends in bytes that don't decode."""
    rate = stream.facts.sampling_rate
    if isinstance(stream, AvStream):
        declared = (
            mp3.announced_samples(path) if stream.facts.container == "mp3" else stream.facts.declared_frames
        )
        exact = stream.facts.container in ("mp3", "flac")
        reached = counted if stream.facts.container == "mp3" else stream.reached
        _check_length(path, rate, declared, reached + (0 if exact else round(AV_TOLERANCE_SECONDS * rate)))
        if stream.bad_end is not None and stream.facts.container not in FORMATS_OF_FRAMES:
            raise AudioError(
                FailureReason.DECODE_ERROR,
                f"{printable(path)} breaks off {counted / rate:.2f} s in ({stream.bad_end}): copy it again",
            )
    else:
        _check_length(path, rate, stream.facts.declared_frames, counted)


def _check_length(path: Path, rate: int, declared: int | None, reached: int) -> None:
    if declared is not None and reached < declared:
        raise _truncated(
            path, f"its header announces {declared / rate:.2f} s and about {reached / rate:.2f} s are there"
        )


def _as_truncation(path: Path, stream: AudioStream, error: AudioError) -> AudioError:
    """The error itself, or TRUNCATED where a FLAC file breaks off because it ends too early.

    libsndfile reports both alike; FFmpeg reads on behind a damaged frame, and so tells whether the end is there.
    """
    if error.reason != FailureReason.DECODE_ERROR or stream.facts.container != "flac":
        return error
    if isinstance(stream, AvStream) or stream.facts.declared_frames is None:
        return error
    rate = stream.facts.sampling_rate
    with AvStream(path, "") as other:
        try:
            for _ in without_bombs(path, other.blocks(), rate):
                pass
            _check_length(path, rate, stream.facts.declared_frames, other.reached)
        except AudioError as found:
            known = (FailureReason.TRUNCATED, FailureReason.DECOMPRESSION_BOMB)
            return found if found.reason in known else error
    return error


def _truncated(path: Path, missing: str) -> AudioError:
    return AudioError(FailureReason.TRUNCATED, f"{printable(path)} is cut off: {missing}: copy it again")
