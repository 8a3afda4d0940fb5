"""Full-text search over the texts that count, by an index of terms that both databases hold alike."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.schema import TranscriptRow, TranscriptTermRow
from asrlab.catalog.values import insert_into
from asrlab.domain.time import Seconds
from asrlab.errors import QueryError
from asrlab.text.terms import find_phrase, query_phrases, terms

# Words on either side of the first match in a snippet.
SNIPPET_WORDS = 8
# PostgreSQL's index holds keys of 2.7 KB at most; nothing a person types is longer.
TERM_MAX_CHARS = 100
ROWS_AT_ONCE = 1_000

_CURRENT = sa.table(
    "v_current",
    *(sa.column(name, sa.Text) for name in ("uri", "text", "corpus", "language")),
    *(sa.column(name, sa.Integer) for name in ("transcript_id", "segment_id", "recording_id")),
    *(sa.column(name, sa.Double) for name in ("start_s", "end_s")),
)
_WORDS = sa.table(
    "v_words",
    *(sa.column(name, sa.Integer) for name in ("transcript_id", "position")),
    *(sa.column(name, sa.Double) for name in ("start_s", "end_s")),
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A text in which everything asked for occurs. at_s: where the first of it begins, on the recording's clock."""

    uri: str
    at_s: Seconds
    snippet: str
    recording_id: int
    segment_id: int
    transcript_id: int


def index_text(session: Session, transcript_id: int, text: str) -> None:
    """Note which terms a new text holds."""
    found = {term.text[:TERM_MAX_CHARS] for term in terms(text)}
    if found:
        session.execute(
            insert_into(session, TranscriptTermRow).on_conflict_do_nothing(),
            [{"term": term, "transcript_id": transcript_id} for term in sorted(found)],
        )


def search(session: Session, query: str, *, corpus: str | None = None, limit: int | None = None) -> list[Hit]:
    """The texts that count and hold every phrase of the query, by recording and time.

    Raises QueryError for a query without a letter or digit.
    """
    phrases = query_phrases(query)
    if not phrases:
        raise QueryError(f"nothing to search for in {query!r}: give words, and a phrase in double quotes")
    columns = ("uri", "start_s", "text", "recording_id", "segment_id", "transcript_id")
    statement = sa.select(*(_CURRENT.c[name] for name in columns)).order_by(
        _CURRENT.c.recording_id, _CURRENT.c.start_s, _CURRENT.c.segment_id
    )
    holding = [
        sa.select(TranscriptTermRow.transcript_id).where(TranscriptTermRow.term == term[:TERM_MAX_CHARS])
        for term in sorted({term for phrase in phrases for term in phrase})
    ]
    candidates = sa.select(TranscriptRow.segment_id).where(
        *(TranscriptRow.transcript_id.in_(ids) for ids in holding)
    )
    # By segment, because that is where the view begins: else it would look at every text there is.
    statement = statement.where(_CURRENT.c.segment_id.in_(candidates))
    if corpus is not None:
        statement = statement.where(_CURRENT.c.corpus == corpus)
    hits: list[Hit] = []
    for row in session.execute(statement).yield_per(ROWS_AT_ONCE):
        word = _first_word(phrases, row.text)
        if word is None:
            continue
        at = _word_start(session, row.transcript_id, word)
        hits.append(
            Hit(
                row.uri,
                row.start_s if at is None else at,
                snippet(row.text, word),
                row.recording_id,
                row.segment_id,
                row.transcript_id,
            )
        )
        if limit is not None and len(hits) >= limit:
            break
    return hits


def snippet(text: str, word: int) -> str:
    """The words around a word of the text, with … where some are left out."""
    words = text.split()
    first, last = max(0, word - SNIPPET_WORDS), word + SNIPPET_WORDS + 1
    return ("… " if first else "") + " ".join(words[first:last]) + (" …" if last < len(words) else "")


def _first_word(phrases: Sequence[Sequence[str]], text: str) -> int | None:
    """The earliest word in which one of the phrases begins, None unless all occur."""
    found = terms(text)
    places = [find_phrase(phrase, found) for phrase in phrases]
    known = [place for place in places if place is not None]
    return min(known) if len(known) == len(places) else None


def _word_start(session: Session, transcript_id: int, word: int) -> Seconds | None:
    start: Seconds | None = session.scalar(
        sa.select(_WORDS.c.start_s).where(_WORDS.c.transcript_id == transcript_id, _WORDS.c.position == word)
    )
    return start
