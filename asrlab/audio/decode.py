"""Opening a file with the decoder that knows it: libsndfile first, FFmpeg's (PyAV) for the rest.

Both are read through one small interface, forward only, in blocks of frames at the file's own rate.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from asrlab.domain.reasons import FailureReason
from asrlab.errors import AudioError

Frames = npt.NDArray[np.float32]
"""Samples of shape (frames, channels), float32, full scale ±1."""

BLOCK_FRAMES = 1 << 18
# libsndfile finds a sample exactly in these; in the others it may land beside it, so they are read forward.
SEEKABLE_CONTAINERS = frozenset({"wav", "wavex", "rf64", "flac", "aiff", "caf", "w64", "au"})
SEEKABLE_CODECS = frozenset(
    {"pcm_s8", "pcm_u8", "pcm_16", "pcm_24", "pcm_32", "float", "double", "ulaw", "alaw"}
)


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What the header says. declared_frames: None when it does not tell."""

    container: str
    codec: str
    sampling_rate: int
    num_channels: int
    declared_frames: int | None


class SoundFileStream:
    """A file that libsndfile reads."""

    def __init__(self, path: Path, file: soundfile.SoundFile) -> None:
        self._path = path
        self._file = file
        self.facts = StreamFacts(
            container=file.format.lower(),
            codec=file.subtype.lower(),
            sampling_rate=file.samplerate,
            num_channels=file.channels,
            declared_frames=file.frames if 0 <= file.frames < 2**62 else None,
        )

    @property
    def log(self) -> str:
        """What libsndfile noted while it read the header."""
        return str(self._file.extra_info)

    def blocks(self) -> Iterator[Frames]:
        """All frames from the current place on; raises AudioError when decoding breaks off."""
        while True:
            block = self.read(BLOCK_FRAMES)
            if len(block) == 0:
                return
            yield block

    def read(self, frames: int) -> Frames:
        try:
            block: Frames = self._file.read(frames, dtype="float32", always_2d=True)
        except (soundfile.SoundFileError, RuntimeError) as error:
            raise _decode_error(self._path, error) from error
        return block

    @property
    def is_seekable(self) -> bool:
        return self.facts.container in SEEKABLE_CONTAINERS and (
            self.facts.container == "flac" or self.facts.codec in SEEKABLE_CODECS
        )

    def seek(self, frame: int) -> None:
        try:
            self._file.seek(frame)
        except (soundfile.SoundFileError, RuntimeError) as error:
            raise _decode_error(self._path, error) from error


class AvStream:
    """A file that FFmpeg's libraries read: its first audio stream."""

    is_seekable = False
    log = ""

    def __init__(self, path: Path, container: Any) -> None:
        self._path = path
        self._container = container
        stream = container.streams.audio[0]
        self._stream = stream
        rate = int(stream.codec_context.sample_rate or 0)
        channels = int(stream.codec_context.channels or 0)
        if rate <= 0 or channels <= 0:
            raise AudioError(FailureReason.NOT_AUDIO, f"{path}: its audio stream has no rate or no channels")
        declared = None
        if stream.duration is not None and stream.time_base is not None:
            declared = round(float(stream.duration * stream.time_base) * rate)
        self.facts = StreamFacts(
            container=str(container.format.name).split(",")[0],
            codec=str(stream.codec_context.name),
            sampling_rate=rate,
            num_channels=channels,
            declared_frames=declared,
        )

    def blocks(self) -> Iterator[Frames]:
        """All frames in order; raises AudioError when decoding breaks off."""
        import av

        resampler = av.AudioResampler(format="flt", layout=None, rate=self.facts.sampling_rate)
        try:
            for frame in self._container.decode(self._stream):
                for converted in resampler.resample(frame):
                    yield self._frames(converted)
            for converted in resampler.resample(None):
                yield self._frames(converted)
        except (av.FFmpegError, ValueError) as error:
            raise _decode_error(self._path, error) from error

    def _frames(self, frame: Any) -> Frames:
        samples: Frames = frame.to_ndarray().reshape(-1, len(frame.layout.channels))
        if samples.shape[1] != self.facts.num_channels:
            raise AudioError(
                FailureReason.DECODE_ERROR, f"{self._path}: the number of channels changes in the middle"
            )
        return samples


AudioStream = SoundFileStream | AvStream


@contextmanager
def open_audio(path: Path) -> Iterator[AudioStream]:
    """The file's audio stream. Raises AudioError when no decoder knows it, or it holds no audio."""
    try:
        file = soundfile.SoundFile(path)
    except (soundfile.SoundFileError, RuntimeError, TypeError) as error:
        with _open_av(path, error) as stream:
            yield stream
        return
    with file:
        yield SoundFileStream(path, file)


@contextmanager
def _open_av(path: Path, refusal: Exception) -> Iterator[AvStream]:
    import av

    av.logging.set_level(av.logging.PANIC)
    try:
        container = av.open(str(path), mode="r", metadata_errors="ignore")
    except (av.FFmpegError, ValueError) as error:
        raise AudioError(
            FailureReason.NOT_AUDIO,
            f"{path} is no audio that can be read ({_reason(refusal)}): check the file",
        ) from error
    with container:
        if not container.streams.audio:
            raise AudioError(FailureReason.NOT_AUDIO, f"{path} holds no audio stream")
        yield AvStream(path, container)


def _decode_error(path: Path, error: Exception) -> AudioError:
    return AudioError(
        FailureReason.DECODE_ERROR, f"{path} breaks off while decoding ({_reason(error)}): copy it again"
    )


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    last = lines[0] if lines else type(error).__name__
    # libsndfile and FFmpeg put the path in front; the message names it already.
    return last.rpartition(": ")[2].rstrip(".") or last
