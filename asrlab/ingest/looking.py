"""Asking what lies behind URLs now, several at once: only of those that were fetched before."""

from collections.abc import Container, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from asrlab.audio.remote.urls import is_url
from asrlab.catalog.recordings import KnownFile
from asrlab.errors import AudioError
from asrlab.ingest.found import FoundFile

AT_ONCE = 8


def look_at_known(
    files: Sequence[FoundFile], known: Mapping[str, KnownFile], failed: Container[str]
) -> Iterator[FoundFile]:
    """The files in order, with size and times of those behind URLs that are known or failed before.

    One that gives no answer now is taken to be as it was: what is stored of it holds.
    """

    def look_again(file: FoundFile) -> FoundFile:
        # Only here: what fetches is slow to import.
        from asrlab.audio.remote.copies import look

        try:
            now = look(file.uri)
        except AudioError:
            seen = known.get(file.uri)
            return (
                file
                if seen is None
                else replace(file, size=seen.size, mtime_ns=seen.mtime_ns, etag=seen.etag)
            )
        return replace(file, size=now.size or 0, mtime_ns=now.mtime_ns, etag=now.etag)

    unseen = [
        file
        for file in files
        if is_url(file.uri)
        and (file.uri in known or file.uri in failed)
        and not (file.size or file.mtime_ns or file.etag)
    ]
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="asrlab-look") as pool:
        looked = {file.uri: file for file in pool.map(look_again, unseen)}
    return (looked.get(file.uri, file) for file in files)


def is_unchanged(seen: KnownFile, file: FoundFile) -> bool:
    """Whether a file is what it was when it was ingested, as far as size, time and tag tell."""
    if not is_url(file.uri):
        return (seen.size, seen.mtime_ns) == (file.size, file.mtime_ns)
    if seen.etag and file.etag:
        return seen.etag == file.etag
    same_size = not file.size or seen.size == file.size
    return same_size and (not file.mtime_ns or not seen.mtime_ns or seen.mtime_ns == file.mtime_ns)
