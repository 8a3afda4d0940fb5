"""What figures over reviewing are made of: what was decided, how long it took, and what was heard twice."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.schema import ReviewEditsRow
from asrlab.catalog.values import insert_into


@dataclass(frozen=True, slots=True)
class DecidedText:
    """A text with a verdict in force, whose edits nobody counted yet.

    shown_text: what the person was shown, None where no machine heard the segment as people cut it; engine: who heard
    that, its origin, or "" for None.
    """

    transcript_id: int
    language: str | None
    text: str
    engine: str
    shown_text: str | None


@dataclass(frozen=True, slots=True)
class CountedText:
    """How many words and characters a decided text has, normalised, and how many the machine had otherwise."""

    transcript_id: int
    engine: str
    words: int
    word_edits: int
    characters: int
    character_edits: int


@dataclass(frozen=True, slots=True)
class DecidedSum:
    """The segments of today with one verdict by one reviewer on one engine's texts of one corpus.

    engine: None where the edits are not counted yet.
    """

    engine: str | None
    corpus: str
    reviewer: str
    verdict: str
    items: int
    audio_ms: int
    words: int
    word_edits: int
    characters: int
    character_edits: int


@dataclass(frozen=True, slots=True)
class SpentSum:
    """The time that a person spent, by all acts, undone ones too.

    corpus, engine: of the segments that are still of today and, for the engine, decided; None for the others.
    pass_audio_ms: the audio of blind passes.
    """

    person: str
    corpus: str | None
    engine: str | None
    seconds: float
    pass_audio_ms: int


@dataclass(frozen=True, slots=True)
class HeardAgain:
    """A blind pass beside what it is compared with: the text decided on when it was made, or the gold one.

    reviewer: who had decided, or who said that the text is gold. engine: who heard the text shown, or its origin.
    """

    kind: str
    corpus: str
    engine: str
    person: str
    reviewer: str
    verdict: str
    language: str | None
    text: str
    known_text: str


# What was shown to who wrote t: the text that counted before, by the rule of v_current.
_UNCOUNTED = """
SELECT t.transcript_id, t.language, t.text, COALESCE(e.engine, m.origin, ''), m.text
FROM review_items i
JOIN transcripts t ON t.transcript_id = i.transcript_id
LEFT JOIN transcripts m ON m.transcript_id = CASE WHEN t.origin <> 'human' THEN t.transcript_id ELSE (
    SELECT c.transcript_id FROM transcripts c
    WHERE c.segment_id = i.segment_id AND c.origin <> 'human' AND c.version < t.version
    ORDER BY CASE c.origin WHEN 'import' THEN 1 WHEN 'consensus' THEN 2 ELSE 3 END, c.version DESC
    LIMIT 1) END
LEFT JOIN engine_runs e ON e.run_id = m.run_id
WHERE i.verdict IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM review_edits y WHERE y.transcript_id = i.transcript_id)
LIMIT :limit
"""
# Along the index review_items_figures, which holds all that is asked for.
_DECIDED = """
SELECT x.engine, i.corpus, i.reviewer, i.verdict, COUNT(*), CAST(SUM(i.audio_ms) AS BIGINT),
       COALESCE(SUM(x.words), 0), COALESCE(SUM(x.word_edits), 0),
       COALESCE(SUM(x.characters), 0), COALESCE(SUM(x.character_edits), 0)
FROM review_items i
LEFT JOIN review_edits x ON x.transcript_id = i.transcript_id
WHERE i.verdict IS NOT NULL
GROUP BY i.corpus, i.reviewer, i.verdict, x.engine
"""
_SPENT = """
SELECT a.person, i.corpus, x.engine, SUM(a.seconds),
       CAST(SUM(CASE WHEN a.kind IN ('second', 'gold') THEN a.audio_ms ELSE 0 END) AS BIGINT)
FROM review_acts a
LEFT JOIN review_items i ON i.segment_id = a.segment_id
LEFT JOIN review_edits x ON x.transcript_id = i.transcript_id AND i.verdict IS NOT NULL
GROUP BY a.person, i.corpus, x.engine
"""
# A second pass is compared with what was decided when it was made, whatever became of that.
_HEARD_AGAIN = """
SELECT p.kind, r.corpus, COALESCE(e.engine, m.origin), p.person, COALESCE(w.reviewer, o.added_by), p.verdict,
       COALESCE(t.language, m.language), p.text, COALESCE(t.text, o.text)
FROM review_passes p
JOIN segments s ON s.segment_id = p.segment_id
JOIN recordings r ON r.recording_id = s.recording_id
JOIN transcripts m ON m.transcript_id = p.parent_id
LEFT JOIN engine_runs e ON e.run_id = m.run_id
LEFT JOIN reviews w ON w.review_id = p.review_id
LEFT JOIN transcripts t ON t.transcript_id = w.transcript_id
LEFT JOIN gold_items o ON o.segment_id = p.segment_id AND p.kind = 'gold'
WHERE o.segment_id IS NOT NULL OR w.verdict IN ('accepted', 'corrected')
"""


def uncounted_texts(session: Session, limit: int) -> list[DecidedText]:
    """Decided texts whose edits are still to be counted, so many at most."""
    return [DecidedText(*row) for row in session.execute(sa.text(_UNCOUNTED), {"limit": limit})]


def add_counts(session: Session, counted: Sequence[CountedText]) -> None:
    """Store them; what is stored already stays."""
    session.execute(
        insert_into(session, ReviewEditsRow).on_conflict_do_nothing(),
        [
            {
                "transcript_id": text.transcript_id,
                "engine": text.engine,
                "words": text.words,
                "word_edits": text.word_edits,
                "characters": text.characters,
                "character_edits": text.character_edits,
            }
            for text in counted
        ],
    )


def decided_sums(session: Session) -> list[DecidedSum]:
    """The sums over all decided texts."""
    return [DecidedSum(*row[:4], *map(int, row[4:])) for row in session.execute(sa.text(_DECIDED))]


def spent_sums(session: Session) -> list[SpentSum]:
    """The sums over all acts."""
    return [SpentSum(*row) for row in session.execute(sa.text(_SPENT))]


def heard_again(session: Session) -> list[HeardAgain]:
    """All gold passes, and the second ones of what was not rejected."""
    return [HeardAgain(*row) for row in session.execute(sa.text(_HEARD_AGAIN))]
