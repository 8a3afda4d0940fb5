"""Looking for audio on this machine: what the user named, folders to their depth, and patterns.

A file that is named is taken whatever it is called; a folder or pattern gives the files that look like audio.
Nothing is opened here: whether a file can be used, reading it through will tell.
"""

import difflib
import fnmatch
import glob
import os
from collections.abc import Iterator, Sequence

from asrlab.audio.files import printable
from asrlab.domain.reasons import FailureReason
from asrlab.errors import InputNotFoundError
from asrlab.ingest.found import FoundFile, Unreadable
from asrlab.ingest.manifests import KALDI_LIST

# Without .ts and .mts: more of those are TypeScript than video. A pattern such as *.mts takes them.
_AUDIO_SUFFIXES = (
    ".wav .wave .wv .w64 .rf64 .bwf .flac .ogg .oga .opus .spx .mp3 .mp2 .mpga .m4a .m4b .aac .ac3 .eac3 .dts "
    ".amr .awb .gsm .g722 .aif .aiff .aifc .caf .au .snd .sph .voc .wma .ape .tta .tak .mka "
    ".mp4 .m4v .mov .3gp .3g2 .webm .mkv .avi .flv .wmv .asf .mpg .mpeg .ogv"
)
AUDIO_EXTENSIONS = frozenset(_AUDIO_SUFFIXES.split())
SOME_EXTENSIONS = ".wav .flac .mp3 .m4a .ogg .opus .mp4"
ANY_DEPTH = "**"


