"""The engine `whisper` on real weights and speech, held against transformers' own generate."""

import json
import math
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from asrlab.engines.embedded import embedded_checkpoint
from asrlab.engines.protocol import EngineOptions, Waveform
from asrlab.engines.whisper.decoded import MAX_NEW_TOKENS
from asrlab.engines.whisper.engine import WhisperEngine
from asrlab.engines.whisper.factory import whisper_engine
from asrlab.engines.whisper.languages import whisper_language_tag
from asrlab.errors import CheckpointError, ItemError, OptionError

RATE_HZ = 16_000


def test_the_words_are_those_that_were_read(engine: WhisperEngine, clips: Sequence[Waveform]) -> None:
    (first, *_) = engine.transcribe(clips[:1], language=None, context="")
    assert first.text == "It was the best of times, it was the worst of times."
    assert (first.language, first.language_tag, first.finish_reason, first.flags) == (
        "English",
        "en",
        "stop",
        (),
    )


def test_the_tokens_are_those_of_transformers_own_greedy_search(
    engine: WhisperEngine, clips: Sequence[Waveform]
) -> None:
    loaded = engine._loaded
    ours = engine.transcribe(clips, language=None, context="")
    for clip, hypothesis in zip(clips, ours, strict=True):
        theirs = loaded.model.generate(loaded.features([clip]), max_new_tokens=MAX_NEW_TOKENS, num_beams=1)
        assert hypothesis.text == loaded.tokenizer.decode(theirs[0], skip_special_tokens=True).strip()


def test_a_clip_has_the_same_text_alone_and_in_any_batch_and_order(
    engine: WhisperEngine, clips: Sequence[Waveform]
) -> None:
    alone = [engine.transcribe([clip], language=None, context="")[0] for clip in clips]
    together = engine.transcribe(clips, language=None, context="")
    backwards = engine.transcribe(clips[::-1], language=None, context="")[::-1]
    assert [h.raw_text for h in together] == [h.raw_text for h in alone]
    assert [h.raw_text for h in backwards] == [h.raw_text for h in alone]
    for one, other in zip(alone, together, strict=True):
        assert one.confidence == pytest.approx(other.confidence, abs=1e-3)


def test_the_words_with_confidence_are_the_words_of_the_text(
    engine: WhisperEngine, clips: Sequence[Waveform]
) -> None:
    for hypothesis in engine.transcribe(clips, language="en", context=""):
        assert [word.text for word in hypothesis.words] == hypothesis.text.split()
        assert all(0.0 < word.confidence <= 1.0 for word in hypothesis.words)
        mean = sum(word.confidence for word in hypothesis.words) / len(hypothesis.words)
        assert hypothesis.confidence == pytest.approx(mean)


def test_clear_speech_is_surer_than_noise(engine: WhisperEngine, clips: Sequence[Waveform]) -> None:
    noise = np.random.default_rng(1).normal(0, 0.05, 3 * RATE_HZ).astype(np.float32)
    clear, unclear = engine.transcribe([clips[0], noise], language="en", context="")
    assert clear.confidence is not None
    assert clear.confidence > (unclear.confidence or 0.0) + 0.2


@pytest.mark.parametrize("samples", [0, 1, 800, 30 * RATE_HZ])
def test_silence_of_any_length_gives_a_hypothesis(engine: WhisperEngine, samples: int) -> None:
    (hypothesis,) = engine.transcribe([np.zeros(samples, dtype=np.float32)], language=None, context="")
    assert len(hypothesis.text) < 30
    assert hypothesis.confidence is None or math.isfinite(hypothesis.confidence)


def test_an_empty_batch_gives_nothing(engine: WhisperEngine) -> None:
    assert engine.transcribe([], language=None, context="") == []


def test_a_clip_over_the_window_is_refused(engine: WhisperEngine) -> None:
    with pytest.raises(ValueError, match=r"30\.1 s"):
        engine.transcribe([np.zeros(round(30.1 * RATE_HZ), dtype=np.float32)], language=None, context="")


def test_context_reaches_the_decoder(engine: WhisperEngine, clips: Sequence[Waveform]) -> None:
    plain, told = (
        engine.transcribe(clips[:1], language="en", context=context)[0]
        for context in ("", "IT WAS THE WORST")
    )
    assert plain.confidence != told.confidence
    assert "times" in told.text.lower()


