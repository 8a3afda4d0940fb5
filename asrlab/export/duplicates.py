"""Recordings of the same samples in files of other bytes: one take as WAV and as FLAC, or with other tags.

The catalog knows files by their bytes, so what may be alike is decoded: the beginnings of those that agree in length,
rate and channels, and the whole of those whose beginnings agree too.
"""

import hashlib
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from asrlab.audio.decode import open_audio
from asrlab.audio.places import at_hand, named_after
from asrlab.catalog import Catalog
from asrlab.catalog.recordings import audio_sources
from asrlab.catalog.releases import split_recordings
from asrlab.domain.audio import AudioSource
from asrlab.errors import ItemError, UserError
from asrlab.export.held import HASH_BYTES
from asrlab.export.placing import in_parallel
from asrlab.export.spool import RecordingSpool

BEGINNING_SAMPLES = 1 << 14
"""Of each channel: a second, by which most recordings of one length are told apart."""
SOURCES_AT_ONCE = 5_000
_UNREAD = 0


@dataclass(frozen=True, slots=True)
class Duplicates:
    """first_of: the lowest content hash of those alike, by the content hash of each; what is unlike any is not in it.

    unread: recordings of earlier releases that may be alike to one here, but their audio is gone or out of reach.
    """

    first_of: Mapping[str, str]
    unread: int = 0

    def identity(self, content_hash: str) -> str:
        """What a recording has in common with its duplicates alone."""
        return self.first_of.get(content_hash, content_hash)

    def lines(self) -> list[str]:
        """What was found, for people."""
        found = []
        if self.first_of:
            takes = len(set(self.first_of.values()))
            found.append(
                f"takes in several files, kept together: {takes:,} ({len(self.first_of):,} recordings)"
            )
        if self.unread:
            found.append(
                f"not compared, as the audio is gone or out of reach: recordings of earlier releases, {self.unread:,}"
            )
        return found


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A recording that may be alike to another. is_earlier: of an earlier release alone, so that it may be gone."""

    source: AudioSource
    is_earlier: bool


def find_duplicates(catalog: Catalog, spool: RecordingSpool) -> Duplicates:
    """Compare the recordings of an export with each other, and with all that earlier releases split.

    Raises UserError, naming the recording, when audio of the export can't be read.
    """
    earlier, shapes = _shapes(catalog, spool)

    def candidates() -> Iterator[_Candidate]:
        for recording in spool.bare():
            if _shape_of(recording.source) in shapes:
                yield _Candidate(recording.source, False)
        for first in range(0, len(earlier), SOURCES_AT_ONCE):
            with catalog.reading() as session:
                found = audio_sources(session, earlier[first : first + SOURCES_AT_ONCE])
            yield from (_Candidate(source, True) for source in found.values())

    beginnings = _hashes(candidates(), BEGINNING_SAMPLES)
    alike = _repeated(beginnings)

    def chosen() -> Iterator[_Candidate]:
        every = zip(candidates(), beginnings, strict=True)
        return (each for each, beginning in every if beginning in alike)

    takes: dict[int, list[str]] = {}
    for each, whole in zip(chosen(), _hashes(chosen(), None), strict=True):
        takes.setdefault(whole, []).append(each.source.content_hash)
    takes.pop(_UNREAD, None)
    first_of = {each: min(hashes) for hashes in takes.values() if len(hashes) > 1 for each in hashes}
    is_read = (
        each.is_earlier and found != _UNREAD for each, found in zip(candidates(), beginnings, strict=True)
    )
    return Duplicates(first_of, len(earlier) - sum(is_read))


def _shapes(catalog: Catalog, spool: RecordingSpool) -> tuple[list[int], Collection[int]]:
    """The earlier releases' recordings that are shaped like one of the export, and the shapes that several have."""
    own_ids: set[int] = set()
    shapes = array("Q")
    for recording in spool.bare():
        own_ids.add(recording.recording_id)
        shapes.append(_shape_of(recording.source))
    own_shapes = set(shapes)
    earlier: list[int] = []
    with catalog.reading() as session:
        for recording_id, *numbers in split_recordings(session):
            if recording_id not in own_ids and (shape := _shape(*numbers)) in own_shapes:
                earlier.append(recording_id)
                shapes.append(shape)
    return earlier, _repeated(shapes)


def _shape_of(source: AudioSource) -> int:
    return _shape(source.num_samples, source.sampling_rate, source.num_channels)


def _shape(num_samples: int, sampling_rate: int, num_channels: int) -> int:
    return _number(
        hashlib.blake2b(f"{num_samples}:{sampling_rate}:{num_channels}".encode(), digest_size=HASH_BYTES)
    )


def _repeated(numbers: "array[int]") -> frozenset[int]:
    """Those that stand there more than once, but for what could not be read."""
    values, counts = np.unique(np.asarray(numbers), return_counts=True)
    return frozenset(values[counts > 1].tolist()) - {_UNREAD}


def _hashes(candidates: Iterable[_Candidate], limit: int | None) -> "array[int]":
    """8 bytes for the samples of each, up to `limit` of a channel; _UNREAD for an earlier one that can't be read."""
    found = array("Q")

    def numbered() -> Iterator[tuple[int, _Candidate]]:
        for candidate in candidates:
            found.append(_UNREAD)
            yield len(found) - 1, candidate

    def work(item: tuple[int, _Candidate]) -> Iterator[None]:
        place, candidate = item
        source = candidate.source
        digest = hashlib.blake2b(_shape_of(source).to_bytes(HASH_BYTES), digest_size=HASH_BYTES)
        try:
            for block in _blocks(source, limit):
                digest.update(block)
                yield
        except ItemError as error:
            if candidate.is_earlier:
                return
            raise UserError(f"can't look for duplicates: {error}") from error
        found[place] = _number(digest)

    in_parallel(work, numbered())
    return found


def _blocks(source: AudioSource, limit: int | None) -> Iterator[bytes]:
    """The decoded samples, as the bytes that every container of them gives."""
    left = source.num_samples if limit is None else min(limit, source.num_samples)
    path = at_hand(source)
    with named_after(source.uri, path), open_audio(path) as stream:
        for block in stream.blocks():
            # Adding 0 makes one of 0.0 and -0.0.
            yield (block[:left] + np.float32(0)).tobytes()
            left -= len(block)
            if left <= 0:
                return


def _number(digest: "hashlib.blake2b") -> int:
    # Never the number that stands for nothing.
    return int.from_bytes(digest.digest()) or 1
