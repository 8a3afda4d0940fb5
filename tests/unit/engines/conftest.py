"""Real Whisper weights and real speech for the tests of engines."""

import json
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
import torch
from transformers import WhisperConfig, WhisperForConditionalGeneration
from transformers.models.whisper.tokenization_whisper import LANGUAGES

from asrlab.engines.embedded import embedded_checkpoint
from asrlab.engines.protocol import EngineOptions, Waveform
from asrlab.engines.whisper.aligner import WhisperAligner
from asrlab.engines.whisper.engine import WhisperEngine
from asrlab.engines.whisper.factory import whisper_aligner, whisper_engine
from tests.openai_servers import transformers_serve
from tests.random_checkpoints import random_checkpoint

RATE_HZ = 16_000
START_ID = 50_258


@pytest.fixture(scope="session")
def speech() -> Waveform:
    """44 s of read English at 16 kHz."""
    path = metadata.distribution("moonshine-voice").locate_file("moonshine_voice/assets/two_cities.wav")
    samples, rate = soundfile.read(Path(str(path)), dtype="float32")
    return np.asarray(soxr.resample(samples, rate, RATE_HZ), dtype=np.float32)


@pytest.fixture(scope="session")
def clips(speech: Waveform) -> Sequence[Waveform]:
    """Pieces of it of 3 to 10 s, cut in its pauses."""
    borders = [1.0, 4.8, 8.5, 16.9, 20.0, 28.7]
    return [speech[round(a * RATE_HZ) : round(b * RATE_HZ)] for a, b in pairwise(borders)]


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A tiny random checkpoint of each architecture, by name."""
    folder = tmp_path_factory.mktemp("checkpoints")
    return lambda name: random_checkpoint(name, folder)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a `transformers serve` that runs for as long as the tests do."""
    with transformers_serve(tmp_path_factory.mktemp("serve")) as url:
        yield url


@pytest.fixture(scope="session")
def engine() -> WhisperEngine:
    opened = whisper_engine.open(EngineOptions(device="cpu"))
    assert isinstance(opened, WhisperEngine)
    return opened


@pytest.fixture(scope="session")
def aligner() -> WhisperAligner:
    opened = whisper_aligner.open(EngineOptions(device="cpu"))
    assert isinstance(opened, WhisperAligner)
    return opened


@pytest.fixture(scope="session")
def multilingual_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
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
    # The real ones have an empty token there, and CTranslate2 goes by it.
    tokenizer["model"]["vocab"] = {**vocabulary, "": 50_256}
    tokenizer["added_tokens"] = [
        {"id": 50_257 + i, "content": name, **template} for i, name in enumerate(names)
    ]
    tokenizer["post_processor"] = None
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    (folder / "tokenizer_config.json").write_text((source / "tokenizer_config.json").read_text())
    return folder


@pytest.fixture(scope="session")
def multilingual_whisper(multilingual_checkpoint: Path) -> WhisperEngine:
    opened = whisper_engine.open(EngineOptions(model=str(multilingual_checkpoint), device="cpu"))
    assert isinstance(opened, WhisperEngine)
    return opened
