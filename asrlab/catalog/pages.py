"""What a page shows of one segment and of the stretch of audio around it; reads only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.review_blind import NO_BLIND, BlindShares, machine_texts
from asrlab.catalog.values import utc_now
from asrlab.domain.time import MS_PER_SECOND, Seconds

_RULE = "CASE c.origin WHEN 'human' THEN 0 WHEN 'import' THEN 1 WHEN 'consensus' THEN 2 ELSE 3 END, c.version DESC"
# The rule of v_current, for one segment `s`: the view would be worked out for all of them first.
_CURRENT = f"""(SELECT c.transcript_id FROM transcripts c WHERE c.segment_id = s.segment_id
        ORDER BY {_RULE} LIMIT 1)"""
_VERDICT = """(SELECT w.{what} FROM reviews w WHERE w.transcript_id = {of} AND w.withdrawn_at IS NULL
        ORDER BY w.review_id DESC LIMIT 1)"""
_LIVE = "g.is_active AND s.superseded_by IS NULL"

_SEGMENT = sa.text(
    f"""
SELECT s.segment_id, s.recording_id, s.segmentation_id, s.channel, s.start_ms, s.end_ms, s.superseded_by,
       CASE WHEN {_LIVE} THEN 1 ELSE 0 END AS is_live, r.corpus, r.num_channels,
       CAST(r.num_samples AS DOUBLE PRECISION) / r.sampling_rate AS duration_s,
       COALESCE(s.speaker, r.speaker) AS speaker, COALESCE(s.language, r.language) AS language,
       COALESCE(s.context, r.context) AS context, {_CURRENT} AS current_id,
       (SELECT f.uri FROM recording_files f WHERE f.recording_id = r.recording_id
        ORDER BY CASE WHEN f.superseded_at IS NULL THEN 0 ELSE 1 END, f.file_id LIMIT 1) AS uri
FROM segments s
JOIN segmentations g ON g.segmentation_id = s.segmentation_id
JOIN recordings r ON r.recording_id = s.recording_id
WHERE s.segment_id = :segment_id
"""
)
_CLAIM = sa.text(
    "SELECT person FROM review_claims WHERE segment_id = :segment_id AND expires_at > :now"
).bindparams(sa.bindparam("now", type_=sa.DateTime(timezone=True)))
_VERSIONS = sa.text(
    f"""
SELECT t.transcript_id, t.version, t.parent_id, t.origin, COALESCE(e.engine, t.author, t.origin) AS source,
       COALESCE(e.checkpoint, '') AS checkpoint, t.language, t.text, t.confidence, t.flags, t.created_at,
       {_VERDICT.format(what="verdict", of="t.transcript_id")} AS verdict,
       {_VERDICT.format(what="reason", of="t.transcript_id")} AS reason,
       (SELECT MAX(a.alignment_id) FROM alignments a WHERE a.transcript_id = t.transcript_id) AS alignment_id
FROM transcripts t LEFT JOIN engine_runs e ON e.run_id = t.run_id
WHERE t.segment_id = :segment_id ORDER BY t.version
"""
)
_WORDS = sa.text(
    """
SELECT a.transcript_id, w.position, w.word, w.start_ms, w.end_ms, w.score, w.confidence, w.flags,
       COALESCE(o.engine, e.engine) AS source
FROM alignments a
JOIN engine_runs e ON e.run_id = a.run_id
JOIN words w ON w.alignment_id = a.alignment_id
LEFT JOIN engine_runs o ON o.run_id = w.run_id
WHERE a.alignment_id IN :ids ORDER BY a.transcript_id, w.position
"""
).bindparams(sa.bindparam("ids", expanding=True))
# By time, then by id: of segments that begin together one comes first.
_NEIGHBOUR = """
SELECT s.segment_id FROM segments s
WHERE s.segmentation_id = :segmentation_id AND s.superseded_by IS NULL
  AND (s.start_ms {sign} :start_ms OR (s.start_ms = :start_ms AND s.segment_id {sign} :segment_id))
ORDER BY s.start_ms {order}, s.segment_id {order} LIMIT 1
"""
_PREVIOUS = sa.text(_NEIGHBOUR.format(sign="<", order="DESC"))
_NEXT = sa.text(_NEIGHBOUR.format(sign=">", order="ASC"))
# A text awaits alignment as long as no aligner failed on it; a machine's whole text may wait for ever.
_IS_PENDING = sa.text(
    """
