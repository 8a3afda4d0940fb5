"""Selecting what to export: the texts of a population, narrowed by conditions and a user's own SQL, and their words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.database import Catalog
from asrlab.catalog.population import Population, literal, population_sql
from asrlab.catalog.query import run_query, stream_query
from asrlab.catalog.schema import RecordingRow, ReleaseRecordingRow
from asrlab.catalog.values import chunks
from asrlab.errors import OptionError, QueryError

ANY = "any"
NONE = "none"
VERDICTS = ("accepted", "corrected", "rejected")
_COLUMNS = (
    "recording_id, start_ms, end_ms, channel, text, language, speaker, confidence, origin, engine, flags, verdict, "
    "context, segment_id, transcript_id, run_id, {alignment}"
)


class SelectedRow(NamedTuple):
    """A segment with the text chosen for it, field by field as a row of `select_rows` has them."""

    recording_id: int
    start_ms: int
    end_ms: int
    channel: int | None
    text: str
    language: str | None
    speaker: str | None
    confidence: float | None
    origin: str
    engine: str | None
    flags: str
    verdict: str | None
    context: str | None
    segment_id: int
    transcript_id: int
    run_id: int | None
    alignment_id: int | None


Row = tuple[
    int,
    int,
    int,
    int | None,
    str,
    str | None,
    str | None,
    float | None,
    str,
    str | None,
    str,
    str | None,
    str | None,
    int,
    int,
    int | None,
    int | None,
]
"""The same as a plain tuple, as the database gives it: naming a million rows would take a second."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """Which texts of a population are wanted; "" and None ask for nothing.

    where: a condition over the columns of v_current. verdict: one of VERDICTS, reviewed (any of them but rejected),
    or any; "" is all but what a person rejected. min_confidence: of engines' texts; those of people and manifests
    have none, and stay. flags: "none" for texts without any flag, or names, of which a text must carry one.
    """

    where: str = ""
    corpus: str = ""
    verdict: str = ""
    min_confidence: float | None = None
    flags: str = ""


@dataclass(frozen=True, slots=True)
class RecordingFacts:
    """What is said of a recording beside where its audio lies; uri: where a sealed release says it lay."""

    corpus: str
    license: str | None
    metadata: str
    uri: str | None = None


def select_rows(
    catalog: Catalog, population: Population, criteria: Criteria, *, words: bool
) -> Iterator[list[Row]]:
    """The texts that meet the criteria, blank ones too: a list a recording, by start, end and channel.

    The recordings come in order of content hash, which is the same wherever they lie. words: whether the alignment is
    asked for; None stands there otherwise. One moment's view, streamed. Raises QueryError when the condition does not
    run, OptionError for a criterion that is none.
    """
    columns = _COLUMNS.format(alignment="alignment_id" if words else "NULL AS alignment_id")
    # Sorted by the index of recordings alone: the rest is sorted here, far faster than SQLite sorts wide rows.
    statement = (
        f"WITH v_current AS ({population_sql(population)}) SELECT {columns} FROM v_current "
        f"WHERE {' AND '.join(_conditions(criteria)) or 'TRUE'} ORDER BY recording_hash"
    )
    of_recording = itemgetter(0)
    held: list[Row] = []
    for rows in stream_query(catalog, statement):
        for recording_id, some in groupby(rows, of_recording):
            if held and held[0][0] != recording_id:
                yield sorted(held, key=_by_time)
                held = []
            held += some
    if held:
        yield sorted(held, key=_by_time)


def is_blank(row: Row) -> bool:
    """Whether nothing is said in the row: a text of nothing but white space is none."""
    text = row[4]
    return not text or text.isspace()


def _by_time(row: Row) -> tuple[int, int, int, int]:
    return (row[1], row[2], -1 if row[3] is None else row[3], row[13])


def _conditions(criteria: Criteria) -> Iterator[str]:
    if criteria.where.strip():
        yield f"({_closed(criteria.where)}\n)"
    if criteria.corpus:
        yield f"corpus = {literal(criteria.corpus)}"
    if criteria.min_confidence is not None:
        yield f"(confidence >= {criteria.min_confidence!r} OR origin <> 'engine')"
    if criteria.flags == NONE:
        yield "flags = ''"
    elif criteria.flags:
        names = [name.strip() for name in criteria.flags.split(",") if name.strip()]
        yield "(" + " OR ".join(f"',' || flags || ',' LIKE {literal(f'%,{name},%')}" for name in names) + ")"
    if criteria.verdict == "":
        yield "(verdict IS NULL OR verdict <> 'rejected')"
    elif criteria.verdict == "reviewed":
        yield "verdict IN ('accepted', 'corrected')"
    elif criteria.verdict in VERDICTS:
        yield f"verdict = {literal(criteria.verdict)}"
    elif criteria.verdict != ANY:
        raise OptionError(
            f"there is no verdict {criteria.verdict!r}: give {', '.join(VERDICTS)}, reviewed or {ANY}"
        )


def recording_facts(session: Session, recording_ids: Sequence[int]) -> dict[int, RecordingFacts]:
    """What the catalog says of these recordings today."""
    found: dict[int, RecordingFacts] = {}
    for some in chunks(recording_ids):
        rows = session.execute(
            sa.select(
                RecordingRow.recording_id,
                RecordingRow.corpus,
                RecordingRow.license,
                RecordingRow.metadata_json,
            ).where(RecordingRow.recording_id.in_(some))
        )
        found.update({row[0]: RecordingFacts(*row[1:]) for row in rows})
    return found


def sealed_facts(
    session: Session, release_id: int, recording_ids: Sequence[int]
) -> dict[int, RecordingFacts]:
    """What a release says of its recordings."""
    row = ReleaseRecordingRow
    found: dict[int, RecordingFacts] = {}
    for some in chunks(recording_ids):
        rows = session.execute(
            sa.select(row.recording_id, row.corpus, row.license, row.metadata_json, row.uri).where(
                row.release_id == release_id, row.recording_id.in_(some)
            )
        )
        found.update({each[0]: RecordingFacts(*each[1:]) for each in rows})
    return found


def segments_where(catalog: Catalog, where: str) -> frozenset[int]:
    """The segments of v_current that meet a condition over its columns; raises QueryError when it does not run."""
    table = run_query(catalog, f"SELECT segment_id FROM v_current WHERE ({_closed(where)}\n)")
    return frozenset(int(row[0] or 0) for row in table.rows)


def words_of_alignments(
    session: Session, alignment_ids: Sequence[int]
) -> dict[int, list[tuple[str, int, int, float | None, str]]]:
    """Word, start and end in ms on the recording's clock, score and flags of those alignments' words, in order."""
    words: dict[int, list[tuple[str, int, int, float | None, str]]] = {}
    statement = sa.text(
        "SELECT alignment_id, word, start_ms, end_ms, score, flags FROM words "
        "WHERE alignment_id IN :ids ORDER BY alignment_id, position"
    ).bindparams(sa.bindparam("ids", expanding=True))
    for some in chunks(alignment_ids):
        for row in session.execute(statement, {"ids": list(some)}):
            words.setdefault(row[0], []).append(tuple(row[1:]))
    return words


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
