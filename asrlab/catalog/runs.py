"""Engine runs: one pass of an engine or aligner over a set of items."""

import socket
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab import __version__
from asrlab.catalog.schema import EngineRunRow
from asrlab.catalog.values import canonical_json, utc_now
from asrlab.domain.fingerprint import Scalar
from asrlab.domain.memory import peak_memory_bytes
from asrlab.domain.time import Seconds


@dataclass(frozen=True, slots=True)
class NewRun:
    """What decides the output of a run. fingerprint: over all of it, with language and context."""

    stage: str
    engine: str
    checkpoint: str
    revision: str
    code_version: str
    fingerprint: str
    parameters: Mapping[str, Scalar] = field(default_factory=dict)


def begin_run(session: Session, new: NewRun) -> int:
    """Insert the run; returns its id."""
    row = EngineRunRow(
        stage=new.stage,
        engine=new.engine,
        checkpoint=new.checkpoint,
        revision=new.revision,
        code_version=new.code_version,
        parameters=canonical_json(new.parameters),
        fingerprint=new.fingerprint,
        asrlab_version=__version__,
        host=socket.gethostname(),
        started_at=utc_now(),
    )
    session.add(row)
    session.flush()
    return row.run_id


def finish_run(session: Session, run_id: int) -> None:
    """Note that the run came to its end; an interrupted run has none."""
    session.execute(
        sa.update(EngineRunRow)
        .where(EngineRunRow.run_id == run_id)
        .values(finished_at=utc_now(), wall_seconds=_wall_seconds(session, run_id))
    )


@dataclass(frozen=True, slots=True)
class RunFigures:
    """What a run did and took so far. wall_seconds: from its beginning to its last batch, waiting included.

    engine_seconds: inside the engine, over all processes. peak_memory_bytes: resident, of the largest process.
    """

    run_id: int
    stage: str
    engine: str
    audio_seconds: Seconds
    wall_seconds: Seconds
    engine_seconds: Seconds
    peak_memory_bytes: int | None


def note_work(
    session: Session, run_id: int, audio_seconds: Seconds, engine_seconds: Seconds, engine_bytes: int = 0
) -> None:
    """Add a batch to what a run did, in the transaction that stores the batch, so that a killed one counts nothing.

    engine_bytes: the most memory of the engine's own process, where it has one.
    """
    peak = max(peak_memory_bytes(), engine_bytes)
    known = EngineRunRow.peak_memory_bytes
    session.execute(
        sa.update(EngineRunRow)
        .where(EngineRunRow.run_id == run_id)
        .values(
            audio_seconds=EngineRunRow.audio_seconds + audio_seconds,
            engine_seconds=EngineRunRow.engine_seconds + engine_seconds,
            wall_seconds=_wall_seconds(session, run_id),
            peak_memory_bytes=sa.case((known >= peak, known), else_=peak),
        )
    )


def run_figures(session: Session, run_ids: Sequence[int]) -> list[RunFigures]:
    """What these runs did, in their order."""
    rows = session.scalars(
        sa.select(EngineRunRow).where(EngineRunRow.run_id.in_(run_ids)).order_by(EngineRunRow.run_id)
    )
    return [
        RunFigures(
            row.run_id,
            row.stage,
            row.engine,
            row.audio_seconds,
            row.wall_seconds,
            row.engine_seconds,
            row.peak_memory_bytes,
        )
        for row in rows
    ]


def _wall_seconds(session: Session, run_id: int) -> Seconds:
    # A clock that was set back makes no negative time.
    began = session.scalars(
        sa.select(EngineRunRow.started_at).where(EngineRunRow.run_id == run_id)
    ).one_or_none()
    return 0.0 if began is None else max((utc_now() - began).total_seconds(), 0.0)


class EngineFacts(NamedTuple):
    """What decides an engine's output."""

    engine: str
    checkpoint: str
    revision: str
    fingerprint: str


def engines_of_runs(session: Session, run_ids: Collection[int]) -> list[EngineFacts]:
    """The engines of these runs, each once, by name."""
    rows = session.execute(
        sa.select(
            EngineRunRow.engine, EngineRunRow.checkpoint, EngineRunRow.revision, EngineRunRow.fingerprint
        )
        .where(EngineRunRow.run_id.in_(run_ids))
        .distinct()
    )
    return sorted(EngineFacts(*row) for row in rows)
