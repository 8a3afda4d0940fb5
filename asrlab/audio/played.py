"""A recording as a browser plays it: the file itself where every browser reads it to the sample, else a WAV.

That WAV is never written. Its length is known before a sample is decoded, so any range of its bytes is decoded when
it is asked for: a player begins at once wherever it begins, and each byte stands for the sample the catalog means.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from asrlab.audio.decode import open_audio
from asrlab.audio.files import cannot_read
from asrlab.audio.near import blocks_from
from asrlab.audio.protocol import StreamFacts
from asrlab.audio.resample import to_mono
from asrlab.audio.write import MAX_WAV_BYTES, PCM16_BYTES, WAV_HEADER_BYTES, pcm16, wav_bytes, wav_header
from asrlab.domain.audio import AudioSource
from asrlab.domain.reasons import FailureReason
from asrlab.errors import AudioError

# Browsers seek in MP3 by its table of contents, which may be seconds beside the truth, and what else they play differs.
MEDIA_TYPES = {"wav": "audio/wav", "wavex": "audio/wav", "flac": "audio/flac"}
PLAYED_CODECS = frozenset({"pcm_16", "pcm_24", "pcm_u8", "float", "pcm_s8"})
PLAYED_CHANNELS = 2
FILE_BLOCK_BYTES = 1 << 18


class Played(Protocol):
    """Bytes that a browser plays. tag: what tells them from others."""

    @property
    def media_type(self) -> str: ...

    @property
    def size(self) -> int: ...

    @property
    def tag(self) -> str: ...

    def chunks(self, first: int, end: int) -> Iterator[bytes]:
        """The bytes `[first, end)`, in order. Raises AudioError when the file can't be read."""
        ...


@dataclass(frozen=True, slots=True)
class WholeFile:
    """A file as it lies; `Played`."""

    path: Path
    source: AudioSource
    media_type: str

    @property
    def size(self) -> int:
        return self.source.size

    @property
    def tag(self) -> str:
        return self.source.content_hash

    def chunks(self, first: int, end: int) -> Iterator[bytes]:
        try:
            with self.path.open("rb") as file:
                file.seek(first)
                while first < end and (block := file.read(min(FILE_BLOCK_BYTES, end - first))):
                    yield block
                    first += len(block)
        except OSError as error:
            raise cannot_read(self.path, error) from error


@dataclass(frozen=True, slots=True)
class DecodedWav:
    """The bytes of a WAV, 16 bits, of a recording's channel, or of all (None): more than two as their mean; `Played`.

    Silence stands where the file holds less than the catalog counted.
    """

    path: Path
    source: AudioSource
    channel: int | None

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES["wav"]

    @property
    def num_channels(self) -> int:
        both = self.channel is None and self.source.num_channels == PLAYED_CHANNELS
        return PLAYED_CHANNELS if both and _fits(self.source, PLAYED_CHANNELS) else 1

    @property
    def size(self) -> int:
        return wav_bytes(self.source.num_samples, self.num_channels)

    @property
    def tag(self) -> str:
        return f"{self.source.content_hash}-{'all' if self.channel is None else self.channel}"

    def chunks(self, first: int, end: int) -> Iterator[bytes]:
        header = wav_header(self.source.num_samples, self.source.sampling_rate, self.num_channels)
        if first < len(header):
            yield header[first:end]
        place = max(first, len(header))
        for chunk in self._samples(place) if place < end else ():
            yield chunk[: end - place]
            place += len(chunk)
            if place >= end:
                return
        if place < end:
            yield bytes(end - place)

    def _samples(self, place: int) -> Iterator[bytes]:
        """What follows the byte at `place`, which may lie inside a sample."""
        frame_bytes = PCM16_BYTES * self.num_channels
        frame, within = divmod(place - WAV_HEADER_BYTES, frame_bytes)
        for block in blocks_from(self.path, frame):
            heard = block if self.num_channels == block.shape[1] else to_mono(block, self.channel)
            yield pcm16(heard).tobytes()[within:]
            within = 0


def played(path: Path, source: AudioSource, channel: int | None) -> Played:
    """What to play of the recording whose bytes lie at `path`. channel: that one alone, None for all.

    Raises AudioError when it can't be opened, for a channel that there is not, and for more hours than a WAV holds.
    """
    if channel is None and (media_type := _media_type(path)) is not None:
        return WholeFile(path, source, media_type)
    if channel is not None and not 0 <= channel < source.num_channels:
        raise AudioError(FailureReason.CHANGED, f"there is no channel {channel}")
    if not _fits(source, 1):
        raise AudioError(FailureReason.NOT_AUDIO, "it is longer than a WAV file can be: cut it")
    return DecodedWav(path, source, channel)


def _media_type(path: Path) -> str | None:
    """The type under which the file itself can be played; None when a DecodedWav must stand for it."""
    with open_audio(path) as stream:
        return MEDIA_TYPES.get(stream.facts.container) if _is_played(stream.facts) else None


def _is_played(facts: StreamFacts) -> bool:
    return facts.codec in PLAYED_CODECS and facts.num_channels <= PLAYED_CHANNELS


def _fits(source: AudioSource, num_channels: int) -> bool:
    return wav_bytes(source.num_samples, num_channels) <= MAX_WAV_BYTES
