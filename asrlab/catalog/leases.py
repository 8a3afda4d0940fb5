"""Claims on work, so that two processes never do the same item at once and a dead one blocks nobody.

A claim ends in one of three ways: it is released, it expires, or its owner is seen to have died.
"""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.database import Catalog
from asrlab.catalog.owner import is_surely_dead, this_process
from asrlab.catalog.schema import LeaseRow
from asrlab.catalog.values import chunks, insert_into, utc_now
from asrlab.errors import TransientError

LEASE_SECONDS = 120.0
RENEWAL_SECONDS = 30.0
RELEASE_RETRY_S = 1.0

log = logging.getLogger(__name__)


@contextmanager
def claimed(catalog: Catalog, stage: str, fingerprint: str, item_ids: Sequence[int]) -> Iterator[list[int]]:
    """Hold what is free of `item_ids` for the length of the block; yields what was claimed, in order.

    A thread renews the claims, so a long block keeps them; they are released at its end, whatever ends it.
    """
    owner = this_process()
    with catalog.writing() as session:
        got = claim(session, stage, fingerprint, item_ids, owner)
    if not got:
        yield []
        return
    finished = threading.Event()
    renewer = threading.Thread(
        target=_renew_until, args=(catalog, owner, finished), name="asrlab-lease-renewal", daemon=True
    )
    renewer.start()
    try:
        yield got
    finally:
        finished.set()
        renewer.join()
        _release_surely(catalog, stage, fingerprint, got, owner)


def claim(session: Session, stage: str, fingerprint: str, item_ids: Sequence[int], owner: str) -> list[int]:
    """Claim what nobody alive holds of `item_ids`; returns what was claimed, in the order given."""
    free_dead_claims(session)
    expires_at = database_time(session) + timedelta(seconds=LEASE_SECONDS)
    got: set[int] = set()
    for some in chunks(sorted(set(item_ids))):
        rows = [
            {
                "stage": stage,
                "fingerprint": fingerprint,
                "item_id": item_id,
                "owner": owner,
                "expires_at": expires_at,
            }
            for item_id in some
        ]
        statement = insert_into(session, LeaseRow).on_conflict_do_nothing().returning(LeaseRow.item_id)
        got.update(session.scalars(statement, rows))
    return [item_id for item_id in item_ids if item_id in got]


def release(session: Session, stage: str, fingerprint: str, item_ids: Sequence[int], owner: str) -> None:
    """Give up this owner's claims on `item_ids`; those of others stay."""
    for some in chunks(item_ids):
        session.execute(
            sa.delete(LeaseRow).where(
                LeaseRow.stage == stage,
                LeaseRow.fingerprint == fingerprint,
                LeaseRow.item_id.in_(some),
                LeaseRow.owner == owner,
            )
        )


def _release_surely(
    catalog: Catalog, stage: str, fingerprint: str, item_ids: Sequence[int], owner: str
) -> None:
    """Release, with another try; then leave the claims to expire, so as not to hide what ended the block."""
    for pause in (RELEASE_RETRY_S, None):
        try:
            with catalog.writing() as session:
                release(session, stage, fingerprint, item_ids, owner)
        except TransientError as error:
            if pause is None:
                log.warning("claims stay until they expire in %.0f s: %s", LEASE_SECONDS, error)
            else:
                time.sleep(pause)
        else:
            return


def free_dead_claims(session: Session) -> None:
    """Drop the claims that expired and those of this machine's processes that have ended."""
    session.execute(sa.delete(LeaseRow).where(LeaseRow.expires_at < database_time(session)))
    owners = session.scalars(sa.select(LeaseRow.owner).distinct()).all()
    dead = [owner for owner in owners if is_surely_dead(owner)]
    if dead:
        session.execute(sa.delete(LeaseRow).where(LeaseRow.owner.in_(dead)))


def renew(session: Session, owner: str) -> None:
    """Give all claims of `owner` their full time again."""
    expires_at = database_time(session) + timedelta(seconds=LEASE_SECONDS)
    session.execute(sa.update(LeaseRow).where(LeaseRow.owner == owner).values(expires_at=expires_at))


def database_time(session: Session) -> datetime:
    """The time that everybody goes by who claims: the database server's, because machines' clocks differ and jump."""
    if session.get_bind().dialect.name == "sqlite":
        return utc_now()
    clock = sa.func.clock_timestamp(type_=sa.DateTime(timezone=True))
    return session.scalars(sa.select(clock)).one()


def _renew_until(catalog: Catalog, owner: str, finished: threading.Event) -> None:
    while not finished.wait(RENEWAL_SECONDS):
        try:
            with catalog.writing() as session:
                renew(session, owner)
        except TransientError:
            # The next round tries again; a lost lease costs repeated work, never a wrong row.
            continue
