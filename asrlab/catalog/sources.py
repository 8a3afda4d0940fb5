"""Sources: places where audio comes from, and what the last look at each found."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.recordings import DEFAULT_CORPUS
from asrlab.catalog.schema import SourceRow
from asrlab.catalog.values import canonical_json, storable, utc_now
from asrlab.errors import SourceError

# ok: all was looked at; partial: something in it could not be; failed: the place itself could not.
SourceState = Literal["ok", "partial", "failed"]


@dataclass(frozen=True, slots=True)
class Source:
    """A place to look at again and again.

    uri: a folder, a pattern, a URL, a bucket's prefix or a manifest. include: patterns of which one must fit a file's
    path below the place, or its name; none take every file. metadata: what is said of every recording from there.
    """

    name: str
    uri: str
    include: tuple[str, ...] = ()
    corpus: str = DEFAULT_CORPUS
    sidecar: str | None = None
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class SourceLook:
    """What one look found: files there now, those that were new, and of these those that could not be used."""

    state: SourceState
    message: str = ""
    found: int = 0
    new: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class KnownSource:
    """A source as it stands in the catalog. last: None before the first look."""

    source: Source
    is_enabled: bool
    created_at: datetime
    looked_at: datetime | None
    last: SourceLook | None


def add_source(session: Session, source: Source, *, replace: bool) -> None:
    """Store a source; raises SourceError for a name that is taken, unless it is to be replaced."""
    row = _row(session, source.name)
    if row is not None and not replace:
        raise SourceError(
            f"there is a source {source.name!r} already ({row.uri}): give another name, or --replace"
        )
    if row is None:
        row = SourceRow(name=source.name, created_at=utc_now())
        session.add(row)
    row.uri = source.uri
    row.include = json.dumps(list(source.include), ensure_ascii=False)
    row.corpus = source.corpus
    row.sidecar = source.sidecar
    row.metadata_json = canonical_json(
        {storable(name): storable(value) for name, value in source.metadata.items()}
    )
    row.is_enabled = True
    session.flush()


def known_sources(session: Session) -> list[KnownSource]:
    """All sources, by name."""
    return [_known(row) for row in session.scalars(sa.select(SourceRow).order_by(SourceRow.name))]


def find_source(session: Session, name: str) -> KnownSource:
    """The source of this name; raises SourceError when there is none."""
    return _known(_surely(session, name))


def enable_source(session: Session, name: str, *, enabled: bool) -> None:
    """Let a source be looked at, or not; raises SourceError when there is none of this name."""
    _surely(session, name).is_enabled = enabled


def note_look(session: Session, name: str, look: SourceLook) -> None:
    """Remember what a look at a source found."""
    row = _surely(session, name)
    row.looked_at = utc_now()
    row.state = look.state
    row.message = storable(look.message)
    row.num_found, row.num_new, row.num_failed = look.found, look.new, look.failed


def _row(session: Session, name: str) -> SourceRow | None:
    return session.scalars(sa.select(SourceRow).where(SourceRow.name == name)).one_or_none()


def _surely(session: Session, name: str) -> SourceRow:
    row = _row(session, name)
    if row is None:
        names = list(session.scalars(sa.select(SourceRow.name).order_by(SourceRow.name)))
        known = f"there are {', '.join(names)}" if names else "`asrlab source add NAME URI` adds one"
        raise SourceError(f"there is no source {name!r}: {known}")
    return row


def _known(row: SourceRow) -> KnownSource:
    state: SourceState | None = row.state  # type: ignore[assignment]
    return KnownSource(
        Source(
            row.name,
            row.uri,
            tuple(json.loads(row.include)),
            row.corpus,
            row.sidecar,
            json.loads(row.metadata_json),
        ),
        row.is_enabled,
        row.created_at,
        row.looked_at,
        None if state is None else SourceLook(state, row.message, row.num_found, row.num_new, row.num_failed),
    )
