"""Finding audio files: what the user named, folders to their depth, and patterns.

A file that is named is taken whatever it is called; a folder or pattern gives the files that look like audio.
"""

import difflib
import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from asrlab.domain.reasons import FailureReason
from asrlab.errors import InputNotFoundError

AUDIO_EXTENSIONS = frozenset(
    [".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".mp2", ".m4a", ".m4b", ".mp4", ".m4v", ".mov", ".webm", ".mkv", ".mka", ".aac", ".ac3", ".amr", ".3gp", ".aif", ".aiff", ".aifc", ".caf", ".w64", ".rf64", ".au", ".snd", ".wma", ".wv", ".ape", ".g722", ".spx", ".avi", ".mts", ".ts"]
)
SOME_EXTENSIONS = ".wav .flac .mp3 .m4a .ogg .opus .mp4"


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that was found. uri: absolute path; size in bytes; times in ns, by which a change is seen."""

    uri: str
    size: int
    mtime_ns: int
    ctime_ns: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A place that could not be looked into."""

    uri: str
    reason: FailureReason
    message: str


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found, each file once, in the order given and sorted within a folder."""

    files: tuple[FoundFile, ...]
    unreadable: tuple[Unreadable, ...] = ()

    def first(self, count: int) -> "Discovery":
        """The same with at most `count` files."""
        return Discovery(self.files[:count], self.unreadable)


def discover(inputs: Sequence[str]) -> Discovery:
    """The files that `inputs` (files, folders, patterns with * ? [ ] **) name now.

    Raises InputNotFoundError for a path that names nothing, and for a folder or pattern without audio.
    """
    search = _Search()
    for given in inputs:
        before = search.seen
        search.add(given)
        if search.seen == before:
            raise InputNotFoundError(
                f"no audio in {given}: looked for files named {SOME_EXTENSIONS} and the like"
            )
    return Discovery(tuple(search.files.values()), tuple(search.unreadable.values()))


class _Search:
    """What has been found so far."""

    def __init__(self) -> None:
        self.files: dict[str, FoundFile] = {}
        self.unreadable: dict[str, Unreadable] = {}
        self.seen = 0

    def add(self, given: str) -> None:
        path = os.path.abspath(os.path.expanduser(given))
        if os.path.isdir(path):
            for file in self._walk(path, set()):
                self._take(file)
        elif os.path.lexists(path):
            self._take(path)
        elif glob.has_magic(given):
            self._add_pattern(path)
        else:
            raise InputNotFoundError(f"no such file or folder: {given}{_hint(path)}")

    def _add_pattern(self, pattern: str) -> None:
        suffix = os.path.splitext(pattern)[1].lower()
        literal = suffix if suffix and not glob.has_magic(suffix) else None
        matches = sorted(glob.glob(pattern, recursive=True))
        if not matches:
            raise InputNotFoundError(f"the pattern {pattern} matches nothing")
        for path in matches:
            if os.path.isfile(path) and (_looks_like_audio(path) or _suffix(path) == literal):
                self._take(path)

    def _walk(self, folder: str, above: set[tuple[int, int]]) -> Iterator[str]:
        """Audio files in a folder and below; hidden names and links that lead back up are passed over."""
        try:
            identity = _identity(folder)
            if identity in above:
                return
            with os.scandir(folder) as entries:
                ordered = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            self._refuse(folder, error)
            return
        for entry in ordered:
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                yield from self._walk(entry.path, above | {identity})
            elif _looks_like_audio(entry.name):
                yield entry.path

    def _take(self, path: str) -> None:
        self.seen += 1
        try:
            path.encode("utf-8")
        except UnicodeEncodeError:
            shown = path.encode("utf-8", "backslashreplace").decode("utf-8")
            self.unreadable[shown] = Unreadable(
                shown, FailureReason.UNREADABLE, f"{shown}: the name is no valid UTF-8: rename the file"
            )
            return
        try:
            found = os.stat(path)
        except OSError as error:
            self._refuse(path, error)
            return
        self.files[path] = FoundFile(path, found.st_size, found.st_mtime_ns, found.st_ctime_ns)

    def _refuse(self, path: str, error: OSError) -> None:
        self.seen += 1
        denied = isinstance(error, PermissionError)
        reason = FailureReason.PERMISSION_DENIED if denied else FailureReason.UNREADABLE
        self.unreadable[path] = Unreadable(path, reason, f"{path}: {(error.strerror or str(error)).lower()}")


def _identity(folder: str) -> tuple[int, int]:
    found = os.stat(folder)
    return found.st_dev, found.st_ino


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def _looks_like_audio(path: str) -> bool:
    return _suffix(path) in AUDIO_EXTENSIONS


def _hint(path: str) -> str:
    """The nearest name in the same folder."""
    try:
        names = os.listdir(os.path.dirname(path))
    except OSError:
        return ""
    near = difflib.get_close_matches(os.path.basename(path), names, 1)
    return f"; did you mean {Path(path).parent / near[0]}?" if near else ""
