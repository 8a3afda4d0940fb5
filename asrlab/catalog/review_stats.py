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
class PassTexts:
    """A blind pass that nobody compared yet, with what it is compared with: the text decided on then, or the gold one.

    engine: who heard the text shown, or its origin. known_by: who had decided, or who said that the text is gold; None,
    like known_text, where there is nothing to compare with.
    """

    pass_id: int
    engine: str
    language: str | None
    text: str
    known_by: str | None
    known_text: str | None


@dataclass(frozen=True, slots=True)
class ComparedPass:
    """words: of what the pass is compared with, normalised."""

    of: PassTexts
    words: int
    word_edits: int


@dataclass(frozen=True, slots=True)
class ItemSum:
    """The segments of today with one verdict by one reviewer on one engine's texts of one corpus.

    reviewer, verdict: None of those that are not decided but were acted on. engine: None where the edits are not counted.
    seconds: spent by all acts on them, undone ones too; pass_audio_ms: heard in blind passes.
    """

    corpus: str
    reviewer: str | None
    verdict: str | None
    engine: str | None
    items: int
    audio_ms: int
    words: int
    word_edits: int
    characters: int
    character_edits: int
    seconds: float
    pass_audio_ms: int


@dataclass(frozen=True, slots=True)
class PersonSum:
    """What one person spent by all acts, undone ones too, and what of audio they heard in blind passes."""

    person: str
    seconds: float
    pass_audio_ms: int


@dataclass(frozen=True, slots=True)
class PassSum:
    """The compared blind passes of one kind by one person, known by one person, of one engine's texts of one corpus.

    exact: those without an edit.
    """

    kind: str
    corpus: str
    engine: str
    person: str
    known_by: str
    verdict: str
    passes: int
    exact: int
    words: int
    word_edits: int


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
# Along the index review_items_figures, which holds all that is asked for, in its order.
_ITEMS = """
SELECT corpus, reviewer, verdict, engine, COUNT(*), CAST(SUM(audio_ms) AS BIGINT),
       SUM(words), SUM(word_edits), SUM(characters), SUM(character_edits),
       SUM(seconds), CAST(SUM(pass_audio_ms) AS BIGINT)
FROM review_items
WHERE verdict IS NOT NULL OR seconds > 0
GROUP BY corpus, reviewer, verdict, engine
"""
# Along the index review_acts_time.
_PEOPLE = """
SELECT person, SUM(seconds),
       CAST(SUM(CASE WHEN kind IN ('second', 'gold') THEN audio_ms ELSE 0 END) AS BIGINT)
FROM review_acts
GROUP BY person
"""
# A second pass is compared with what was decided when it was made, whatever became of that.
_UNCOMPARED = """
SELECT p.pass_id, COALESCE(e.engine, m.origin), COALESCE(t.language, m.language), p.text,
       COALESCE(w.reviewer, o.added_by), COALESCE(t.text, o.text)
FROM review_passes p
JOIN transcripts m ON m.transcript_id = p.parent_id
LEFT JOIN engine_runs e ON e.run_id = m.run_id
LEFT JOIN reviews w ON w.review_id = p.review_id AND w.verdict IN ('accepted', 'corrected')
LEFT JOIN transcripts t ON t.transcript_id = w.transcript_id
LEFT JOIN gold_items o ON o.segment_id = p.segment_id AND p.kind = 'gold'
WHERE p.words IS NULL
LIMIT :limit
"""
# Not where the gold text became another in between. Where nothing is gold any more there is nothing to compare with.
_COMPARE = """
UPDATE review_passes SET engine = :engine, known_by = :known_by, words = :words, word_edits = :word_edits
WHERE pass_id = :pass_id AND words IS NULL AND (kind = 'second' OR NOT EXISTS (
    SELECT 1 FROM gold_items o
    WHERE o.segment_id = review_passes.segment_id AND o.text <> COALESCE(:known_text, '')))
"""
_PASSES = """
SELECT p.kind, r.corpus, p.engine, p.person, p.known_by, p.verdict, COUNT(*),
       SUM(CASE WHEN p.word_edits = 0 THEN 1 ELSE 0 END), SUM(p.words), SUM(p.word_edits)
FROM review_passes p
JOIN segments s ON s.segment_id = p.segment_id
JOIN recordings r ON r.recording_id = s.recording_id
WHERE p.known_by IS NOT NULL AND p.words IS NOT NULL
GROUP BY p.kind, r.corpus, p.engine, p.person, p.known_by, p.verdict
"""
_IS_UNCOMPARED = "SELECT EXISTS (SELECT 1 FROM review_passes WHERE words IS NULL)"


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


def uncompared_passes(session: Session, limit: int) -> list[PassTexts]:
    """Blind passes that are still to be compared, so many at most."""
    return [PassTexts(*row) for row in session.execute(sa.text(_UNCOMPARED), {"limit": limit})]


def are_passes_uncompared(session: Session) -> bool:
    """Whether there are any."""
    return bool(session.scalar(sa.text(_IS_UNCOMPARED)))


def add_comparisons(session: Session, compared: Sequence[ComparedPass]) -> None:
    """Store them; what is stored already stays."""
    session.execute(
        sa.text(_COMPARE),
        [
            {
                "pass_id": each.of.pass_id,
                "engine": each.of.engine,
                "known_by": each.of.known_by,
                "known_text": each.of.known_text,
                "words": each.words,
                "word_edits": each.word_edits,
            }
            for each in compared
        ],
    )


def item_sums(session: Session) -> list[ItemSum]:
    """The sums over all segments that were decided or acted on."""
    return [ItemSum(*row) for row in session.execute(sa.text(_ITEMS))]


def person_sums(session: Session) -> list[PersonSum]:
    """The sums over all acts."""
    return [PersonSum(*row) for row in session.execute(sa.text(_PEOPLE))]


def pass_sums(session: Session) -> list[PassSum]:
    """The sums over all compared passes: gold ones, and second ones of what was not rejected."""
    return [PassSum(*row) for row in session.execute(sa.text(_PASSES))]
