"""Selecting what to export: rows of v_current, narrowed by a user's own SQL condition, and their words."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.database import Catalog
from asrlab.catalog.query import run_query
from asrlab.catalog.values import chunks
from asrlab.domain.labels import AlignedWord
from asrlab.domain.time import TimeSpan
from asrlab.errors import QueryError

_COLUMNS = (
    "uri, start_s, end_s, text, language, recording_id, segment_id, transcript_id, channel, speaker, corpus"
)


@dataclass(frozen=True, slots=True)
class LabeledSegment:
    """A segment with the text that counts."""

    uri: str
    span: TimeSpan
    text: str
    language: str | None
    recording_id: int
    segment_id: int
    transcript_id: int
    channel: int | None
    speaker: str | None
    corpus: str


def select_segments(catalog: Catalog, where: str | None = None) -> list[LabeledSegment]:
    """The segments of v_current that meet `where` and have a text, by file and time.

    `where` is a condition over v_current's columns; raises QueryError when it does not run.
    """
    condition = f"({_closed(where)}\n) AND " if where and where.strip() else ""
    table = run_query(
        catalog,
        f"SELECT {_COLUMNS} FROM v_current WHERE {condition} text <> '' ORDER BY uri, start_s, segment_id",
    )
    return [
        LabeledSegment(
            uri=str(row[0]),
            span=TimeSpan(float(row[1] or 0), float(row[2] or 0)),
            text=str(row[3]),
            language=None if row[4] is None else str(row[4]),
            recording_id=int(row[5] or 0),
            segment_id=int(row[6] or 0),
            transcript_id=int(row[7] or 0),
            channel=None if row[8] is None else int(row[8]),
            speaker=None if row[9] is None else str(row[9]),
            corpus=str(row[10]),
        )
        for row in table.rows
    ]


def segments_where(catalog: Catalog, where: str) -> frozenset[int]:
    """The segments of v_current that meet a condition over its columns; raises QueryError when it does not run."""
    table = run_query(catalog, f"SELECT segment_id FROM v_current WHERE ({_closed(where)}\n)")
    return frozenset(int(row[0] or 0) for row in table.rows)


def words_of_transcripts(
    session: Session, transcript_ids: Sequence[int]
) -> dict[int, tuple[AlignedWord, ...]]:
    """The words of those transcripts that are aligned, in order, on the recording's clock (not the segment's)."""
    statement = sa.text(
        "SELECT transcript_id, word, start_s, end_s, score, flags FROM v_words "
        "WHERE transcript_id IN :ids ORDER BY transcript_id, position"
    ).bindparams(sa.bindparam("ids", expanding=True))
    words: dict[int, list[AlignedWord]] = {}
    for some in chunks(transcript_ids):
        for row in session.execute(statement, {"ids": list(some)}):
            flags = tuple(row.flags.split(",")) if row.flags else ()
            words.setdefault(row.transcript_id, []).append(
                AlignedWord(row.word, TimeSpan(row.start_s, row.end_s), row.score, flags)
            )
    return {transcript_id: tuple(found) for transcript_id, found in words.items()}


def _closed(where: str) -> str:
    """The condition itself: a bracket too many would end ours and leave the text open."""
    depth = 0
    quote = ""
    for character in where:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth < 0:
                break
    if depth != 0 or quote:
        raise QueryError(f"--where has a bracket or quote too many or too few: {where}")
    return where
