"""Files that libsndfile reads, through the `soundfile` package."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import soundfile

from asrlab.audio.files import printable
from asrlab.audio.protocol import BLOCK_SAMPLES, Frames, StreamFacts
from asrlab.domain.reasons import FailureReason
from asrlab.errors import AudioError

# libsndfile finds a sample exactly in these; in the others it may land beside it (Vorbis does, measured), so they
# are read forward.
SEEKABLE_CONTAINERS = frozenset({"wav", "wavex", "rf64", "flac", "aiff", "caf", "w64", "au"})
SEEKABLE_CODECS = frozenset(
    {"pcm_s8", "pcm_u8", "pcm_16", "pcm_24", "pcm_32", "float", "double", "ulaw", "alaw"}
)
UNKNOWN_FRAMES = 1 << 62


class SoundFileStream:
    """A file that libsndfile reads; an `AudioStream`."""

    def __init__(self, path: Path, file: soundfile.SoundFile) -> None:
        self._path = path
        self._file = file
        self.facts = StreamFacts(
            container=str(file.format).lower(),
            codec=str(file.subtype).lower(),
            sampling_rate=int(file.samplerate),
            num_channels=int(file.channels),
            declared_frames=int(file.frames),
        )
        self.is_seekable = self.facts.container in SEEKABLE_CONTAINERS and self.facts.codec in SEEKABLE_CODECS

    @classmethod
    def open(cls, path: Path) -> "SoundFileStream | str":
        """The opened file, or in a few words why libsndfile refuses it."""
        try:
            file = soundfile.SoundFile(path)
        except (soundfile.SoundFileError, RuntimeError, TypeError) as error:
            return _reason(error)
        if file.frames >= UNKNOWN_FRAMES:
            # A FLAC written to a pipe: libsndfile opens it and fails to read it.
            file.close()
            return "it does not tell its length"
        return cls(path, file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def blocks(self) -> Iterator[Frames]:
        size = max(1, BLOCK_SAMPLES // self.facts.num_channels)
        while len(block := self.read(size)):
            yield block

    def read(self, frames: int) -> Frames:
        try:
            block: Frames = self._file.read(frames, dtype="float32", always_2d=True)
        except (soundfile.SoundFileError, RuntimeError) as error:
            raise self._breaks_off(error) from error
        return block

    def seek(self, frame: int) -> None:
        try:
            self._file.seek(frame)
        except (soundfile.SoundFileError, RuntimeError) as error:
            raise self._breaks_off(error) from error

    def _breaks_off(self, error: Exception) -> AudioError:
        return AudioError(
            FailureReason.DECODE_ERROR,
            f"{printable(self._path)} breaks off while decoding ({_reason(error)}): copy it again",
        )


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    # soundfile puts the path in front; the message names it already.
    return lines[0].rpartition(": ")[2].rstrip(".").lower() if lines else type(error).__name__
