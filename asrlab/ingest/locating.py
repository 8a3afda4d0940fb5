"""From the audio that a file names to recordings of the catalog: known by place or content, or ingested now."""

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from asrlab.audio.files import printable
from asrlab.audio.remote.urls import is_url, url_path
from asrlab.catalog import Catalog
from asrlab.catalog.forget import forgotten_among
from asrlab.catalog.imports import newest_recording, places_named, recordings_at, recordings_hashed
from asrlab.catalog.recordings import DEFAULT_CORPUS
from asrlab.catalog.values import HASH_DIGITS
from asrlab.domain.reasons import FailureReason
from asrlab.errors import InputNotFoundError, OptionError
from asrlab.ingest.discover import resolved
from asrlab.ingest.found import Discovery
from asrlab.ingest.imports.protocol import AudioName, Packed
from asrlab.ingest.local import LocalSearch, looks_like_audio
from asrlab.ingest.own_names import OwnName, own_name
from asrlab.ingest.stage import ingest_files, plan_ingest

_KEYED_STEM = re.compile(r"(.*?)\.?[0-9a-f]{16}", re.DOTALL)
_FORGOTTEN = "its audio was forgotten on purpose and is not read again: remove the line and the file"
MAX_STEM_BYTES = 150
"""To which the export cuts the names of files."""


@dataclass(frozen=True, slots=True)
class Located:
    """Where the audio of a text is. start_ms: where the audio that is named begins in the recording.

    end_ms: where it ends, None for the recording's end. tells_channel: whether it was cut from a recording, so that
    the text's channel is that one's, and `channel` the one that is meant here.
    """

    recording_id: int
    start_ms: int = 0
    end_ms: int | None = None
    channel: int | None = None
    tells_channel: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """Audio that was not found, and why. item: under what it stands in failures already, "" for nowhere."""

    reason: FailureReason
    why: str
    item: str = ""


