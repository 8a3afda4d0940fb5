"""Things tests need, made with the defaults that fit most of them."""

import hashlib
from pathlib import Path

import numpy as np
import soundfile
from sqlalchemy.orm import Session

from asrlab.catalog import Catalog
from asrlab.catalog.recordings import NewFile, add_file
from asrlab.catalog.runs import NewRun, begin_run
from asrlab.catalog.segments import NewSegmentation, Segment, add_segmentation, segments_of_today
from asrlab.catalog.transcripts import EngineVersion, add_engine_version
from asrlab.domain.audio import AudioInfo
from asrlab.domain.labels import Hypothesis, WordConfidence
from asrlab.domain.time import TimeSpan

RATE_HZ = 16_000


def tone(seconds: float, frequency_hz: float = 220.0, rate_hz: int = RATE_HZ) -> np.ndarray:
    """A quiet sine, float32."""
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    return (0.3 * np.sin(2 * np.pi * frequency_hz * time)).astype(np.float32)


def write_tone(path: Path, seconds: float = 1.0, frequency_hz: float = 220.0) -> Path:
    """A 16 kHz wav whose bytes depend on the frequency."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, tone(seconds, frequency_hz), RATE_HZ)
    return path


def new_file(uri: str = "/audio/a.wav", content: str | None = None, corpus: str = "default") -> NewFile:
    """A 10 s recording at `uri`; equal content gives an equal hash."""
    digest = hashlib.sha256((content or uri).encode()).hexdigest()
    return NewFile(uri, 100, 1, digest, AudioInfo("wav", "pcm_16", RATE_HZ, 1, 10 * RATE_HZ), corpus)


def add_recording(session: Session, uri: str = "/audio/a.wav", corpus: str = "default") -> int:
    return add_file(session, new_file(uri, corpus=corpus))


def add_segments(
    session: Session, recording_id: int, spans: list[tuple[float, float]], fingerprint: str = "recipe"
) -> list[Segment]:
    """A segmentation with these spans, active; returns its segments."""
    add_segmentation(
        session,
        NewSegmentation(
            recording_id=recording_id,
            content_hash=f"hash-{recording_id}",
            recipe="whole",
            parameters="{}",
            fingerprint=fingerprint,
            speech_seconds=0.0,
            pieces=tuple((None, TimeSpan(*span)) for span in spans),
        ),
    )
    return segments_of_today(session, [recording_id])


def add_run(session: Session, stage: str = "transcribe", fingerprint: str = "engine") -> int:
    return begin_run(session, NewRun(stage, "fake", "fake", "0", "1", fingerprint))


def add_text(
    session: Session, segment: Segment, run_id: int, text: str = "hello world", fingerprint: str = "engine"
) -> bool:
    words = tuple(WordConfidence(word, 0.5) for word in text.split())
    hypothesis = Hypothesis(text, text, "English", "en", 0.5, words)
    return add_engine_version(
        session, EngineVersion(segment.segment_id, run_id, fingerprint, "fake", hypothesis)
    )


def labeled_catalog(catalog: Catalog) -> tuple[int, list[Segment]]:
    """One recording of two segments with texts; returns its id and the segments."""
    with catalog.writing() as session:
        recording_id = add_recording(session)
        segments = add_segments(session, recording_id, [(0.0, 4.0), (5.0, 9.5)])
        run_id = add_run(session)
        for segment, text in zip(segments, ("hello world", "good bye"), strict=True):
            add_text(session, segment, run_id, text)
    return recording_id, segments
