"""Language detection and forcing, on a tiny random checkpoint of the multilingual kind.

Its text means nothing; what is tested is that the right tokens steer it.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import WhisperConfig, WhisperForConditionalGeneration
from transformers.models.whisper.tokenization_whisper import LANGUAGES

from asrlab.engines.embedded import embedded_checkpoint
from asrlab.engines.protocol import EngineOptions, Waveform
from asrlab.engines.whisper.engine import WhisperEngine
from asrlab.engines.whisper.factory import whisper_aligner, whisper_engine
from asrlab.errors import OptionError

RATE_HZ = 16_000
START_ID = 50_258


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two layers of 64, the multilingual vocabulary's layout of special tokens."""
    folder = tmp_path_factory.mktemp("multilingual")
    torch.manual_seed(3)
    config = WhisperConfig(
        vocab_size=51_865,
        d_model=64,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        num_mel_bins=80,
        bos_token_id=50_257,
        eos_token_id=50_257,
        pad_token_id=50_257,
        decoder_start_token_id=START_ID,
    )
    model = WhisperForConditionalGeneration(config)
    model.generation_config.is_multilingual = True
    model.generation_config.eos_token_id = 50_257
    model.save_pretrained(folder)
    source = embedded_checkpoint()
    (folder / "preprocessor_config.json").write_text((source / "preprocessor_config.json").read_text())
    tokenizer = json.loads((source / "tokenizer.json").read_text())
    names = ["<|endoftext|>", "<|startoftranscript|>", *(f"<|{tag}|>" for tag in list(LANGUAGES)[:99])]
    names += [
        "<|translate|>",
        "<|transcribe|>",
        "<|startoflm|>",
        "<|startofprev|>",
        "<|nospeech|>",
        "<|notimestamps|>",
    ]
    template = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    vocabulary = {token: id for token, id in tokenizer["model"]["vocab"].items() if id < 50_256}
    tokenizer["model"]["vocab"] = {**vocabulary, "<|filler|>": 50_256}
    tokenizer["added_tokens"] = [
        {"id": 50_257 + i, "content": name, **template} for i, name in enumerate(names)
    ]
    tokenizer["post_processor"] = None
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    (folder / "tokenizer_config.json").write_text((source / "tokenizer_config.json").read_text())
    return folder


@pytest.fixture(scope="module")
def multilingual(checkpoint: Path) -> WhisperEngine:
    opened = whisper_engine.open(EngineOptions(model=str(checkpoint), device="cpu"))
    assert isinstance(opened, WhisperEngine)
    return opened


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
    checkpoint: Path, noises: list[Waveform]
) -> None:
    aligner = whisper_aligner.open(EngineOptions(model=str(checkpoint), device="cpu"))
    (words,) = aligner.align(noises[2:], ["我们 go home"], languages=["zh"])
    assert [word.text for word in words] == ["我", "们", "go", "home"]
    assert all(0 <= word.span.start <= word.span.end <= 3 for word in words)


def test_a_language_newer_than_the_checkpoint_is_a_users_error(
    multilingual: WhisperEngine, noises: list[Waveform]
) -> None:
    with pytest.raises(OptionError, match="Cantonese"):
        multilingual.transcribe(noises[:1], language="yue", context="")