SELECT 1 FROM transcripts t
WHERE t.transcript_id = :transcript_id
  AND (EXISTS (SELECT 1 FROM pending_spans p WHERE p.transcript_id = t.transcript_id)
       OR (t.origin = 'human' AND t.text <> ''
           AND NOT EXISTS (SELECT 1 FROM alignments a WHERE a.transcript_id = t.transcript_id)))
  AND NOT EXISTS (SELECT 1 FROM failures f WHERE f.stage = 'align' AND f.resolved_at IS NULL
                  AND f.segment_id = t.segment_id AND f.item = CAST(t.transcript_id AS TEXT))
"""
)
_BETWEEN = sa.text(
    f"""
SELECT s.segment_id, s.start_ms, s.end_ms, s.channel, COALESCE(s.speaker, r.speaker) AS speaker,
       COALESCE(t.text, '') AS text, {_VERDICT.format(what="verdict", of="t.transcript_id")} AS verdict
FROM segmentations g
JOIN segments s ON s.segmentation_id = g.segmentation_id
JOIN recordings r ON r.recording_id = s.recording_id
LEFT JOIN transcripts t ON t.transcript_id = {_CURRENT}
WHERE g.recording_id = :recording_id AND {_LIVE} AND s.start_ms < :end_ms AND s.end_ms > :start_ms
ORDER BY s.start_ms, s.segment_id LIMIT :most
"""
)


@dataclass(frozen=True, slots=True)
class WordPage:
    """A word with its times on the recording's clock. source: the aligner, or `human`, that its times come from."""

    position: int
    word: str
    start_s: Seconds
    end_s: Seconds
    score: float | None
    confidence: float | None
    flags: str
    source: str


@dataclass(frozen=True, slots=True)
class TextPage:
    """A version of the text. source: the engine, or who wrote it, or the file it came from. created_at: ISO 8601, UTC."""

    transcript_id: int
    version: int
    parent_id: int | None
    origin: str
    source: str
    checkpoint: str
    language: str | None
    text: str
    confidence: float | None
    flags: str
    created_at: str
    verdict: str | None
    words: tuple[WordPage, ...]


@dataclass(frozen=True, slots=True)
class SegmentPage:
    """A segment with all versions of its text, oldest first. current: the one that counts, None without any.

    speaker, language, context: its own, or its recording's. previous_id, next_id: of today, by time. claimed_by:
    somebody else who works on it now. verdict, reason: in force on the current version. is_pending: whether words of
    that await alignment.
    """

    segment_id: int
    recording_id: int
    name: str
    corpus: str
    channel: int | None
    start_s: Seconds
    end_s: Seconds
    speaker: str | None
    language: str | None
    context: str | None
    duration_s: Seconds
    num_channels: int
    is_superseded: bool
    superseded_by: int | None
    previous_id: int | None
    next_id: int | None
    current: TextPage | None
    versions: tuple[TextPage, ...]
    claimed_by: str | None
    verdict: str | None
    reason: str | None
    is_pending: bool


@dataclass(frozen=True, slots=True)
class SegmentOnPage:
    """A segment as it is drawn over the audio."""

    segment_id: int
    start_s: Seconds
    end_s: Seconds
    channel: int | None
    speaker: str | None
    text: str
    verdict: str | None


