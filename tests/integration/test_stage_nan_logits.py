"""A model that computes NaN for one clip: that one is listed with its reason, the rest of its batch is labeled."""

from pathlib import Path
from typing import Any

import soundfile
import torch

from asrlab.audio.read import read_spans
from asrlab.catalog import Catalog
from asrlab.catalog.failures import list_failures
from asrlab.catalog.transcripts import TranscriptKey
from asrlab.domain.recipe import Recipe
from asrlab.domain.time import TimeSpan
from asrlab.engines.protocol import EngineOptions
from asrlab.engines.registry import open_engine
from asrlab.engines.whisper.engine import WhisperEngine
from asrlab.pipeline import LabelJob, ingest_group, segment_group
from asrlab.transcribe import Transcription, segments_pending, transcribe_segments
from tests.factories import add_run

CLIPS = 4
BAD = 2


class Poison:
    """A hook on Whisper's encoder: what it says of one clip is NaN, whatever else is in its batch."""

    def __init__(self) -> None:
        self.features: torch.Tensor | None = None

    def __call__(self, _module: object, given: tuple[Any, ...], named: dict[str, Any], output: Any) -> Any:
        features = given[0] if given else named["input_features"]
        if self.features is None:
            self.features = features[0].clone()
            return output
        for row, known in enumerate(features):
            if torch.allclose(known, self.features):
                output.last_hidden_state[row] = float("nan")
        return output


def test_nan_logits_are_one_clips_failure(catalog: Catalog, tmp_path: Path, speech_file: Path) -> None:
    speech, rate = soundfile.read(speech_file, dtype="float32")
    files = [tmp_path / f"{index}.wav" for index in range(CLIPS)]
    for index, path in enumerate(files):
        soundfile.write(path, speech[4 * index * rate : 4 * (index + 1) * rate], rate)
    recordings = ingest_group(catalog, LabelJob(), [str(path) for path in files])
    segment_group(catalog, LabelJob(recipe=Recipe(name="whole")), recordings)
    engine = open_engine("whisper", EngineOptions(device="cpu"))
    assert isinstance(engine, WhisperEngine)
    key = TranscriptKey("nan")
    with catalog.writing() as session:
        run_id = add_run(session, fingerprint="nan")
    how = Transcription(engine, run_id, key, "en", "", 240.0)
    pending = segments_pending(catalog, key, recordings)
    poison = Poison()
    hook = engine._loaded.model.get_encoder().register_forward_hook(poison, with_kwargs=True)
    try:
        # Shows the hook which clip is meant.
        engine.transcribe(
            read_spans(files[BAD], [TimeSpan(0.0, 4.0)], channel=None), language="en", context=""
        )
        stored = transcribe_segments(catalog, how, [segment.segment_id for segment in pending])
    finally:
        hook.remove()
    with catalog.reading() as session:
        (failure,) = list_failures(session)
    assert stored == CLIPS - 1
    assert (failure.reason, Path(failure.uri).name) == ("engine_error", f"{BAD}.wav")
    assert "NaN" in failure.message
