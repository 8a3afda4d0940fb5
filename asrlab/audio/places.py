"""From the place of a recording to a file that can be read: as it lies there, or a copy of what a URL holds."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from asrlab.audio.files import cannot_read, printable
from asrlab.audio.probe import HASH_BLOCK_BYTES, content_hash
from asrlab.audio.remote.urls import is_url
from asrlab.domain.audio import AudioSource
from asrlab.domain.reasons import FailureReason
from asrlab.errors import AudioError


def at_hand(source: AudioSource) -> Path:
    """The file that holds this recording's bytes, the very ones that were ingested.

    Raises AudioError when they are gone, out of reach or others now.
    """
    if is_url(source.uri):
        # Only here: what fetches is slow to import.
        from asrlab.audio.remote.copies import local_copy

        return local_copy(source)
    verify_unchanged(source)
    return Path(source.uri)


@contextmanager
def named_after(source_uri: str, path: Path) -> Iterator[None]:
    """Let what is wrong with the file at `path` be told of the place its bytes come from."""
    try:
        yield
    except AudioError as error:
        if str(path) == source_uri:
            raise
        message = error.message.replace(printable(path), printable(source_uri))
        raise AudioError(error.reason, message) from error


def verify_unchanged(source: AudioSource) -> None:
    """Raise AudioError when the file is gone or holds other bytes than those ingested."""
    path = Path(source.uri)
    try:
        now = path.stat()
    except OSError as error:
        raise cannot_read(path, error) from error
    if (now.st_size, now.st_mtime_ns) == (source.size, source.mtime_ns):
        return
    # Touched or copied: the bytes decide.
    if now.st_size != source.size or content_hash(path) != source.content_hash:
        raise _changed(source)


def verified_blocks(source: AudioSource) -> Iterator[bytes]:
    """The recording's bytes as they were ingested, in order, the whole of them when no error is raised.

    Raises AudioError as `at_hand`, and behind the last block when their hash is another: throw them away then.
    """
    path = at_hand(source)
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(HASH_BLOCK_BYTES):
                digest.update(block)
                yield block
    except OSError as error:
        raise cannot_read(path, error) from error
    if digest.hexdigest() != source.content_hash:
        raise _changed(source)


def _changed(source: AudioSource) -> AudioError:
    return AudioError(
        FailureReason.CHANGED, f"{source.uri} holds other audio than when it was ingested: ingest it again"
    )