def segment_page(
    session: Session, segment_id: int, person: str, *, is_blind: bool = False
) -> SegmentPage | None:
    """None where there is no such segment; a superseded one is told as such. person: whose claim is none.

    is_blind: only what machines made of it, as if nobody had been here.
    """
    row = session.execute(_SEGMENT, {"segment_id": segment_id}).one_or_none()
    if row is None:
        return None
    known = session.execute(_VERSIONS, {"segment_id": segment_id}).all()
    current_id = row.current_id
    if is_blind:
        known = [each for each in known if each.origin != "human"]
        current_id = known[-1].transcript_id if known else None
    words = _words(session, [each.alignment_id for each in known if each.alignment_id is not None])
    versions = tuple(_text_page(each, words.get(each.transcript_id, ())) for each in known)
    if is_blind:
        versions = tuple(replace(each, verdict=None) for each in versions)
    current = next((each for each in versions if each.transcript_id == current_id), None)
    at = {"segmentation_id": row.segmentation_id, "start_ms": row.start_ms, "segment_id": segment_id}
    claimed_by = session.scalar(_CLAIM, {"segment_id": segment_id, "now": _now(session)})
    pending = {"transcript_id": current_id}
    return SegmentPage(
        segment_id=row.segment_id,
        recording_id=row.recording_id,
        name=PurePosixPath(row.uri or "").name,
        corpus=row.corpus,
        channel=row.channel,
        start_s=row.start_ms / MS_PER_SECOND,
        end_s=row.end_ms / MS_PER_SECOND,
        speaker=row.speaker,
        language=row.language if current is None or current.language is None else current.language,
        context=row.context,
        duration_s=row.duration_s,
        num_channels=row.num_channels,
        is_superseded=not row.is_live,
        superseded_by=row.superseded_by,
        previous_id=session.scalar(_PREVIOUS, at),
        next_id=session.scalar(_NEXT, at),
        current=current,
        versions=versions,
        claimed_by=None if claimed_by == person else claimed_by,
        verdict=None if current is None else current.verdict,
        reason=None
        if is_blind
        else next((each.reason for each in known if each.transcript_id == current_id), None),
        is_pending=current_id is not None and session.scalar(_IS_PENDING, pending) is not None,
    )


def segments_on_page(
    session: Session,
    recording_id: int,
    start_s: Seconds,
    end_s: Seconds,
    most: int,
    person: str = "",
    shares: BlindShares = NO_BLIND,
) -> list[SegmentOnPage]:
    """The segments of today that lie at least partly in this stretch, by time; `most` at most.

    Those that are blind to the person, by the shares, are told as the machine left them.
    """
    given = {
        "recording_id": recording_id,
        "start_ms": round(start_s * MS_PER_SECOND),
        "end_ms": round(end_s * MS_PER_SECOND),
        "most": most,
    }
    segments = [
        SegmentOnPage(
            row.segment_id,
            row.start_ms / MS_PER_SECOND,
            row.end_ms / MS_PER_SECOND,
            row.channel,
            row.speaker,
            row.text,
            row.verdict,
        )
        for row in session.execute(_BETWEEN, given)
    ]
    blind = machine_texts(session, person, [segment.segment_id for segment in segments], shares)
    return [
        replace(segment, text=blind[segment.segment_id].text, verdict=None)
        if segment.segment_id in blind
        else segment
        for segment in segments
    ]


def text_of(session: Session, transcript_id: int) -> str | None:
    """The text of a version, None where there is none of that id."""
    statement = sa.text("SELECT text FROM transcripts WHERE transcript_id = :transcript_id")
    found: str | None = session.scalar(statement, {"transcript_id": transcript_id})
    return found


def _now(session: Session) -> Any:
    # SQLite holds UTC without a zone, as text.
    now = utc_now()
    return now.replace(tzinfo=None) if session.get_bind().dialect.name == "sqlite" else now


def _words(session: Session, alignment_ids: Sequence[int]) -> dict[int, tuple[WordPage, ...]]:
    found: dict[int, list[WordPage]] = {}
    if alignment_ids:
        for row in session.execute(_WORDS, {"ids": list(alignment_ids)}):
            found.setdefault(row.transcript_id, []).append(
                WordPage(
                    row.position,
                    row.word,
                    row.start_ms / MS_PER_SECOND,
                    row.end_ms / MS_PER_SECOND,
                    row.score,
                    row.confidence,
                    row.flags,
                    row.source,
                )
            )
    return {transcript_id: tuple(words) for transcript_id, words in found.items()}


def _text_page(row: Any, words: tuple[WordPage, ...]) -> TextPage:
    return TextPage(
        row.transcript_id,
        row.version,
        row.parent_id,
        row.origin,
        row.source,
        row.checkpoint,
        row.language,
        row.text,
        row.confidence,
        row.flags,
        _iso(row.created_at),
        row.verdict,
        words,
    )


def _iso(moment: datetime | str) -> str:
    """UTC with a zone, whichever database told it."""
    told = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