class AudioFinder:
    """The audio that one import names; each name is looked for once.

    folder: where else to look, and where audio that lies inside files is unpacked. corpus: of what is new, "" for the
    one that the file names.
    """

    def __init__(self, catalog: Catalog, folder: Path | None, corpus: str) -> None:
        self._catalog, self._folder, self._corpus = catalog, folder, corpus
        self._found: dict[tuple[AudioName, Path], Located | Missing] = {}
        self._by_stem: dict[str, list[str]] | None = None
        self.new_recordings: set[int] = set()

    def find(
        self, names: Iterable[tuple[AudioName, Path]]
    ) -> dict[tuple[AudioName, Path], Located | Missing]:
        """Where each is; beside a name stands the file that says it. New audio is read through and stored.

        Raises OptionError for audio inside a file when there is no folder to unpack it into.
        """
        wanted = list(dict.fromkeys(names))
        new = [key for key in wanted if key not in self._found]
        by_hash, forgotten = self._hashed(new)
        places: dict[tuple[AudioName, Path], str] = {}
        for key in new:
            own = _as_own(key[0], by_hash)
            if own is not None:
                self._keep(key, own)
                continue
            if forgotten and not forgotten.isdisjoint(_hashes(key[0])):
                self._keep(key, Missing(FailureReason.FORGOTTEN, _FORGOTTEN))
                continue
            found = self._place(key, by_hash)
            if isinstance(found, str):
                places[key] = found
            else:
                self._keep(key, found)
        known = self._ingested(places)
        for key, uri in places.items():
            why = f"{printable(uri)} can't be used as audio"
            recording_id = known.get(uri)
            self._keep(
                key,
                Located(recording_id, tells_channel=_is_cut(key[0]))
                if recording_id is not None
                else Missing(FailureReason.BAD_REFERENCE, why, printable(uri)),
            )
        answer = {key: self._found[key] for key in wanted}
        for key in new:
            if key[0].packed is not None:
                # The bytes of clips are not to be held for the rest of the import.
                del self._found[key]
        return answer

    def _keep(self, key: tuple[AudioName, Path], found: Located | Missing) -> None:
        self._found[key] = found

    def _hashed(self, keys: Sequence[tuple[AudioName, Path]]) -> tuple[dict[str, int], set[str]]:
        """The recordings by the beginnings of hashes that the names tell, and the beginnings that were forgotten."""
        wanted = {beginning for name, _ in keys for beginning in _hashes(name)}
        if not wanted:
            return {}, set()
        with self._catalog.reading() as session:
            known = recordings_hashed(session, wanted)
            return known, forgotten_among(session, wanted - known.keys())

    def _place(self, key: tuple[AudioName, Path], by_hash: dict[str, int]) -> str | Located | Missing:
        """The URI of the audio, or the recording, where the bytes need not be looked at."""
        name, file = key
        hashed = by_hash.get(name.content_hash[:HASH_DIGITS]) if name.content_hash else None
        if name.packed is not None:
            return self._unpacked(name.packed, file)
        if name.stem:
            return self._by_name(name.stem, file, hashed)
        try:
            uri = resolved(name.path, str(file))
        except InputNotFoundError as error:
            return Missing(FailureReason.BAD_REFERENCE, str(error))
        if is_url(uri) or os.path.isfile(uri):
            return uri
        with self._catalog.reading() as session:
            at = recordings_at(session, [uri])
        if uri in at:
            return Located(at[uri])
        for other in self._elsewhere(name.path, file):
            if other.is_file():
                return str(other)
        if hashed is not None:
            return Located(hashed)
        return Missing(
            FailureReason.VANISHED,
            f"{printable(uri)} is no file: put it there, or say where with --audio DIR",
        )

    def _elsewhere(self, path: str, file: Path) -> Iterator[Path]:
        """A path below a server's root may lie below the file; else it may lie in the folder given, at any depth."""
        parts = PurePosixPath(path).parts
        relative = [part for part in parts if part not in ("/", "..", ".")]
        yield file.parent.joinpath(*relative)
        if self._folder is not None:
            self._check_folder(self._folder)
            for first in range(len(relative)):
                yield self._folder.joinpath(*relative[first:])

    def _check_folder(self, folder: Path) -> None:
        """One that is not there yet is made when audio is unpacked, but nothing can be found in it."""
        if not folder.is_dir():
            raise OptionError(f"--audio {printable(folder)} is no folder: check its spelling")

    def _by_name(self, stem: str, file: Path, hashed: int | None) -> str | Located | Missing:
        """The audio that a file is called after: beside it, in the folder given, or in the catalog."""
        if hashed is not None:
            return Located(hashed)
        stems = {stem}
        if keyed := _KEYED_STEM.fullmatch(stem):
            stems.add(keyed[1])
        for paths in (_audio_in(file.parent), self._in_folder()):
            here = [path for each in stems for path in paths.get(each, ())]
            if len(here) == 1:
                return here[0]
            if here:
                return Missing(
                    FailureReason.BAD_REFERENCE, f"{len(here)} audio files are called {printable(stem)}"
                )
        with self._catalog.reading() as session:
            places = places_named(session, max(stems, key=len)[: MAX_STEM_BYTES // 4])
        found = {recording_id for uri, recording_id in places.items() if stem_of(uri) == stem}
        if len(found) == 1:
            return Located(found.pop())
        if found:
            return Missing(
                FailureReason.BAD_REFERENCE,
                f"{len(found)} recordings are called {printable(stem)}: say which with --audio DIR",
            )
        return Missing(
            FailureReason.VANISHED,
            f"no audio is called {printable(stem)}: say where it is with --audio DIR",
        )

    def _in_folder(self) -> dict[str, list[str]]:
        if self._folder is None:
            return {}
        self._check_folder(self._folder)
        if self._by_stem is None:
            search = LocalSearch()
            search.add(str(self._folder))
            self._by_stem = _by_stem(search.files)
        return self._by_stem

    def _unpacked(self, packed: Packed, file: Path) -> str | Missing:
        if self._folder is None:
            raise OptionError(
                f"{printable(file)} holds its audio inside: say where to unpack it with --audio DIR"
            )
        data = packed.read()
        target = self._folder / _name_inside(packed, data)
        if target.exists() and target.read_bytes() != data:
            # In other folders of its data set, or another one, a file had the same name.
            target = target.with_name(f"{target.stem}-{_digits(data)}{target.suffix}")
        if not (target.is_file() and target.read_bytes() == data):
            self._folder.mkdir(parents=True, exist_ok=True)
            partial = target.with_name(f".{target.name}.part")
            partial.write_bytes(data)
            partial.replace(target)
        return os.path.abspath(target)

    def _ingested(self, places: dict[tuple[AudioName, Path], str]) -> dict[str, int]:
        """The recordings at these places, read through where they are new or have changed."""
        corpora = {uri: self._corpus or name.corpus or DEFAULT_CORPUS for (name, _), uri in places.items()}
        if not corpora:
            return {}
        with self._catalog.reading() as session:
            known = recordings_at(session, list(corpora))
        local, remote = LocalSearch(), []
        for uri in corpora:
            if not is_url(uri):
                local.take(uri)
            elif uri not in known:
                remote.append(uri)
        plan = plan_ingest(
            self._catalog, Discovery(tuple(local.files.values()), tuple(local.unreadable.values()))
        )
        with self._catalog.reading() as session:
            newest = newest_recording(session)
        for corpus in dict.fromkeys(corpora.values()):
            uris = [uri for uri in (*plan.new, *remote) if corpora[uri] == corpus]
            # The others only got another place.
            self.new_recordings |= {
                each for each in ingest_files(self._catalog, uris, corpus) if each > newest
            }
        broken = set(plan.broken)
        with self._catalog.reading() as session:
            now = recordings_at(session, list(corpora))
        return {uri: recording_id for uri, recording_id in now.items() if uri not in broken}


def _name_inside(packed: Packed, data: bytes) -> str:
    """What audio that lay in a file is called once it is unpacked: by its bytes where it has no name."""
    return packed.name if packed.name not in ("", ".", "..") else f"audio-{_digits(data)}"


def _digits(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:HASH_DIGITS]


def stem_of(uri: str) -> str:
    """The name of an audio file as the export calls other files after it."""
    stem = PurePosixPath(url_path(uri) if is_url(uri) else uri).stem
    kept = "".join(character for character in stem if unicodedata.category(character) != "Cc")
    return kept.encode("utf-8", "replace")[:MAX_STEM_BYTES].decode("utf-8", "ignore")


def _own_name(name: AudioName) -> OwnName | None:
    return own_name(name.packed.name if name.packed else name.path)


def _hashes(name: AudioName) -> set[str]:
    """The beginnings of content hashes that a name tells."""
    told = {name.content_hash[:HASH_DIGITS]} if name.content_hash else set()
    own = _own_name(name)
    return told if own is None else told | {own.beginning}


def _is_cut(name: AudioName) -> bool:
    """Whether an export cut this audio from a recording, in time or by channel."""
    own = _own_name(name)
    return own is not None and own.is_cut


def _as_own(name: AudioName, by_hash: dict[str, int]) -> Located | None:
    """The place in the recording that an export cut, copied or converted this audio from, if that is known."""
    own = _own_name(name)
    if own is None or own.beginning not in by_hash:
        return None
    recording_id = by_hash[own.beginning]
    return Located(recording_id, own.start_ms or 0, own.end_ms, own.channel, tells_channel=own.is_cut)


def _audio_in(folder: Path) -> dict[str, list[str]]:
    try:
        return _by_stem(entry.path for entry in os.scandir(folder) if looks_like_audio(entry.name))
    except OSError:
        return {}


def _by_stem(paths: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted(paths):
        if looks_like_audio(path):
            found.setdefault(stem_of(path), []).append(os.path.abspath(path))
    return found
