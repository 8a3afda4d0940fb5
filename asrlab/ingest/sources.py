"""Looking at a source: which files are there now, and which of them are new."""

import fnmatch
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from asrlab.audio.files import printable
from asrlab.audio.remote.urls import is_url
from asrlab.catalog import Catalog
from asrlab.catalog.failures import FailedItem, open_failures, record_failure, resolve_failure
from asrlab.catalog.sources import KnownSource, Source, SourceLook, note_look
from asrlab.domain.reasons import FailureReason
from asrlab.domain.reference import Prompt, Reference
from asrlab.errors import AudioError, InputNotFoundError, UserError
from asrlab.ingest.discover import discover
from asrlab.ingest.found import Discovery
from asrlab.ingest.references import apply_references
from asrlab.ingest.stage import STAGE, IngestPlan, plan_ingest

SOURCE_STAGE = "source"
# Of what is said of a recording, these have columns of their own.
_PROMPT_NAMES = ("language", "context")
_OWN_NAMES = ("speaker", "license")


@dataclass(frozen=True, slots=True)
class SourcePlan:
    """What a look at a source found, and what is to be ingested of it."""

    source: Source
    found: Discovery
    plan: IngestPlan


def plan_source(catalog: Catalog, known: KnownSource) -> SourcePlan | None:
    """Look at a source; None when it could not be looked at, which is noted with its reason and stops nothing else."""
    source = known.source
    try:
        found = discover([source.uri], source.sidecar, empty_is_fine=True)
    except InputNotFoundError as error:
        _note_failure(catalog, source, FailureReason.VANISHED, str(error))
        return None
    except UserError as error:
        # A package that its protocol needs, a manifest without audio.
        _note_failure(catalog, source, FailureReason.UNREADABLE, str(error))
        return None
    except AudioError as error:
        _note_failure(catalog, source, error.reason, error.message)
        return None
    if not found.files and found.unreadable:
        first = found.unreadable[0]
        _note_failure(catalog, source, first.reason, first.message)
        return None
    if not found.files and known.last is not None and known.last.found:
        why = f"{printable(source.uri)} held {known.last.found} files at the last look and holds none now: is it mounted?"
        _note_failure(catalog, source, FailureReason.VANISHED, why)
        return None
    chosen = _described(_included(found, source), source)
    return SourcePlan(source, chosen, plan_ingest(catalog, chosen))


def finish_source(catalog: Catalog, planned: SourcePlan) -> SourceLook:
    """Store what is said of the files that are recordings by now, and note what the look found."""
    apply_references(catalog, planned.found.references)
    with catalog.reading() as session:
        failures = open_failures(session, STAGE)
    mine = [*planned.plan.new, *planned.plan.broken, *planned.found.places]
    failed = len({uri for uri in mine if uri in failures})
    message = f"{failed} of its files or lines stand in `asrlab failures`" if failed else ""
    look = SourceLook(
        "partial" if failed else "ok", message, len(planned.found.files), len(planned.plan.new), failed
    )
    with catalog.writing() as session:
        note_look(session, planned.source.name, look)
        resolve_failure(session, SOURCE_STAGE, planned.source.name)
    return look


def _note_failure(catalog: Catalog, source: Source, reason: FailureReason, message: str) -> None:
    with catalog.writing() as session:
        record_failure(session, FailedItem(SOURCE_STAGE, source.name, source.uri, reason, message))
        note_look(session, source.name, SourceLook("failed", message))


def _included(found: Discovery, source: Source) -> Discovery:
    if not source.include:
        return found
    files = tuple(file for file in found.files if _fits(file.uri, source))
    kept = {file.uri for file in files}
    return replace(
        found,
        files=files,
        references={uri: said for uri, said in found.references.items() if uri in kept},
    )


def _fits(uri: str, source: Source) -> bool:
    """Whether a pattern fits the file's path below the source, or its name where the pattern has no slash."""
    root = source.uri.rstrip("/") + "/"
    below = uri.removeprefix(root)
    if is_url(below) or posixpath.isabs(below):
        # Named by a manifest, from anywhere.
        below = uri
    name = posixpath.basename(uri)
    return any(fnmatch.fnmatchcase(below if "/" in pattern else name, pattern) for pattern in source.include)


def _described(found: Discovery, source: Source) -> Discovery:
    """The same with the source's metadata said of every file; what a manifest says of one stands."""
    if not source.metadata:
        return found
    own = _reference(source)
    references: dict[str, Sequence[Reference]] = {}
    for file in found.files:
        said = found.references.get(file.uri, ())
        references[file.uri] = [_completed(reference, source.metadata) for reference in said] or [own]
    return replace(found, references=references)


def _reference(source: Source) -> Reference:
    place = f"source {source.name}"
    return _completed(Reference(place, place), source.metadata)


def _completed(reference: Reference, metadata: Mapping[str, str]) -> Reference:
    prompt = reference.prompt
    own = {name: value for name, value in metadata.items() if name not in (*_PROMPT_NAMES, *_OWN_NAMES)}
    return replace(
        reference,
        prompt=Prompt(
            prompt.language if prompt.language is not None else metadata.get("language"),
            prompt.context if prompt.context is not None else metadata.get("context"),
        ),
        speaker=reference.speaker or metadata.get("speaker"),
        license=reference.license or metadata.get("license"),
        metadata={**own, **reference.metadata},
    )
