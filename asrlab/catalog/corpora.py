"""Corpora: named sets of recordings, and how urgent each is."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.schema import CorpusRow, RecordingRow
from asrlab.catalog.values import chunks, insert_into

DEFAULT_PRIORITY = 0


@dataclass(frozen=True, slots=True)
class Corpus:
    """A corpus; the higher its priority, the earlier its recordings are labeled."""

    name: str
    priority: int
    recordings: int


def set_priority(session: Session, corpus: str, priority: int) -> None:
    """Say how urgent a corpus is, whether or not it has recordings yet."""
    session.execute(
        insert_into(session, CorpusRow)
        .values(corpus=corpus, priority=priority)
        .on_conflict_do_update(index_elements=["corpus"], set_={"priority": priority})
    )


def corpora(session: Session) -> list[Corpus]:
    """All corpora with recordings or a priority, most urgent first."""
    counts = dict(
        session.execute(sa.select(RecordingRow.corpus, sa.func.count()).group_by(RecordingRow.corpus))
        .tuples()
        .all()
    )
    priorities = dict(session.execute(sa.select(CorpusRow.corpus, CorpusRow.priority)).tuples().all())
    found = [
        Corpus(name, priorities.get(name, DEFAULT_PRIORITY), counts.get(name, 0))
        for name in {*counts, *priorities}
    ]
    return sorted(found, key=lambda corpus: (-corpus.priority, corpus.name))


def recording_priorities(session: Session, recording_ids: Sequence[int]) -> dict[int, int]:
    """The priority of those recordings whose corpus has one."""
    if session.execute(sa.select(CorpusRow.corpus).limit(1)).first() is None:
        return {}
    found: dict[int, int] = {}
    for some in chunks(recording_ids):
        rows = session.execute(
            sa.select(RecordingRow.recording_id, CorpusRow.priority)
            .join(CorpusRow, CorpusRow.corpus == RecordingRow.corpus)
            .where(RecordingRow.recording_id.in_(some))
        )
        found.update(rows.tuples().all())
    return found
