"""Files of one recording each, named as its audio file is; the name tells two of the same apart.

Alike are names that a file system without case, or one that composes characters, takes for one.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path, PurePath, PurePosixPath
from tempfile import TemporaryDirectory

import numpy as np

from asrlab.audio.remote.urls import is_url, url_path
from asrlab.export.files import written_whole
from asrlab.export.formats.protocol import DataSet
from asrlab.export.undoing import make_folder, take_place
from asrlab.export.utterances import KEY_DIGITS, LabeledRecording

MAX_STEM_BYTES = 150
"""File systems take names of 255 bytes; the key, the suffix and a name for the unfinished file have to fit too."""

_DIGEST_BYTES = 8
# What a name looks like that a key was added to: none may look so without it.
_KEYED = re.compile(rf"(?:^|\.)[0-9a-f]{{{KEY_DIGITS}}}$")


class FileStems:
    """A name for each recording, no two alike: the audio file's, with the recording's key where another has it too.

    Of a recording eight bytes are held in memory.
    """

    def __init__(self, recordings: Iterable[LabeledRecording]) -> None:
        digests = np.fromiter((_digest(_folded(_stem(each.source.uri))) for each in recordings), np.uint64)
        found, counts = np.unique(digests, return_counts=True)
        self._shared = found[counts > 1]

    def of(self, recording: LabeledRecording) -> str:
        """The name without a suffix, of one of the recordings given."""
        stem = _stem(recording.source.uri)
        folded = _folded(stem)
        if stem and not _KEYED.search(folded) and not self._is_shared(folded):
            return stem
        return f"{stem}.{recording.key}" if stem else recording.key

    def _is_shared(self, folded: str) -> bool:
        digest = np.uint64(_digest(folded))
        place = int(np.searchsorted(self._shared, digest))
        return place < len(self._shared) and bool(self._shared[place] == digest)


def write_each(
    data: DataSet, folder: Path, suffix: str, text_of: Callable[[LabeledRecording], str]
) -> list[Path]:
    """Write a file for each recording; they get their names when all are whole: a refused text replaces none."""
    stems = FileStems(data.recordings())
    written: list[Path] = []
    make_folder(folder)
    with TemporaryDirectory(dir=folder, prefix=".texts-") as unnamed:
        for recording in data.recordings():
            target = folder / f"{stems.of(recording)}{suffix}"
            with written_whole(Path(unnamed) / target.name) as file:
                file.write(text_of(recording))
            written.append(target)
        for target in written:
            take_place(Path(unnamed) / target.name, target)
    return written


def _stem(uri: str) -> str:
    stem = PurePosixPath(url_path(uri)).stem if is_url(uri) else PurePath(uri).stem
    printable = "".join(character for character in stem if unicodedata.category(character) != "Cc")
    return printable.encode("utf-8", "replace")[:MAX_STEM_BYTES].decode("utf-8", "ignore")


def _folded(stem: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", stem).casefold())


def _digest(folded: str) -> int:
    """Two names of one digest would both get their keys, which does no harm."""
    return int.from_bytes(hashlib.blake2b(folded.encode(), digest_size=_DIGEST_BYTES).digest(), "big")
