"""Selecting what to export: rows of v_current, narrowed by a user's own SQL condition."""

from dataclasses import dataclass

from asrlab.catalog.database import Catalog
from asrlab.catalog.query import run_query
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
