"""All that the catalog holds of one recording, as plain values for a listing."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

_RECORDING = sa.text(
    "SELECT recording_id, uri, corpus, content_hash, duration, sampling_rate, num_channels, container, codec "
    "FROM v_recordings WHERE recording_id = :recording_id"
)
_SEGMENTS = sa.text(
    "SELECT segment_id, channel, start_s, end_s, speaker FROM v_segments "
    "WHERE recording_id = :recording_id ORDER BY start_s, segment_id"
)
_VERSIONS = sa.text(
    "SELECT t.segment_id, t.transcript_id, t.version, t.parent_id, t.origin, t.engine, t.checkpoint, t.author, "
    "t.language, t.text, t.confidence, t.finish_reason, t.flags, "
    "c.transcript_id IS NOT NULL AS is_current "
    "FROM v_transcripts t LEFT JOIN v_current c ON c.transcript_id = t.transcript_id "
    "WHERE t.recording_id = :recording_id ORDER BY t.segment_id, t.version"
)
_WORDS = sa.text(
    "SELECT transcript_id, position, word, start_s, end_s, score, confidence, flags FROM v_words "
    "WHERE recording_id = :recording_id ORDER BY transcript_id, position"
)


def recording_contents(session: Session, recording_id: int) -> dict[str, Any]:
    """The recording with its segments of today, all versions of their texts, and the words of each."""
    known = {"recording_id": recording_id}
    recording = dict(session.execute(_RECORDING, known).mappings().one())
    words: dict[int, list[dict[str, Any]]] = {}
    for row in session.execute(_WORDS, known).mappings():
        words.setdefault(row["transcript_id"], []).append(
            {key: value for key, value in row.items() if key != "transcript_id"}
        )
    versions: dict[int, list[dict[str, Any]]] = {}
    for row in session.execute(_VERSIONS, known).mappings():
        version = {key: value for key, value in row.items() if key != "segment_id"}
        version["is_current"] = bool(version["is_current"])
        version["words"] = words.get(row["transcript_id"], [])
        versions.setdefault(row["segment_id"], []).append(version)
    segments = [
        {**row, "versions": versions.get(row["segment_id"], [])}
        for row in session.execute(_SEGMENTS, known).mappings()
    ]
    return {**recording, "segments": segments}
