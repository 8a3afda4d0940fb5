"""What could not be labeled, why, and how often it was tried."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.schema import FailureRow
from asrlab.catalog.values import chunks, storable, utc_now
from asrlab.domain.reasons import FailureReason

MESSAGE_MAX_CHARS = 2_000


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


def record_failure(session: Session, failed: FailedItem) -> None:
    """Insert the failure, or count one more attempt of the one that stands there."""
    now = utc_now()
    row = session.scalar(
        sa.select(FailureRow).where(
            FailureRow.stage == failed.stage,
            FailureRow.item == failed.item,
            FailureRow.fingerprint == failed.fingerprint,
        )
    )
    if row is None:
        row = FailureRow(
            stage=failed.stage,
            item=failed.item,
            fingerprint=failed.fingerprint,
            uri=failed.uri,
            recording_id=failed.recording_id,
            segment_id=failed.segment_id,
            attempts=0,
            first_failed_at=now,
        )
        session.add(row)
    row.reason = failed.reason.value
    row.message = storable(failed.message)[:MESSAGE_MAX_CHARS]
    row.stamp = failed.stamp
    row.attempts += 1
    row.last_failed_at = now
    row.resolved_at = None
    session.flush()


def resolve_failures(session: Session, stage: str, items: Sequence[str], fingerprint: str = "") -> None:
    """Mark the failures of these items as mended; a no-op for items that never failed."""
    if not items:
        return
    session.execute(
        sa.update(FailureRow)
        .where(
            FailureRow.stage == stage,
            FailureRow.item.in_(items),
            FailureRow.fingerprint == fingerprint,
            FailureRow.resolved_at.is_(None),
        )
        .values(resolved_at=utc_now())
    )


def open_failures(session: Session, stage: str) -> dict[str, OpenFailure]:
    """The reason and stamp of every open failure of a stage, by item."""
    rows = session.execute(
        sa.select(FailureRow.item, FailureRow.reason, FailureRow.stamp).where(
            FailureRow.stage == stage, FailureRow.resolved_at.is_(None)
        )
    )
    return {row.item: OpenFailure(row.reason, row.stamp) for row in rows}


def list_failures(session: Session, stage: str | None = None, reason: str | None = None) -> list[Failure]:
    """The open failures, oldest first."""
    statement = (
        sa.select(
            FailureRow.stage, FailureRow.reason, FailureRow.message, FailureRow.uri, FailureRow.attempts
        )
        .where(FailureRow.resolved_at.is_(None))
        .order_by(FailureRow.failure_id)
    )
    if stage is not None:
        statement = statement.where(FailureRow.stage == stage)
    if reason is not None:
        statement = statement.where(FailureRow.reason == reason)
    return [Failure(*row) for row in session.execute(statement)]


def failures_among(session: Session, uris: Sequence[str], recording_ids: Sequence[int]) -> list[Failure]:
    """The open failures that concern these files or recordings."""
    found: dict[int, Failure] = {}
    columns = (
        FailureRow.failure_id,
        FailureRow.stage,
        FailureRow.reason,
        FailureRow.message,
        FailureRow.uri,
        FailureRow.attempts,
    )
    base = sa.select(*columns).where(FailureRow.resolved_at.is_(None))
    conditions = [FailureRow.uri.in_(some) for some in chunks(uris)]
    conditions += [FailureRow.recording_id.in_(ids) for ids in chunks(recording_ids)]
    for condition in conditions:
        for row in session.execute(base.where(condition)):
            found[row.failure_id] = Failure(row.stage, row.reason, row.message, row.uri, row.attempts)
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
