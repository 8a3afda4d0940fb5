"""Finding audio, and what is said of it: on this machine, behind URLs, in manifests, in sidecars beside the audio."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from asrlab.audio.files import cannot_read, printable
from asrlab.audio.remote.urls import check_url, is_url, local_path, url_parts, url_path
from asrlab.domain.reasons import FailureReason
from asrlab.domain.reference import Reference
from asrlab.errors import AudioError, InputNotFoundError
from asrlab.ingest.found import Discovery, Unreadable
from asrlab.ingest.local import SOME_EXTENSIONS, LocalSearch
from asrlab.ingest.manifests import KALDI_LIST, BadLine, Line, is_manifest, read_manifest
from asrlab.ingest.remote import RemoteSearch
from asrlab.ingest.sidecars import read_sidecar, sidecar_names


def discover(inputs: Sequence[str], sidecar: str | None = None, *, empty_is_fine: bool = False) -> Discovery:
    """The audio that `inputs` name now, and what manifests and sidecars say of it.

    inputs: files, folders, patterns with * ? [ ] ** (each with ~), URLs, manifests. sidecar: the kind of files to look
    for beside the audio (see `sidecar_names`), None for none. empty_is_fine: a folder may hold no audio yet.
    Raises InputNotFoundError for what names nothing, for a folder or pattern without audio, and for a manifest without
    an audio column.
    """
    search = _Search(empty_is_fine)
    for given in inputs:
        search.add(local_path(given))
    search.read_manifests()
    if sidecar is not None:
        search.read_sidecars(sidecar)
    return search.result()


class _Search:
    """What has been found so far, by URI."""

    def __init__(self, empty_is_fine: bool) -> None:
        self._empty_is_fine = empty_is_fine
        self._local = LocalSearch()
        self._remote = RemoteSearch(empty_is_fine)
        self._bad: dict[str, Unreadable] = {}
        self._references: dict[str, list[Reference]] = {}
        self._manifests: dict[str, None] = {}

    def add(self, given: str) -> None:
        if is_url(given):
            self._remote.add(given)
        elif not self._local.add(given) and not self._empty_is_fine:
            raise InputNotFoundError(
                f"no audio in {printable(given)}: looked for files named {SOME_EXTENSIONS} and the like; "
                "another file is taken when it is named itself"
            )

    def read_manifests(self) -> None:
        """Replace every manifest among what was found by the audio that it names."""
        for files in (self._local.files, self._remote.files):
            for uri in [uri for uri in files if is_manifest(url_path(uri) if is_url(uri) else uri)]:
                del files[uri]
                self._read_manifest(uri)

    def read_sidecars(self, kind: str) -> None:
        """Look for a sidecar beside each file; behind URLs only in folders that were listed."""
        for uri in [*self._local.files, *self._remote.files]:
            first, *chain = url_parts(uri) if is_url(uri) else [uri]
            names = ["::".join([name, *chain]) for name in sidecar_names(first, kind)]
            found = [name for name in names if self._is_there(name)]
            if found:
                self._read_sidecar(uri, found[0])

    def result(self) -> Discovery:
        return Discovery(
            (*self._local.files.values(), *self._remote.files.values()),
            (*self._local.unreadable.values(), *self._remote.unreadable.values(), *self._bad.values()),
            tuple(self._local.looked_through),
            self._references,
            tuple(self._manifests),
        )

    def _read_manifest(self, uri: str) -> None:
        self._manifests[uri] = None
        if is_url(uri) and url_path(uri).endswith(KALDI_LIST):
            raise InputNotFoundError(
                f"{printable(uri)}: a Kaldi data directory is several files: copy it to this machine"
            )
        usable = False
        try:
            with _readable(uri) as path:
                for line in read_manifest(path, uri):
                    if isinstance(line, BadLine):
                        self._refuse(line.place, FailureReason.BAD_REFERENCE, line.why)
                    else:
                        usable = self._take(uri, line) or usable
        except AudioError as error:
            self._bad[uri] = Unreadable(uri, error.reason, error.message)
            return
        except OSError as error:
            failure = cannot_read(Path(uri), error)
            self._bad[uri] = Unreadable(uri, failure.reason, failure.message)
            return
        if not usable and not self._bad and not self._empty_is_fine:
            raise InputNotFoundError(f"{printable(uri)} names no audio: it is empty")

    def _take(self, manifest: str, line: Line) -> bool:
        """Add a line's audio; returns whether it can be used."""
        place = line.reference.place
        try:
            uri = resolved(line.audio, manifest)
        except InputNotFoundError as error:
            self._refuse(place, FailureReason.BAD_REFERENCE, str(error))
            return False
        if is_url(uri):
            self._remote.take(uri)
        elif uri not in self._local.files:
            if not os.path.isfile(uri):
                why = f"{printable(uri)} is no file: put it there, or take the line out"
                self._refuse(place, FailureReason.VANISHED, why)
                return False
            self._local.take(uri)
        self._references.setdefault(uri, []).append(line.reference)
        return True

    def _is_there(self, sidecar: str) -> bool:
        return sidecar in self._remote.names if is_url(sidecar) else os.path.isfile(sidecar)

    def _read_sidecar(self, uri: str, sidecar: str) -> None:
        self._manifests[sidecar] = None
        try:
            with _readable(sidecar) as path:
                references = read_sidecar(path, sidecar)
        except ValueError as error:
            self._refuse(sidecar, FailureReason.BAD_REFERENCE, str(error))
        except AudioError as error:
            self._bad[sidecar] = Unreadable(sidecar, error.reason, error.message)
        except OSError as error:
            failure = cannot_read(Path(sidecar), error)
            self._bad[sidecar] = Unreadable(sidecar, failure.reason, failure.message)
        else:
            if references:
                self._references.setdefault(uri, []).extend(references)

    def _refuse(self, place: str, reason: FailureReason, why: str) -> None:
        uri = printable(place)
        self._bad[uri] = Unreadable(uri, reason, f"{uri}: {why}")


@contextmanager
def _readable(uri: str) -> Iterator[Path]:
    """The file itself, or a copy of what a URL holds."""
    if not is_url(uri):
        yield Path(uri)
        return
    from asrlab.audio.remote.copies import fetched

    with fetched(uri) as file:
        yield file.path


def resolved(audio: str, manifest: str) -> str:
    """Where a line's audio lies: as it says, else beside the manifest, else in the working directory."""
    audio = local_path(audio)
    if is_url(audio):
        return check_url(audio)
    path = os.path.expanduser(audio)
    if os.path.isabs(path):
        return os.path.normpath(path)
    if is_url(manifest):
        first, *chain = url_parts(manifest)
        return "::".join([f"{first.rpartition('/')[0]}/{audio}", *chain])
    beside = os.path.normpath(os.path.join(os.path.dirname(manifest), path))
    here = os.path.abspath(path)
    return here if not os.path.exists(beside) and os.path.exists(here) else beside
