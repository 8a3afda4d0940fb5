"""Copies of fetched audio, by the hash of their bytes: fetched once, read as often as it takes."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from asrlab.audio.files import printable
from asrlab.audio.remote.buckets import fetch_file, look_file
from asrlab.audio.remote.http import fetch_http, look_http
from asrlab.audio.remote.policy import FetchPolicy, current_policy
from asrlab.audio.remote.transfer import RemoteFile, Sink
from asrlab.audio.remote.urls import is_http, url_suffix
from asrlab.domain.audio import AudioSource
from asrlab.domain.reasons import FailureReason
from asrlab.errors import AudioError

# A copy that a process may be about to open is not thrown away.
IN_USE_S = 3600.0
SUFFIX_MAX_CHARS = 10
FETCHING = ".fetch-"


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """A URL's content on this machine, for as long as its block runs. content_hash: SHA-256, in hex."""

    path: Path
    remote: RemoteFile
    size: int
    content_hash: str


def look(url: str) -> RemoteFile:
    """Size, time and tag of what lies at `url` now; raises AudioError."""
    policy = current_policy()
    return look_http(url, policy) if is_http(url) else look_file(url, policy)


@contextmanager
def fetched(url: str) -> Iterator[FetchedFile]:
    """What `url` holds, in a file of its own that is removed at the end; raises AudioError."""
    policy = current_policy()
    try:
        policy.cache_dir.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=policy.cache_dir, prefix=FETCHING, suffix=_suffix(url))
    except OSError as error:
        raise _cannot_keep(policy, error) from error
    try:
        try:
            with os.fdopen(descriptor, "w+b") as file:
                sink = Sink(url, file, policy)
                remote = fetch_http(url, sink, policy) if is_http(url) else fetch_file(url, sink, policy)
        except OSError as error:
            raise _cannot_keep(policy, error) from error
        yield FetchedFile(Path(name), remote, sink.size, sink.content_hash)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name)


def keep(file: FetchedFile, url: str) -> Path:
    """Keep a fetched file for later reads; returns where."""
    policy = current_policy()
    target = _place(policy, file.content_hash, url)
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(file.path, target)
    _make_room(policy, target)
    return target


def local_copy(source: AudioSource) -> Path:
    """A copy of the bytes that were ingested from this URL, fetched again when there is none any more.

    Raises AudioError: unreachable, or other bytes lie there now.
    """
    policy = current_policy()
    path = _place(policy, source.content_hash, source.uri)
    try:
        if path.stat().st_size == source.size:
            os.utime(path)
            return path
    except OSError:
        # Not there, which is what fetching is for.
        pass
    with fetched(source.uri) as file:
        if file.content_hash != source.content_hash:
            raise AudioError(
                FailureReason.CHANGED,
                f"{printable(source.uri)} holds other audio than when it was ingested: ingest it again",
            )
        return keep(file, source.uri)


def remove_copy(content_hash: str, url: str) -> None:
    """Remove what is kept of these bytes, if it is."""
    _place(current_policy(), content_hash, url).unlink(missing_ok=True)


def _suffix(url: str) -> str:
    """What tells a codec without a header."""
    suffix = url_suffix(url)
    return suffix if suffix[1:].isalnum() and len(suffix) <= SUFFIX_MAX_CHARS else ""


def _place(policy: FetchPolicy, content_hash: str, url: str) -> Path:
    return policy.cache_dir / content_hash[:2] / f"{content_hash}{_suffix(url)}"


def _make_room(policy: FetchPolicy, new: Path) -> None:
    """Throw the copies away that were not used for longest, until all fit, and what killed fetches left."""
    now = time.time()
    for path in policy.cache_dir.glob(f"{FETCHING}*"):
        with suppress(FileNotFoundError):
            if now - path.stat().st_mtime > policy.deadline:
                path.unlink()
    copies = []
    for path in policy.cache_dir.glob("[0-9a-f][0-9a-f]/*"):
        with suppress(FileNotFoundError):
            found = path.stat()
            copies.append((found.st_mtime, found.st_size, path))
    held = sum(size for _, size, _ in copies)
    for used, size, path in sorted(copies):
        if held <= policy.cache_bytes:
            return
        if path != new and now - used > IN_USE_S:
            path.unlink(missing_ok=True)
            held -= size


def _cannot_keep(policy: FetchPolicy, error: OSError) -> AudioError:
    why = (error.strerror or str(error)).lower()
    return AudioError(
        FailureReason.UNREADABLE,
        f"fetched audio can't be kept in {policy.cache_dir}: {why}: make room, or name another cache_dir",
    )