def test_a_text_cut_by_the_budget_is_flagged(
    engine: WhisperEngine, clips: Sequence[Waveform], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asrlab.engines.whisper.engine.MAX_NEW_TOKENS", 5)
    (hypothesis,) = engine.transcribe(clips[:1], language="en", context="")
    assert hypothesis.finish_reason == "length"
    assert hypothesis.flags == ("truncated",)
    assert hypothesis.text == "It was the best of"


def test_an_english_model_refuses_other_languages(engine: WhisperEngine, clips: Sequence[Waveform]) -> None:
    with pytest.raises(OptionError, match="English only"):
        engine.transcribe(clips[:1], language="fr", context="")
    with pytest.raises(OptionError, match="English only"):
        whisper_engine.check_language(EngineOptions(), "French")
    whisper_engine.check_language(EngineOptions(), "en-GB")


def test_languages_are_known_by_tag_and_name() -> None:
    assert whisper_language_tag("Chinese", is_multilingual=True) == "zh"
    assert whisper_language_tag("pt-BR", is_multilingual=True) == "pt"
    with pytest.raises(OptionError, match="klingon"):
        whisper_language_tag("klingon", is_multilingual=True)


def test_out_of_memory_halves_the_batch_down_to_the_clip_that_does_not_fit(
    engine: WhisperEngine, clips: Sequence[Waveform], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = engine.transcribe(clips, language=None, context="")
    whole, sizes = engine._run_batch, []

    def small_device(waveforms: list[Waveform], tag: str | None, context: str) -> object:
        sizes.append(len(waveforms))
        if len(waveforms) > 1:
            raise torch.OutOfMemoryError
        return whole(waveforms, tag, context)

    monkeypatch.setattr(engine, "_run_batch", small_device)
    assert [h.text for h in engine.transcribe(clips, language=None, context="")] == [h.text for h in expected]
    assert sizes[0] == len(clips)

    def no_device(*_arguments: object) -> object:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    monkeypatch.setattr(engine, "_run_batch", no_device)
    with pytest.raises(ItemError, match="memory"):
        engine.transcribe(clips[:2], language=None, context="")


def test_values_that_are_no_numbers_are_an_error_of_the_item(engine: WhisperEngine) -> None:
    broken = np.full(RATE_HZ, np.nan, dtype=np.float32)
    with pytest.raises(ItemError, match="NaN"):
        engine.transcribe([broken], language=None, context="")


def test_the_engine_tells_who_it_is_without_loading_weights() -> None:
    info = whisper_engine.describe(EngineOptions())
    assert (info.name, info.checkpoint, info.max_seconds) == ("whisper", "openai/whisper-tiny.en", 30.0)
    assert info.fingerprint == whisper_engine.describe(EngineOptions(batch_seconds=30)).fingerprint


def test_other_weights_have_another_fingerprint_and_the_same_elsewhere_have_the_same(tmp_path: Path) -> None:
    shutil.copytree(embedded_checkpoint(), tmp_path / "copy")
    options = EngineOptions(model=str(tmp_path / "copy"))
    assert (
        whisper_engine.describe(options).fingerprint == whisper_engine.describe(EngineOptions()).fingerprint
    )
    with (tmp_path / "copy" / "model.safetensors").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x01")
    assert (
        whisper_engine.describe(options).fingerprint != whisper_engine.describe(EngineOptions()).fingerprint
    )


def test_a_checkpoint_of_another_family_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "wav2vec2"}))
    (tmp_path / "model.safetensors").write_bytes(b"x" * 100)
    with pytest.raises(CheckpointError, match="wav2vec2"):
        whisper_engine.describe(EngineOptions(model=str(tmp_path)))


def test_missing_weights_never_run_as_random_ones(tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    shutil.copytree(embedded_checkpoint(), tmp_path / "copy")
    weights = load_file(tmp_path / "copy" / "model.safetensors")
    del weights["model.encoder.conv1.weight"]
    save_file(weights, tmp_path / "copy" / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match=r"conv1\.weight"):
        whisper_engine.open(EngineOptions(model=str(tmp_path / "copy"), device="cpu"))


def test_a_device_that_is_not_there_is_a_users_error() -> None:
    with pytest.raises(OptionError, match="no device"):
        whisper_engine.open(EngineOptions(device="toaster"))
    if not torch.cuda.is_available():
        with pytest.raises(OptionError, match="CUDA"):
            whisper_engine.open(EngineOptions(device="cuda"))


@pytest.mark.parametrize("damage", [b"", b"\xff" * 1000, b"\x10\x00\x00\x00\x00\x00\x00\x00{}"])
def test_damaged_weights_are_a_checkpoint_error(tmp_path: Path, damage: bytes) -> None:
    shutil.copytree(embedded_checkpoint(), tmp_path / "copy")
    (tmp_path / "copy" / "model.safetensors").write_bytes(damage)
    with pytest.raises(CheckpointError, match="can't be loaded"):
        whisper_engine.open(EngineOptions(model=str(tmp_path / "copy"), device="cpu"))


def test_a_checkpoint_without_its_tokenizer_is_refused(tmp_path: Path) -> None:
    shutil.copytree(embedded_checkpoint(), tmp_path / "copy")
    (tmp_path / "copy" / "tokenizer.json").unlink()
    with pytest.raises(CheckpointError, match="no tokenizer"):
        whisper_engine.open(EngineOptions(model=str(tmp_path / "copy"), device="cpu"))


def test_a_damaged_generation_config_is_refused(tmp_path: Path) -> None:
    shutil.copytree(embedded_checkpoint(), tmp_path / "copy")
    (tmp_path / "copy" / "generation_config.json").write_text("{not json")
    with pytest.raises(CheckpointError, match="not JSON"):
        whisper_engine.describe(EngineOptions(model=str(tmp_path / "copy")))


@pytest.mark.parametrize("device", ["meta", "mps", "xpu"])
def test_a_device_whisper_does_not_run_on_is_a_users_error(device: str) -> None:
    with pytest.raises(OptionError, match="does not run"):
        whisper_engine.open(EngineOptions(device=device))


def test_a_number_format_is_part_of_the_fingerprint_and_an_unknown_one_a_users_error(
    engine: WhisperEngine,
) -> None:
    half = EngineOptions(device="cpu", compute_type="bfloat16")
    assert whisper_engine.describe(half).fingerprint != engine.info.fingerprint
    opened = whisper_engine.open(half)
    assert isinstance(opened, WhisperEngine)
    assert opened._loaded.model.dtype == torch.bfloat16
    with pytest.raises(OptionError, match=r"int8.*--engine faster-whisper"):
        whisper_engine.open(EngineOptions(device="cpu", compute_type="int8"))
