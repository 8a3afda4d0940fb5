"""The transcribing stage stores what an engine learns of its device, and hands it back."""

from collections.abc import Sequence
from pathlib import Path

from asrlab.catalog import Catalog
from asrlab.catalog.transcripts import TranscriptKey
from asrlab.domain.labels import Hypothesis
from asrlab.domain.memory import BatchMemory
from asrlab.domain.recipe import Recipe
from asrlab.engines.batching import in_batches
from asrlab.engines.protocol import EngineInfo, Waveform
from asrlab.pipeline import LabelJob, ingest_group, segment_group
from asrlab.transcribe import Transcription, segments_pending, transcribe_segments
from tests.factories import write_tone

RATE_HZ = 16_000


class SmallCard:
    """An engine on a card with room for three seconds of audio."""

    def __init__(self) -> None:
        self.memory = BatchMemory("card, 1 GiB", "float32", 240.0)
        self.info = EngineInfo("small", "small", "a" * 64, "1")
        self.refused = 0

    def transcribe(
        self, waveforms: Sequence[Waveform], *, language: str | None, context: str
    ) -> list[Hypothesis]:
        return in_batches(
            waveforms,
            [len(waveform) / RATE_HZ for waveform in waveforms],
            self._run,
            lambda error: isinstance(error, MemoryError),
            self.memory,
        )

    def close(self) -> None: ...

    def _run(self, waveforms: list[Waveform]) -> list[Hypothesis]:
        if max(map(len, waveforms)) * len(waveforms) > 3 * RATE_HZ:
            self.refused += 1
            raise MemoryError
        return [Hypothesis("text", "text") for _ in waveforms]


def test_the_stage_stores_what_an_engine_learns_and_hands_it_back(catalog: Catalog, tmp_path: Path) -> None:
    job = LabelJob(recipe=Recipe(name="whole"))
    files = [str(write_tone(tmp_path / f"{index}.wav", 1.0, 200.0 + index)) for index in range(8)]
    recordings = ingest_group(catalog, job, files)
    segment_group(catalog, job, recordings)
    refusals = []
    for engine, fingerprint in ((SmallCard(), "first"), (SmallCard(), "second")):
        key = TranscriptKey(fingerprint)
        how = Transcription(engine, _run(catalog, fingerprint), key, None, "", 240.0)
        pending = [segment.segment_id for segment in segments_pending(catalog, key, recordings)]
        assert transcribe_segments(catalog, how, pending) == 8
        refusals.append(engine.refused)
    assert refusals[0] > 0
    assert refusals[1] == 0


def _run(catalog: Catalog, fingerprint: str) -> int:
    from tests.factories import add_run

    with catalog.writing() as session:
        return add_run(session, fingerprint=fingerprint)
