"""What the stages tell of texts that don't speak of all that is said, whatever engine or person wrote them."""

from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
import sqlalchemy as sa

from asrlab.align import Alignment, align_segments
from asrlab.audio.write import write_wav
from asrlab.catalog import Catalog
from asrlab.catalog.schema import TranscriptRow
from asrlab.catalog.transcripts import TranscriptKey
from asrlab.domain.labels import FLAG_EMPTY, FLAG_NOT_COVERED, FLAG_TRUNCATED, Hypothesis
from asrlab.domain.recipe import Recipe
from asrlab.engines.protocol import EngineInfo, EngineOptions, Waveform
from asrlab.engines.registry import aligner_factory
from asrlab.pipeline import LabelJob, ingest_group, segment_group
from asrlab.transcribe import Transcription, segments_pending, transcribe_segments
from tests.factories import add_run

RATE_HZ = 16_000
FIRST = "It was the best of times. It was the worst of times."
REST = "It was the age of wisdom. It was the age of foolishness. It was the epoch of belief."


class Told:
    """An engine that says what a test tells it to."""

    def __init__(self, text: str, flags: tuple[str, ...] = ()) -> None:
        self.info = EngineInfo("told", "told", "b" * 64, "1")
        self._hypothesis = Hypothesis(text, text, flags=flags)

    def transcribe(
        self, waveforms: Sequence[Waveform], *, language: str | None, context: str
    ) -> list[Hypothesis]:
        return [self._hypothesis for _ in waveforms]

    def close(self) -> None: ...


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """9.6 s of read speech: five sentences."""
    path = metadata.distribution("moonshine-voice").locate_file("moonshine_voice/assets/two_cities.wav")
    samples, rate = soundfile.read(str(path), dtype="float32")
    speech = soxr.resample(samples, rate, RATE_HZ)[RATE_HZ : round(10.6 * RATE_HZ)]
    file = tmp_path_factory.mktemp("spoken") / "spoken.wav"
    write_wav(file, speech.astype(np.float32), RATE_HZ)
    return file


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("silent") / "silent.wav"
    write_wav(file, np.zeros(3 * RATE_HZ, dtype=np.float32), RATE_HZ)
    return file


def flags_of(catalog: Catalog, file: Path, engine: Told, *, aligner: str | None = None) -> list[str]:
    """The flags of the newest text of a file of one segment."""
    recordings = ingest_group(catalog, LabelJob(), [str(file)])
    segment_group(catalog, LabelJob(recipe=Recipe(name="whole")), recordings)
    key = TranscriptKey("engine")
    ids = [segment.segment_id for segment in segments_pending(catalog, key, recordings)]
    with catalog.writing() as session:
        run = add_run(session, fingerprint="engine")
    assert transcribe_segments(catalog, Transcription(engine, run, key, None, "", 240.0), ids) == 1
    if aligner is not None:
        opened = aligner_factory(aligner).open(EngineOptions(device="cpu"))
        assert align_segments(catalog, Alignment(opened, run, opened.info.fingerprint, 240.0), ids) == 1
    with catalog.reading() as session:
        return [flag for flag in session.scalars(sa.select(TranscriptRow.flags)).one().split(",") if flag]


def test_a_text_that_leaves_speech_out_is_flagged_beside_its_other_flags(
    catalog: Catalog, spoken: Path
) -> None:
    found = flags_of(catalog, spoken, Told(FIRST, (FLAG_TRUNCATED,)), aligner="pocketsphinx")
    assert sorted(found) == [FLAG_NOT_COVERED, FLAG_TRUNCATED]


def test_a_whole_text_is_not(catalog: Catalog, spoken: Path) -> None:
    assert flags_of(catalog, spoken, Told(f"{FIRST} {REST}"), aligner="pocketsphinx") == []


def test_speech_without_a_text_is_flagged(catalog: Catalog, spoken: Path) -> None:
    assert flags_of(catalog, spoken, Told("")) == [FLAG_EMPTY]


def test_silence_without_a_text_is_not(catalog: Catalog, silent: Path) -> None:
    assert flags_of(catalog, silent, Told("")) == []
