"""Reading on from any second of a file at once, to be heard or drawn; what engines are fed is read by `read`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from asrlab.audio import ogg
from asrlab.audio.decode import open_audio
from asrlab.audio.ffmpeg import AvStream
from asrlab.audio.protocol import Frames, StreamFacts


@dataclass(frozen=True, slots=True)
class FramesFrom:
    """Frames of a file from a place on, in blocks, and what the file is."""

    facts: StreamFacts
    blocks: Iterator[Frames]


@contextmanager
def frames_from(path: Path, frame: int) -> Iterator[FramesFrom]:
    """What the file holds from `frame` (at its own rate) to its end.

    To the sample where the decoder seeks so; in MP3, MP4, Ogg and their like as exact as the file's timestamps.
    Raises AudioError as `open_audio` does, and while the blocks are drawn when the file breaks off.
    """
    with open_audio(path) as stream:
        if stream.is_seekable:
            stream.seek(min(frame, stream.facts.declared_frames or 0))
            yield FramesFrom(stream.facts, stream.blocks())
        elif ogg.is_chained(path):
            # Each of the streams in it begins its clock anew.
            yield FramesFrom(stream.facts, _without_first(stream.blocks(), frame))
        elif isinstance(stream, AvStream):
            yield FramesFrom(stream.facts, stream.blocks_near(frame))
        elif stream.facts.container == "ogg":
            # libsndfile lands beside the sample in Vorbis and Opus; FFmpeg goes by the times in them.
            with AvStream(path, "") as timed:
                yield FramesFrom(timed.facts, timed.blocks_near(frame))
        else:
            yield FramesFrom(stream.facts, _without_first(stream.blocks(), frame))


def _without_first(blocks: Iterator[Frames], frames: int) -> Iterator[Frames]:
    for block in blocks:
        if frames < len(block):
            yield block[frames:]
        frames = max(frames - len(block), 0)
