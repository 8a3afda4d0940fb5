"""Storing what manifests and sidecars say of the recordings that were found."""

import hashlib
import json
from collections.abc import Mapping, Sequence

from asrlab.catalog import Catalog
from asrlab.catalog.failures import INGEST, FailedItem, record_failure
from asrlab.catalog.recordings import known_files
from asrlab.catalog.references import RefusedReference, store_references, stored_digests
from asrlab.catalog.values import chunks
from asrlab.domain.reasons import FailureReason
from asrlab.domain.reference import Reference

RECORDINGS_PER_TRANSACTION = 100


def apply_references(catalog: Catalog, references: Mapping[str, Sequence[Reference]]) -> None:
    """Store what is said of files that are recordings by now; what can't be stored becomes a failure.

    references: by URI. Idempotent, and quick where nothing has changed.
    """
    if not references:
        return
    by_recording = _by_recording(catalog, references)
    digests = {recording_id: _digest(said) for recording_id, said in by_recording.items()}
    with catalog.reading() as session:
        stored = stored_digests(session, list(by_recording))
    changed = [
        recording_id for recording_id in by_recording if stored.get(recording_id) != digests[recording_id]
    ]
    for some in chunks(changed, RECORDINGS_PER_TRANSACTION):
        with catalog.writing() as session:
            for recording_id in some:
                for refused in store_references(
                    session, recording_id, by_recording[recording_id], digests[recording_id]
                ):
                    record_failure(session, _failure(refused, recording_id))


def _by_recording(
    catalog: Catalog, references: Mapping[str, Sequence[Reference]]
) -> dict[int, list[Reference]]:
    with catalog.reading() as session:
        known = known_files(session)
    found: dict[int, list[Reference]] = {}
    for uri, said in references.items():
        if uri in known:
            # Two places may hold the same bytes, and both be named.
            found.setdefault(known[uri].recording_id, []).extend(said)
    return found


def _failure(refused: RefusedReference, recording_id: int) -> FailedItem:
    place = refused.reference.place
    message = f"{place}: {refused.why}"
    return FailedItem(INGEST, place, place, FailureReason.BAD_REFERENCE, message, recording_id=recording_id)


def _digest(references: Sequence[Reference]) -> str:
    said = [
        (
            reference.source,
            reference.start,
            reference.end,
            reference.text,
            reference.prompt.language,
            reference.prompt.context,
            reference.speaker,
            reference.license,
            sorted(reference.metadata.items()),
        )
        for reference in references
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
