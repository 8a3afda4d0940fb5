"""Reading on from any second of a file at once, to be heard or drawn; what engines are fed is read by `read`."""

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from asrlab.audio import ogg
from asrlab.audio.decode import opened_audio
from asrlab.audio.ffmpeg import AvStream
from asrlab.audio.protocol import AudioStream, Frames, StreamFacts
from asrlab.domain.time import Seconds
from asrlab.errors import AudioError

AT_ONCE = 3
"""A page that jumps asks for an outline and a range or two of sound."""
MAX_IDLE = 2 * AT_ONCE
PIECE_S: Seconds = 10.0


@dataclass(frozen=True, slots=True)
class FramesFrom:
    """Frames of a file from a place on, in blocks, and what the file is.

    is_kept: whether the stream stays open behind it, and the next jump costs little.
    """

    facts: StreamFacts
    blocks: Iterator[Frames]
    is_kept: bool = False


@contextmanager
def frames_from(path: Path, frame: int) -> Iterator[FramesFrom]:
    """What the file holds from `frame` (at its own rate) to its end.

    To the sample where the decoder seeks so; in MP3, MP4, Ogg and their like as exact as the file's timestamps.
    Raises AudioError as `open_audio` does, and while the blocks are drawn when the file breaks off.
    """
    key = _key(path)
    idle = _IDLE.take(key)
    with ExitStack() as opened:
        stream: AudioStream
        if idle is None:
            stream = opened_audio(path, is_jumped_in=True)
            opened.push(stream)
        else:
            stream = idle[0]
            opened.push(idle[1])
        if stream.is_seekable:
            stream.seek(min(frame, stream.facts.declared_frames or 0))
            yield FramesFrom(stream.facts, stream.blocks())
        elif ogg.is_chained(path):
            # Each of the streams in it begins its clock anew.
            yield FramesFrom(stream.facts, _without_first(stream.blocks(), frame))
        elif isinstance(stream, AvStream):
            with _kept(key, stream, opened):
                yield FramesFrom(stream.facts, stream.blocks_near(frame), is_kept=stream.finds_times)
        elif stream.facts.container == "ogg":
            # libsndfile lands beside the sample in Vorbis and Opus; FFmpeg goes by the times in them.
            timed = opened.enter_context(AvStream(path, "", is_jumped_in=True))
            yield FramesFrom(timed.facts, timed.blocks_near(frame))
        else:
            yield FramesFrom(stream.facts, _without_first(stream.blocks(), frame))


def blocks_from(path: Path, frame: int) -> Iterator[Frames]:
    """The blocks of `frames_from`, for a reader who may pause: meanwhile others are given the stream.

    Raises AudioError where the file breaks off, behind what it holds.
    """
    error: AudioError | None = None
    is_last = False
    while not is_last:
        piece: list[Frames] = []
        try:
            with frames_from(path, frame) as found:
                if not found.is_kept:
                    yield from found.blocks
                    return
                rest = round(PIECE_S * found.facts.sampling_rate)
                while rest > 0 and (block := next(found.blocks, None)) is not None:
                    piece.append(block)
                    rest -= len(block)
                is_last = rest > 0
        except AudioError as broken:
            error, is_last = broken, True
        yield from piece
        frame += sum(map(len, piece))
    if error is not None:
        raise error


def look_ahead(path: Path, last_frame: int) -> None:
    """Let FFmpeg find the places of all of a file's packets, if it is one to read it: later jumps take no search.

    In as many streams as a page reads from at once.
    """
    with ExitStack() as held:
        for _ in range(AT_ONCE):
            found = held.enter_context(frames_from(path, last_frame))
            if not found.is_kept:
                return
            next(found.blocks, None)


_Key = tuple[str, int, int]
"""A file as it is now: path, size and time of its last change."""


def _key(path: Path) -> _Key | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return str(path), found.st_size, found.st_mtime_ns


class _IdleStreams:
    """Files that were read a moment ago, still open: what FFmpeg has learned of where their packets lie stays known.

    A stream is taken by one reader at a time and given back when nothing went wrong; the oldest of many is closed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: OrderedDict[tuple[_Key, int], tuple[AvStream, ExitStack]] = OrderedDict()

    def take(self, key: _Key | None) -> tuple[AvStream, ExitStack] | None:
        """The stream and what closes it, given back last."""
        with self._lock:
            held = next((each for each in reversed(self._idle) if each[0] == key), None)
            return None if held is None else self._idle.pop(held)

    def keep(self, key: _Key | None, stream: AvStream, owner: ExitStack) -> None:
        oldest: ExitStack | None = None
        with self._lock:
            if key is None:
                oldest = owner
            else:
                self._idle[key, id(stream)] = (stream, owner)
                if len(self._idle) > MAX_IDLE:
                    oldest = self._idle.popitem(last=False)[1][1]
        if oldest is not None:
            oldest.close()


_IDLE = _IdleStreams()


@contextmanager
def _kept(key: _Key | None, stream: AvStream, opened: ExitStack) -> Iterator[None]:
    """Keep the stream open after the block, unless it failed; a listener who goes away is no failure."""
    is_broken = False
    try:
        yield
    except Exception:
        is_broken = True
        raise
    finally:
        if stream.finds_times and not is_broken:
            _IDLE.keep(key, stream, opened.pop_all())


def _without_first(blocks: Iterator[Frames], frames: int) -> Iterator[Frames]:
    for block in blocks:
        if frames < len(block):
            yield block[frames:]
        frames = max(frames - len(block), 0)
