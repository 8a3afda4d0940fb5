"""From found files to recordings in the catalog: only what is new, and every refusal with its reason."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from asrlab.audio.files import check_readable, printable
from asrlab.audio.places import at_hand, named_after
from asrlab.audio.probe import content_hash, probe
from asrlab.audio.remote.urls import is_url
from asrlab.catalog import Catalog
from asrlab.catalog.failures import (
    INGEST,
    FailedItem,
    OpenFailure,
    open_failures,
    record_failure,
    recordings_out_of_reach,
    resolve_failure,
    resolve_recording,
)
from asrlab.catalog.forget import is_cut_from_forgotten, is_forgotten
from asrlab.catalog.recordings import (
    NewFile,
    add_file,
    audio_sources,
    find_info,
    give_up_places,
    known_files,
    supersede_file,
)
from asrlab.domain.reasons import REASONS_OF_THE_PLACE, FailureReason
from asrlab.errors import AudioError, ItemError, as_item_error
from asrlab.ingest.found import Discovery, FoundFile
from asrlab.ingest.local import is_below
from asrlab.ingest.looking import is_unchanged, look_at_known
from asrlab.ingest.own_names import own_name
from asrlab.stopping import check_stop

STAGE = INGEST


@dataclass(frozen=True, slots=True)
class IngestPlan:
    """What a call has to do: files to read, recordings it knows already, files that are still broken."""

    new: tuple[str, ...]
    known: tuple[int, ...]
    broken: tuple[str, ...]

    @property
    def uris(self) -> tuple[str, ...]:
        return self.new + self.broken


def plan_ingest(catalog: Catalog, discovery: Discovery) -> IngestPlan:
    """Sort the found files into new, known and still broken; records what could not even be looked at."""
    with catalog.reading() as session:
        known = known_files(session)
        failures = open_failures(session, STAGE)
    new: list[str] = []
    known_ids: dict[int, None] = {}
    broken: list[str] = []
    mended: list[str] = []
    for file in look_at_known(discovery.files, known, failures):
        seen = known.get(file.uri)
        if seen is not None and is_unchanged(seen, file):
            known_ids[seen.recording_id] = None
            if file.uri in failures:
                # It was out of reach, not damaged: the same file was read through before.
                (mended if is_url(file.uri) or os.access(file.uri, os.R_OK) else broken).append(file.uri)
        elif _still_broken(failures.get(file.uri), file):
            broken.append(file.uri)
        else:
            new.append(file.uri)
    _resolve(catalog, [*mended, *_removed(discovery, failures)])
    fresh = [entry for entry in discovery.unreadable if entry.uri not in failures]
    if fresh:
        with catalog.writing() as session:
            for entry in fresh:
                record_failure(session, FailedItem(STAGE, entry.uri, entry.uri, entry.reason, entry.message))
    broken += [entry.uri for entry in discovery.unreadable]
    look_again(catalog, list(known_ids))
    return IngestPlan(tuple(new), tuple(known_ids), tuple(broken))


def _removed(discovery: Discovery, failures: Mapping[str, OpenFailure]) -> list[str]:
    """Failures that are none any more: in the folders looked through those whose file was removed, or whose folder can
    be read now; of the manifests read those whose line is good now.
    """
    refused = {entry.uri for entry in discovery.unreadable}
    found = {file.uri for file in discovery.files}
    manifests = {printable(uri) for uri in discovery.manifests}
    return [
        uri
        for uri in failures
        if uri not in refused
        and uri not in found
        and (
            _manifest_of(uri) in manifests
            or (
                any(is_below(uri, folder) for folder in discovery.folders)
                and (not os.path.lexists(uri) or os.path.isdir(uri))
            )
        )
    ]


def _manifest_of(item: str) -> str:
    """The manifest or sidecar that an item of failures is, or is a line of."""
    manifest, separator, line = item.rpartition(":")
    return manifest if separator and line.isdecimal() else item


def _resolve(catalog: Catalog, uris: Sequence[str]) -> None:
    if uris:
        with catalog.writing() as session:
            for uri in uris:
                resolve_failure(session, STAGE, uri)


def look_again(catalog: Catalog, recording_ids: Sequence[int]) -> None:
    """Bring what the catalog says of these recordings' places up to date: moved, put back, readable again.

    Looks at a file only when its recording lies in several places or was out of reach when last tried.
    """
    with catalog.writing() as session:
        give_up_places(session, recording_ids)
    with catalog.reading() as session:
        sources = audio_sources(session, recordings_out_of_reach(session, recording_ids))
    for recording_id, source in sources.items():
        try:
            path = at_hand(source)
            check_readable(path)
        except AudioError:
            # As it stands in failures already.
            continue
        with catalog.writing() as session:
            resolve_recording(session, recording_id, gone=False)


def ingest_files(catalog: Catalog, uris: Sequence[str], corpus: str) -> list[int]:
    """Read each file through and store its recording; returns the recordings' ids, without duplicates.

    Idempotent: a file that is known by its bytes adds at most a place. A file that can't be used becomes a
    failure and the rest goes on. One short transaction a file.
    """
    ids: dict[int, None] = {}
    for uri in uris:
        check_stop()
        recording_id = _ingest_file(catalog, uri, corpus)
        if recording_id is not None:
            ids[recording_id] = None
    return list(ids)


def _ingest_file(catalog: Catalog, uri: str, corpus: str) -> int | None:
    stamp = ""
    try:
        with _at_hand(uri) as incoming:
            stamp = _stamp(incoming.file)
            with named_after(uri, incoming.path):
                new = _read_through(catalog, incoming, corpus)
            incoming.keep()
    except Exception as error:  # noqa: BLE001 - per-item isolation
        # Per-item isolation: whatever reading one file raises is that file's failure.
        _record(catalog, uri, stamp, as_item_error(error, FailureReason.DECODE_ERROR))
        return None
    with catalog.writing() as session:
        resolve_failure(session, STAGE, uri)
        return add_file(session, new)


@dataclass(frozen=True, slots=True)
class _Incoming:
    """A file to read through. path: where its bytes are now; keep: call it when they are good."""

    file: FoundFile
    path: Path
    content_hash: Callable[[], str]
    keep: Callable[[], object] = lambda: None


@contextmanager
def _at_hand(uri: str) -> Iterator[_Incoming]:
    if not is_url(uri):
        path = Path(uri)
        yield _Incoming(_stat(uri), path, lambda: content_hash(path))
        return
    # Only here: what fetches is slow to import.
    from asrlab.audio.remote.copies import fetched, keep

    with fetched(uri) as fetch:
        file = FoundFile(uri, fetch.size, fetch.remote.mtime_ns, 0, fetch.remote.etag)
        # A copy stays for the stages to come.
        yield _Incoming(file, fetch.path, lambda: fetch.content_hash, lambda: keep(fetch, uri))


def _read_through(catalog: Catalog, incoming: _Incoming, corpus: str) -> NewFile:
    file = incoming.file
    if file.size == 0:
        raise AudioError(FailureReason.EMPTY_FILE, f"{file.uri} is empty (0 bytes): copy it again")
    digest = incoming.content_hash()
    own = own_name(file.uri)
    with catalog.reading() as session:
        if is_forgotten(session, digest) or (
            own is not None and is_cut_from_forgotten(session, own.beginning, own.channel, own.span)
        ):
            raise AudioError(
                FailureReason.FORGOTTEN,
                f"{file.uri} was forgotten on purpose and is not read again: remove the file",
            )
        info = find_info(session, digest)
    # Bytes that are known were read through before.
    info = info or probe(incoming.path)
    return NewFile(file.uri, file.size, file.mtime_ns, digest, info, corpus, file.etag)


def _record(catalog: Catalog, uri: str, stamp: str, error: ItemError) -> None:
    with catalog.writing() as session:
        record_failure(session, FailedItem(STAGE, uri, uri, error.reason, error.message, stamp=stamp))
        if error.reason not in REASONS_OF_THE_PLACE:
            supersede_file(session, uri)


def _stat(uri: str) -> FoundFile:
    try:
        found = os.stat(uri)
    except FileNotFoundError as error:
        raise AudioError(FailureReason.VANISHED, f"{uri} vanished before it was read") from error
    except PermissionError as error:
        raise AudioError(FailureReason.PERMISSION_DENIED, f"{uri}: permission denied") from error
    except OSError as error:
        raise AudioError(FailureReason.UNREADABLE, f"{uri}: {error.strerror}") from error
    return FoundFile(uri, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _stamp(file: FoundFile) -> str:
    """What must change before a broken file is tried again; a chmod changes ctime alone."""
    return f"{file.size}:{file.mtime_ns}:{file.etag or file.ctime_ns}"


def _still_broken(failure: OpenFailure | None, file: FoundFile) -> bool:
    """Whether this very file failed before, and would again."""
    if failure is None or failure.stamp != _stamp(file):
        return False
    if is_url(file.uri) and failure.reason in REASONS_OF_THE_PLACE:
        return False
    # The rights of the process may have changed where the file has not.
    return failure.reason != FailureReason.PERMISSION_DENIED or not os.access(file.uri, os.R_OK)
