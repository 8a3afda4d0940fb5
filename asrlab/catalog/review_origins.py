"""Where a text comes from across segments that people cut otherwise: one step back at a time."""

import json
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.schema import EngineRunRow, ReviewActRow, TranscriptRow


@dataclass(frozen=True, slots=True)
class Step:
    """A version, and those it was made of: none for a machine's.

    how: a part of a text that was split, the first or the second; joined of several; None for the same stretch of
    speech. engine: who heard a machine's, or its origin.
    """

    text: str
    engine: str | None
    made_of: tuple[int, ...]
    how: Literal["first", "second", "joined"] | None


def step_of(session: Session, transcript_id: int) -> Step | None:
    """None for a version that is there no more."""
    row = session.get(TranscriptRow, transcript_id)
    if row is None:
        return None
    if row.origin != "human":
        run = None if row.run_id is None else session.get(EngineRunRow, row.run_id)
        return Step(row.text, row.origin if run is None else run.engine, (), None)
    parents = () if row.parent_id is None else (row.parent_id,)
    cut = session.execute(
        sa.select(ReviewActRow.kind, ReviewActRow.detail)
        .where(ReviewActRow.transcript_id == transcript_id, ReviewActRow.kind.in_(("split", "merged")))
        .order_by(ReviewActRow.act_id)
        .limit(1)
    ).one_or_none()
    if cut is None:
        return Step(row.text, None, parents, None)
    detail = json.loads(cut.detail)
    if cut.kind == "merged":
        return Step(row.text, None, tuple(detail["said"]), "joined")
    # The row of the second part names that of the first.
    return Step(row.text, None, parents, "second" if "act" in detail else "first")
