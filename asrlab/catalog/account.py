"""Where every second of speech went: labeled, rejected, failed with a reason, or waiting."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.domain.time import MS_PER_SECOND, Seconds

LABELED = "labeled"
REJECTED = "rejected"
FAILED = "failed"
SILENT = "no text"
WAITING = "waiting"
STATES = (LABELED, REJECTED, FAILED, SILENT, WAITING)

# A segment of today is what its text and its verdict say; without a text, what a failure says of it.
_BY_SEGMENT = """
SELECT s.recording_id, s.segment_id, s.start_s, s.end_s,
       CASE WHEN c.verdict = 'rejected' THEN 'rejected'
            WHEN c.text IS NOT NULL AND TRIM(c.text) <> '' THEN 'labeled'
            WHEN c.text IS NOT NULL THEN 'no text'
            WHEN EXISTS (SELECT 1 FROM v_failures f WHERE f.segment_id = s.segment_id) THEN 'failed'
            ELSE 'waiting' END AS state
FROM v_segments s
JOIN v_recordings r ON r.recording_id = s.recording_id AND r.num_files > 0
LEFT JOIN v_current c ON c.segment_id = s.segment_id
"""
_TOTALS = f"""
SELECT state, COUNT(*) AS segments, SUM(end_s - start_s) AS seconds FROM ({_BY_SEGMENT}) AS a GROUP BY state
"""
_WAITING = f"""
SELECT r.uri, a.start_s, a.end_s FROM ({_BY_SEGMENT}) AS a JOIN v_recordings r ON r.recording_id = a.recording_id
WHERE a.state = 'waiting' ORDER BY r.uri, a.start_s
"""
# Recordings that nobody cut: their speech is not known yet, so all of them counts, unless a failure says why.
_UNCUT = """
SELECT r.uri, r.duration,
       (SELECT MIN(f.reason) FROM v_failures f WHERE f.recording_id = r.recording_id) AS reason
FROM v_recordings r
WHERE r.num_files > 0
  AND NOT EXISTS (SELECT 1 FROM segmentations g WHERE g.recording_id = r.recording_id AND g.is_active)
ORDER BY r.uri
"""
# Detected speech that no segment of today holds; a segmentation of references detects none.
_LOST = """
SELECT r.uri, g.speech_ms - COALESCE(SUM(s.end_ms - s.start_ms), 0) AS lost_ms
FROM segmentations g
JOIN v_recordings r ON r.recording_id = g.recording_id AND r.num_files > 0
LEFT JOIN segments s ON s.segmentation_id = g.segmentation_id AND s.superseded_by IS NULL
WHERE g.is_active
GROUP BY r.uri, g.segmentation_id, g.speech_ms
HAVING g.speech_ms - COALESCE(SUM(s.end_ms - s.start_ms), 0) > :tolerance
ORDER BY r.uri
"""
SPEECH_TOLERANCE_MS = 100
"""Speech is detected in steps of 32 ms; segments end where they end."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a recording. why: a reason code, "" where nobody knows one."""

    uri: str
    start: Seconds
    end: Seconds
    why: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """Segments and seconds by state; waiting, uncut and lost: what no state explains, piece by piece."""

    segments: dict[str, int]
    seconds: dict[str, Seconds]
    waiting: tuple[Piece, ...]
    uncut: tuple[Piece, ...]
    lost: tuple[Piece, ...]


def speech_account(session: Session) -> Account:
    """The account of all recordings that lie somewhere."""

    def rows(statement: str, **given: Any) -> Any:
        return session.execute(sa.text(statement), given)

    totals = {row.state: row for row in rows(_TOTALS)}
    return Account(
        segments={state: totals[state].segments if state in totals else 0 for state in STATES},
        seconds={state: float(totals[state].seconds) if state in totals else 0.0 for state in STATES},
        waiting=tuple(Piece(*row) for row in rows(_WAITING)),
        uncut=tuple(Piece(row.uri, 0.0, row.duration, row.reason or "") for row in rows(_UNCUT)),
        lost=tuple(
            Piece(row.uri, 0.0, float(row.lost_ms) / MS_PER_SECOND)
            for row in rows(_LOST, tolerance=SPEECH_TOLERANCE_MS)
        ),
    )
