"""Language detection and forcing, on a tiny random checkpoint of the multilingual kind.

Its text means nothing; what is tested is that the right tokens steer it.
"""

from pathlib import Path

import numpy as np
import pytest

from asrlab.engines.protocol import EngineOptions, Waveform
from asrlab.engines.whisper.engine import WhisperEngine
from asrlab.engines.whisper.factory import whisper_aligner
from asrlab.errors import OptionError

RATE_HZ = 16_000


@pytest.fixture(scope="module")
def multilingual(multilingual_whisper: WhisperEngine) -> WhisperEngine:
    return multilingual_whisper


@pytest.fixture(scope="module")
def noises() -> list[Waveform]:
    random = np.random.default_rng(5)
    return [random.normal(0, 0.02 * (i + 1), (i + 1) * RATE_HZ).astype(np.float32) for i in range(3)]


def test_a_forced_language_stands_in_the_prompt(multilingual: WhisperEngine) -> None:
    tokens = multilingual._loaded.tokenizer.convert_ids_to_tokens(multilingual._loaded.start_tokens("fr"))
    assert tokens == ["<|startoftranscript|>", "<|fr|>", "<|transcribe|>", "<|notimestamps|>"]


def test_the_forced_language_is_the_hypothesis_language(
    multilingual: WhisperEngine, noises: list[Waveform]
) -> None:
    for name, tag in (("de", "de"), ("Spanish", "es"), ("zh-CN", "zh")):
        (hypothesis,) = multilingual.transcribe(noises[:1], language=name, context="")
        assert hypothesis.language_tag == tag


def test_detection_is_transformers_own_and_does_not_depend_on_the_batch(
    multilingual: WhisperEngine, noises: list[Waveform]
) -> None:
    loaded = multilingual._loaded
    generation = loaded.model.generation_config
    generation.lang_to_id = {f"<|{tag}|>": id for id, tag in loaded.language_tokens().items()}
    together = multilingual.transcribe(noises, language=None, context="")
    for noise, hypothesis in zip(noises, together, strict=True):
        (id,) = loaded.model.detect_language(
            input_features=loaded.features([noise]), generation_config=generation
        )
        assert hypothesis.language_tag == loaded.language_tokens()[int(id)]
        (alone,) = multilingual.transcribe([noise], language=None, context="")
        assert (alone.language_tag, alone.text) == (hypothesis.language_tag, hypothesis.text)


def test_a_decoder_that_never_ends_is_flagged(multilingual: WhisperEngine, noises: list[Waveform]) -> None:
    (hypothesis,) = multilingual.transcribe(noises[:1], language="en", context="")
    assert hypothesis.finish_reason == "length"
    assert "truncated" in hypothesis.flags


def test_a_checkpoint_without_alignment_heads_aligns_all_the_same(
    multilingual_checkpoint: Path, noises: list[Waveform]
) -> None:
    aligner = whisper_aligner.open(EngineOptions(model=str(multilingual_checkpoint), device="cpu"))
    (words,) = aligner.align(noises[2:], ["我们 go home"], languages=["zh"])
    assert [word.text for word in words] == ["我", "们", "go", "home"]
    assert all(0 <= word.span.start <= word.span.end <= 3 for word in words)


def test_a_language_newer_than_the_checkpoint_is_a_users_error(
    multilingual: WhisperEngine, noises: list[Waveform]
) -> None:
    with pytest.raises(OptionError, match="Cantonese"):
        multilingual.transcribe(noises[:1], language="yue", context="")
