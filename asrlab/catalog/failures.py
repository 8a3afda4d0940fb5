"""What could not be labeled, why, and how often it was tried."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.schema import FailureRow
from asrlab.catalog.segments import Segment
from asrlab.catalog.values import chunks, insert_into, storable, utc_now
from asrlab.domain.audio import AudioSource
from asrlab.domain.reasons import REASONS_OF_THE_PLACE, FailureReason
from asrlab.errors import ItemError

INGEST = "ingest"
TRANSCRIBE = "transcribe"
MESSAGE_MAX_CHARS = 2_000

# What counts as a failure today is the view's to say: see migrations.
_OPEN = sa.table(
    "v_failures",
    *(sa.column(name, sa.Text) for name in ("stage", "reason", "message", "uri", "item", "fingerprint")),
    *(sa.column(name, sa.Integer) for name in ("failure_id", "attempts", "recording_id")),
)
_SHOWN = [_OPEN.c[name] for name in ("stage", "reason", "message", "uri", "attempts")]


@dataclass(frozen=True, slots=True)
class FailedItem:
    """An item of a stage that fails, as the stage reports it.

    item: the stage's own key of it (a URI, a segment id). stamp: what must change before it is tried again.
    """

    stage: str
    item: str
    uri: str
    reason: FailureReason
    message: str
    fingerprint: str = ""
    stamp: str = ""
    recording_id: int | None = None
    segment_id: int | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure as people see it."""

    stage: str
    reason: str
    message: str
    uri: str
    attempts: int


@dataclass(frozen=True, slots=True)
class OpenFailure:
    """Why an item stands in failures, and what must change before it is tried again."""

    reason: str
    stamp: str


def failed_segment(
    stage: str, item: int, segment: Segment, source: AudioSource | None, fingerprint: str, error: ItemError
) -> FailedItem:
    """The failure of a segment, or of one of its texts, at a stage with this fingerprint."""
    return FailedItem(
        stage,
        str(item),
        source.uri if source else "",
        error.reason,
        error.message,
        fingerprint=fingerprint,
        recording_id=segment.recording_id,
        segment_id=segment.segment_id,
    )


def record_failure(session: Session, failed: FailedItem) -> None:
    """Insert the failure, or count one more attempt of the one that stands there, whoever recorded it."""
    now = utc_now()
    latest = {
        "uri": failed.uri,
        "recording_id": failed.recording_id,
        "segment_id": failed.segment_id,
        "reason": failed.reason.value,
        "message": storable(failed.message)[:MESSAGE_MAX_CHARS],
        "stamp": failed.stamp,
        "last_failed_at": now,
        "resolved_at": None,
    }
    key = {"stage": failed.stage, "item": failed.item, "fingerprint": failed.fingerprint}
    session.execute(
        insert_into(session, FailureRow)
        .values(**key, **latest, attempts=1, first_failed_at=now)
        .on_conflict_do_update(index_elements=list(key), set_={**latest, "attempts": FailureRow.attempts + 1})
    )


def resolve_failure(session: Session, stage: str, item: str, fingerprint: str | None = "") -> None:
    """Mark an item's failure as mended (None: whatever its fingerprint); a no-op when it never failed."""
    statement = sa.update(FailureRow).where(
        FailureRow.stage == stage, FailureRow.item == item, FailureRow.resolved_at.is_(None)
    )
    if fingerprint is not None:
        statement = statement.where(FailureRow.fingerprint == fingerprint)
    session.execute(statement.values(resolved_at=utc_now()))


def open_failures(session: Session, stage: str) -> dict[str, OpenFailure]:
    """The reason and stamp of every open failure of a stage, by item."""
    rows = session.execute(
        sa.select(FailureRow.item, FailureRow.reason, FailureRow.stamp).where(
            FailureRow.stage == stage, FailureRow.resolved_at.is_(None)
        )
    )
    return {row.item: OpenFailure(row.reason, row.stamp) for row in rows}


def resolve_recording(session: Session, recording_id: int, *, gone: bool) -> None:
    """Mark a recording's failures as mended: all when it is gone, those of its place when it was read well."""
    statement = sa.update(FailureRow).where(
        FailureRow.recording_id == recording_id, FailureRow.resolved_at.is_(None)
    )
    if not gone:
        statement = statement.where(FailureRow.reason.in_(REASONS_OF_THE_PLACE))
    session.execute(statement.values(resolved_at=utc_now()))


def resolve_prompted(session: Session, recording_id: int) -> None:
    """Let a recording's segments be transcribed again that failed: the engine will be told something else."""
    session.execute(
        sa.update(FailureRow)
        .where(
            FailureRow.recording_id == recording_id,
            FailureRow.stage == TRANSCRIBE,
            FailureRow.resolved_at.is_(None),
        )
        .values(resolved_at=utc_now())
    )


def recordings_out_of_reach(session: Session, recording_ids: Sequence[int]) -> list[int]:
    """Those of `recording_ids` whose audio could not be read from its place when it was last tried."""
    found: set[int] = set()
    for some in chunks(recording_ids):
        found.update(
            recording_id
            for recording_id in session.scalars(
                sa.select(FailureRow.recording_id).where(
                    FailureRow.recording_id.in_(some),
                    FailureRow.reason.in_(REASONS_OF_THE_PLACE),
                    FailureRow.resolved_at.is_(None),
                )
            )
            if recording_id is not None
        )
    return sorted(found)


def list_failures(session: Session, stage: str | None = None, reason: str | None = None) -> list[Failure]:
    """The open failures, oldest first."""
    statement = sa.select(*_SHOWN).order_by(_OPEN.c.failure_id)
    if stage is not None:
        statement = statement.where(_OPEN.c.stage == stage)
    if reason is not None:
        statement = statement.where(_OPEN.c.reason == reason)
    return [Failure(*row) for row in session.execute(statement)]


def failure_counts(session: Session) -> dict[str, int]:
    """Open failures by reason."""
    reason = _OPEN.c.reason
    rows = session.execute(sa.select(reason, sa.func.count()).group_by(reason).order_by(reason))
    return {row[0]: row[1] for row in rows}


def failures_among(
    session: Session, uris: Sequence[str], recording_ids: Sequence[int], fingerprints: Mapping[str, str]
) -> list[Failure]:
    """The open failures of one call: of ingesting these files, and of these recordings in its own stages.

    fingerprints: by stage; a failure of another engine, recipe or language is none of this call.
    """
    conditions = [sa.and_(_OPEN.c.stage == INGEST, _OPEN.c.item.in_(some)) for some in chunks(uris)]
    stages = [
        sa.and_(_OPEN.c.stage == stage, _OPEN.c.fingerprint == fingerprint)
        for stage, fingerprint in fingerprints.items()
    ]
    if stages:
        conditions += [
            sa.and_(_OPEN.c.recording_id.in_(some), sa.or_(*stages)) for some in chunks(recording_ids)
        ]
    found: dict[int, Failure] = {}
    for condition in conditions:
        for row in session.execute(sa.select(_OPEN.c.failure_id, *_SHOWN).where(condition)):
            found[row[0]] = Failure(*row[1:])
    return [found[failure_id] for failure_id in sorted(found)]


def forgive_failures(session: Session, reason: str | None = None) -> int:
    """Mark open failures as to be tried again (all, or those of one reason); returns how many."""
    statement = (
        sa.update(FailureRow)
        .where(FailureRow.resolved_at.is_(None))
        .values(resolved_at=utc_now())
        .returning(FailureRow.failure_id)
    )
    if reason is not None:
        statement = statement.where(FailureRow.reason == reason)
    return len(session.scalars(statement).all())