class LocalSearch:
    """What has been found on this machine so far, by path."""

    def __init__(self) -> None:
        self.files: dict[str, FoundFile] = {}
        self.unreadable: dict[str, Unreadable] = {}
        self.looked_through: list[str] = []

    def add(self, given: str) -> int:
        """Add what one input names; returns how many files and unreadable places that are, known or new."""
        if not given or "\0" in given:
            raise InputNotFoundError(f"no such file or folder: {given!r}: name a file, a folder or a pattern")
        path = os.path.abspath(os.path.expanduser(given))
        if os.path.isdir(path):
            self.looked_through.append(printable(path))
            wav_scp = os.path.join(path, KALDI_LIST)
            named = self._take(wav_scp) if os.path.isfile(wav_scp) else 0
            found = sum(self._take(file) for file in sorted(self._walk(path)))
            return named + found + self._refused_below(path)
        if self._exists(path):
            return self._take(path)
        if path in self.unreadable:
            return 1
        if glob.has_magic(given):
            return self._add_pattern(given, path)
        raise InputNotFoundError(f"no such file or folder: {printable(given)}{_hint(path)}")

    def take(self, path: str) -> None:
        """Add one file, whatever it is called."""
        self._take(path)

    def _exists(self, path: str) -> bool:
        """Whether something is there, a broken link included; a folder above that forbids to look is refused."""
        try:
            os.lstat(path)
        except PermissionError as error:
            self._refuse(path, error)
            return False
        except OSError:
            return False
        return True

    def _refused_below(self, folder: str) -> int:
        top = printable(folder)
        return sum(is_below(uri, top) for uri in self.unreadable)

    def _add_pattern(self, given: str, pattern: str) -> int:
        suffix = _suffix(pattern)
        literal = suffix if suffix and not glob.has_magic(suffix) else None
        refused = len(self.unreadable)
        matches = sorted(set(self._expand("/", pattern.strip("/").split("/"))))
        if not matches and len(self.unreadable) == refused:
            raise InputNotFoundError(f"the pattern {printable(given)} matches nothing: check its spelling")
        files = [path for path in matches if not os.path.isdir(path)]
        if matches and not files:
            raise InputNotFoundError(
                f"the pattern {printable(given)} matches only folders: name the folder, or end in /**/*.wav"
            )
        wanted = [path for path in files if looks_like_audio(path) or _suffix(path) == literal]
        return sum(self._take(path) for path in wanted) + len(self.unreadable) - refused

    def _expand(self, folder: str, parts: Sequence[str]) -> Iterator[str]:
        """The paths below `folder` that the pattern's parts match; a name that exists is no pattern."""
        first, rest = parts[0], parts[1:]
        if first == ANY_DEPTH:
            for below in self._folders(folder):
                yield from self._expand(below, rest or ["*"])
            return
        exact = os.path.join(folder, first)
        if not glob.has_magic(first) or os.path.lexists(exact):
            names = [first] if os.path.lexists(exact) else []
        else:
            # As in a shell, a star does not match the dot of a hidden name.
            entries = [e.name for e in self._entries(folder) if first.startswith(".") or not _is_hidden(e)]
            names = [name for name in entries if fnmatch.fnmatchcase(name, first)]
        for name in names:
            path = os.path.join(folder, name)
            if not rest:
                yield path
            elif os.path.isdir(path):
                yield from self._expand(path, rest)

    def _walk(self, top: str) -> Iterator[str]:
        """Audio files in a folder and below; hidden names are passed over."""
        for folder in self._folders(top):
            for entry in self._entries(folder):
                if not _is_hidden(entry) and looks_like_audio(entry.name) and not _is_dir(entry):
                    yield entry.path

    def _folders(self, top: str) -> Iterator[str]:
        """`top` and every folder below, each once: linked ones come last, so a file keeps its own path."""
        visited: set[tuple[int, int]] = set()
        waiting, linked = [top], list[str]()
        while waiting or linked:
            folder = waiting.pop() if waiting else linked.pop(0)
            try:
                found = os.stat(folder)
            except OSError as error:
                self._refuse(folder, error)
                continue
            if (found.st_dev, found.st_ino) in visited:
                continue
            visited.add((found.st_dev, found.st_ino))
            yield folder
            below = [entry for entry in self._entries(folder) if not _is_hidden(entry) and _is_dir(entry)]
            waiting += [entry.path for entry in below if not entry.is_symlink()]
            linked += [entry.path for entry in below if entry.is_symlink()]

    def _entries(self, folder: str) -> list["os.DirEntry[str]"]:
        try:
            with os.scandir(folder) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            self._refuse(folder, error)
            return []

    def _take(self, path: str) -> int:
        try:
            path.encode("utf-8")
        except UnicodeEncodeError:
            # Databases store text; such a name can't be stored.
            uri = printable(path)
            message = f"{uri}: the name is no valid UTF-8: rename the file or its folder"
            self.unreadable[uri] = Unreadable(uri, FailureReason.UNREADABLE, message)
            return 1
        try:
            found = os.stat(path)
        except OSError as error:
            self._refuse(path, error)
            return 1
        self.files[path] = FoundFile(path, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        return 1

    def _refuse(self, path: str, error: OSError) -> None:
        uri = printable(path)
        if isinstance(error, PermissionError):
            reason, advice = FailureReason.PERMISSION_DENIED, "make it readable and ingest it again"
        elif isinstance(error, FileNotFoundError) and os.path.islink(path):
            reason, advice = FailureReason.UNREADABLE, "the link points nowhere: mend or remove it"
        else:
            reason, advice = FailureReason.UNREADABLE, "check the disk or mount it lies on"
        why = (error.strerror or str(error)).lower()
        self.unreadable[uri] = Unreadable(uri, reason, f"{uri}: {why}: {advice}")


def is_below(uri: str, folder: str) -> bool:
    """Whether `uri` is the folder or lies in it, at any depth."""
    return uri == folder or uri.startswith(folder.rstrip("/") + "/")


def _is_hidden(entry: "os.DirEntry[str]") -> bool:
    return entry.name.startswith(".")


def _is_dir(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link into a folder that forbids to look, or one that runs in a circle: taking it will tell.
        return False


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def looks_like_audio(path: str) -> bool:
    return _suffix(path) in AUDIO_EXTENSIONS


def _hint(path: str) -> str:
    """The nearest name beside the first part of the path that does not exist."""
    folder, name = os.path.split(path)
    while not os.path.isdir(folder):
        folder, name = os.path.split(folder)
    try:
        names = {entry.lower(): entry for entry in sorted(os.listdir(folder))}
    except OSError:
        return ""
    near = difflib.get_close_matches(name.lower(), list(names), 1)
    return f"; did you mean {printable(os.path.join(folder, names[near[0]]))}?" if near else ""
