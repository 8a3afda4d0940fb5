"""Shards: tar archives of a fixed number of utterances, whose bytes depend on nothing but what was put in."""

import re
import shutil
import tarfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

from asrlab.export.files import bytes_written_whole
from asrlab.export.formats.protocol import DataSet
from asrlab.export.utterances import LabeledRecording, Utterance

MEMBER_MODE = 0o644


class TarShard:
    """A tar archive in the making: names of at most 100 bytes, no time, no owner, one mode.

    Python's TarFile would keep what it knows of every member until the end.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = 0

    def add(self, name: str, data: bytes) -> None:
        self._begin(name, len(data))
        self._file.write(data)
        self._pad(len(data), tarfile.BLOCKSIZE)

    def add_file(self, name: str, path: Path) -> None:
        with path.open("rb") as source:
            size = source.seek(0, 2)
            source.seek(0)
            self._begin(name, size)
            shutil.copyfileobj(source, self._file)
        self._pad(size, tarfile.BLOCKSIZE)

    def end(self) -> None:
        self._write(2 * tarfile.BLOCKSIZE * tarfile.NUL)
        self._pad(self._size, tarfile.RECORDSIZE)

    def _begin(self, name: str, size: int) -> None:
        info = tarfile.TarInfo(name)
        info.size = size
        info.mode = MEMBER_MODE
        self._write(info.tobuf(tarfile.USTAR_FORMAT))
        self._size += size

    def _pad(self, size: int, unit: int) -> None:
        self._write(-size % unit * tarfile.NUL)

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._size += len(data)


@contextmanager
def shard_written_whole(target: Path) -> Iterator[TarShard]:
    """An archive that takes its place when the block ends well, and vanishes when it does not."""
    with bytes_written_whole(target) as file:
        shard = TarShard(file)
        yield shard
        shard.end()


def shards(data: DataSet) -> Iterator[tuple[int, Iterator[tuple[LabeledRecording, Utterance]]]]:
    """The number of each shard, from 0, and its utterances, to be drawn before the next shard; the last has the rest."""
    numbered = enumerate((recording, one) for recording in data.recordings() for one in recording.utterances)
    for number, members in groupby(numbered, key=lambda one: one[0] // data.shard_size):
        yield number, (pair for _, pair in members)


def sweep_shards(folder: Path, own: re.Pattern[str], written: Collection[Path]) -> None:
    """Remove shards that a former export left in `folder`, of which a reader of all would take notice.

    own: matches the names of shards; what a killed export left of one goes too. written: those that stay.
    """
    partial = re.compile(rf"\.(?:{own.pattern})\.\w+")
    for path in sorted(folder.iterdir()):
        is_own = own.fullmatch(path.name) or partial.fullmatch(path.name)
        if is_own and path not in written and path.is_file():
            path.unlink()
