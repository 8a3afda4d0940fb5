"""How much audio a model took on a device before its memory ran out, kept for the next run."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.database import Catalog
from asrlab.catalog.schema import MemoryCeilingRow
from asrlab.catalog.values import insert_into, utc_now
from asrlab.domain.memory import BatchMemory
from asrlab.domain.time import Seconds

# A device that was shared on the day a ceiling was learned gets its chance again.
FORGOTTEN_AFTER = timedelta(days=30)


@contextmanager
def remembered_ceiling(catalog: Catalog, model: str, memory: BatchMemory | None) -> Iterator[None]:
    """Hand a model's memory what was learned before on its device, and store what it learns meanwhile.

    model: the weights' hash. memory: None for a model that learns nothing.
    """
    if memory is None:
        yield
        return
    with catalog.reading() as session:
        known = ceiling_of(session, model, memory)
    if known is not None:
        memory.remember(known)
    before = memory.learned
    try:
        yield
    finally:
        if memory.learned is not None and memory.learned != before:
            with catalog.writing() as session:
                store_ceiling(session, model, memory, memory.learned)


def ceiling_of(session: Session, model: str, memory: BatchMemory) -> Seconds | None:
    """What was learned of this model on this device in this number format, None for nothing or long ago."""
    return session.scalar(
        sa.select(MemoryCeilingRow.batch_seconds).where(
            MemoryCeilingRow.device == memory.place,
            MemoryCeilingRow.model == model,
            MemoryCeilingRow.compute_type == memory.compute_type,
            MemoryCeilingRow.learned_at > utc_now() - FORGOTTEN_AFTER,
        )
    )


def store_ceiling(session: Session, model: str, memory: BatchMemory, seconds: Seconds) -> None:
    """Keep the newest: it was learned below the one before."""
    learned = {"batch_seconds": seconds, "learned_at": utc_now()}
    session.execute(
        insert_into(session, MemoryCeilingRow)
        .values(device=memory.place, model=model, compute_type=memory.compute_type, **learned)
        .on_conflict_do_update(index_elements=["device", "model", "compute_type"], set_=learned)
    )
