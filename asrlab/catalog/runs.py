"""Engine runs: one pass of an engine or aligner over a set of items."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab import __version__
from asrlab.catalog.schema import EngineRunRow
from asrlab.catalog.values import canonical_json, utc_now
from asrlab.domain.fingerprint import Scalar


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
        sa.update(EngineRunRow).where(EngineRunRow.run_id == run_id).values(finished_at=utc_now())
    )
