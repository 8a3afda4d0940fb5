"""A catalog filled by SQL with as many labeled segments as asked for; to label them for real would take days."""

import hashlib
from pathlib import Path

from asrlab.catalog import open_catalog

SEGMENT_MS = 10_000
SAID_MS = 9_500
RATE_HZ = 16_000
TEXT = "it was the best of times it was the worst of times it was the age of wisdom number "
WAV_HEADER = b"RIFF\x24\x00\x00\x00WAVEfmt "
MADE_AT = "2026-01-01 00:00:00"


def fill(url: str, audio: Path, num_recordings: int, segments_each: int) -> None:
    """Fill the empty catalog at `url`. audio: a folder for the recordings' files, a few bytes each."""
    audio.mkdir(parents=True, exist_ok=True)
    catalog = open_catalog(url)
    is_postgresql = catalog.engine.dialect.name == "postgresql"
    yes = "TRUE" if is_postgresql else "1"
    mark = "%s" if is_postgresql else "?"
    recordings, files, segmentations = [], [], []
    for number in range(1, num_recordings + 1):
        path = audio / f"{number:07}.wav"
        path.write_bytes(WAV_HEADER + number.to_bytes(8, "little"))
        stat = path.stat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        samples = segments_each * SEGMENT_MS * RATE_HZ // 1000
        recordings.append((number, digest, samples))
        files.append((number, number, str(path), stat.st_size, stat.st_mtime_ns))
        segmentations.append((number, number, segments_each * SAID_MS))
    with catalog.engine.begin() as connection:
        run = connection.exec_driver_sql
        run(
            "INSERT INTO recordings (recording_id, content_hash, num_samples, container, codec, sampling_rate, "
            "num_channels, corpus, metadata, ingested_at) VALUES "
            f"({mark}, {mark}, {mark}, 'wav', 'pcm_16', {RATE_HZ}, 1, 'default', '{{}}', '{MADE_AT}')",
            recordings,
        )
        run(
            "INSERT INTO recording_files (file_id, recording_id, uri, size, mtime_ns, corpus, ingested_at, etag) "
            f"VALUES ({mark}, {mark}, {mark}, {mark}, {mark}, 'default', '{MADE_AT}', '')",
            files,
        )
        run(
            "INSERT INTO segmentations (segmentation_id, recording_id, speech_ms, recipe, parameters, fingerprint, "
            f"is_active, created_at) VALUES ({mark}, {mark}, {mark}, 'vad', '{{}}', 'f', {yes}, '{MADE_AT}')",
            segmentations,
        )
        run(
            "INSERT INTO engine_runs (run_id, stage, engine, checkpoint, revision, code_version, parameters, "
            "fingerprint, asrlab_version, host, started_at) VALUES "
            f"(1, 'transcribe', 'fake', 'f', '0', '1', '{{}}', 'engine', '0', 'h', '{MADE_AT}')"
        )
        for statement in _statements(num_recordings, segments_each, is_postgresql=is_postgresql):
            run(statement)
    with catalog.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    catalog.close()


def _statements(num_recordings: int, segments_each: int, *, is_postgresql: bool) -> tuple[str, str]:
    count = num_recordings * segments_each
    recursion = f"WITH RECURSIVE g(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM g WHERE i < {count - 1})"
    numbers = (
        f"generate_series(0, {count - 1}) AS g(i)" if is_postgresql else f"({recursion} SELECT i FROM g) AS g"
    )
    recording = f"i / {segments_each} + 1"
    start = f"(i - (i / {segments_each}) * {segments_each}) * {SEGMENT_MS}"
    segments = (
        "INSERT INTO segments (segment_id, segmentation_id, recording_id, start_ms, end_ms, content_hash) "
        f"SELECT i + 1, {recording}, {recording}, {start}, {start} + {SAID_MS}, CAST(i AS TEXT) FROM {numbers}"
    )
    transcripts = (
        "INSERT INTO transcripts (transcript_id, segment_id, version, origin, run_id, engine_fingerprint, author, "
        "language, text, raw_text, confidence, word_confidence, finish_reason, flags, created_at) "
        f"SELECT i + 1, i + 1, 1, 'engine', 1, 'engine', 'fake', 'en', '{TEXT}' || i, '{TEXT}' || i, 0.9, '[]', "
        f"'stop', '', '{MADE_AT}' FROM {numbers}"
    )
    return segments, transcripts
