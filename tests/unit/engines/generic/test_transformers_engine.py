"""The engine `transformers`: each family says what transformers itself says when it is used by its own documentation."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from transformers.models.whisper.tokenization_whisper import LANGUAGES

from asrlab.domain.labels import FLAG_TRUNCATED, Hypothesis
from asrlab.engines.generic.factory import transformers_engine
from asrlab.engines.protocol import Engine, EngineOptions, Waveform
from asrlab.engines.whisper.factory import whisper_engine
from asrlab.errors import CheckpointError, ItemError, OptionError
from asrlab.text.words import words_of

RATE_HZ = 16_000
QWEN3 = Path(__file__).parents[3] / "goldens" / "qwen3_asr" / "checkpoints"
ALL = ["wav2vec2", "parakeet-ctc", "parakeet-tdt", "parakeet-rnnt", "moonshine"]
Checkpoints = Callable[[str], Path]


def engine_of(path: Path | None) -> Engine:
    return transformers_engine.open(EngineOptions(model=None if path is None else str(path), device="cpu"))


def heard(path: Path | None, clips: Sequence[Waveform], language: str | None = None) -> list[Hypothesis]:
    return engine_of(path).transcribe(clips, language=language, context="")


@pytest.fixture(scope="module")
def clips(speech: Waveform) -> list[Waveform]:
    return [
        speech[round(a * RATE_HZ) : round(b * RATE_HZ)] for a, b in ((1.2, 3.6), (4.8, 6.3), (8.0, 13.05))
    ]


# --- what transformers itself says


def by_pipeline(path: Path, clip: Waveform) -> str:
    """The pipeline that transformers' page of CTC models shows."""
    made: Any = transformers.pipeline("automatic-speech-recognition", model=str(path))
    return str(made({"raw": clip, "sampling_rate": RATE_HZ})["text"]).strip()


@torch.inference_mode()
def by_generate(path: Path, clip: Waveform, auto_class: str) -> str:
    """The lines that the pages of Parakeet and Moonshine show."""
    processor: Any = transformers.AutoProcessor.from_pretrained(path)
    model: Any = getattr(transformers, auto_class).from_pretrained(path)
    inputs = processor(audio=clip, sampling_rate=RATE_HZ, return_tensors="pt")
    extra = {"max_new_tokens": 40} if auto_class == "AutoModelForSpeechSeq2Seq" else {}
    found = model.generate(**inputs, **extra)
    ids = getattr(found, "sequences", found)
    return str(processor.decode(ids[0], skip_special_tokens=True)).strip()


@pytest.mark.filterwarnings("ignore:Using the model-agnostic default")
@pytest.mark.filterwarnings("ignore:.*inputs.*is deprecated")
@pytest.mark.parametrize(
    ("name", "auto_class"),
    [
        ("wav2vec2", None),
        ("parakeet-ctc", "AutoModelForCTC"),
        ("parakeet-tdt", "AutoModelForTDT"),
        ("parakeet-rnnt", "AutoModelForRNNT"),
        ("moonshine", "AutoModelForSpeechSeq2Seq"),
    ],
)
def test_a_family_says_what_transformers_says(
    name: str, auto_class: str | None, checkpoints: Checkpoints, clips: list[Waveform]
) -> None:
    path = checkpoints(name)
    found = [hypothesis.text for hypothesis in heard(path, clips)]
    if auto_class is None:
        expected = [by_pipeline(path, clip) for clip in clips]
    else:
        expected = [by_generate(path, clip, auto_class) for clip in clips]
    assert any(expected)
    if name == "moonshine":
        # Random weights never end: the page's budget cuts earlier.
        assert all(text.startswith(short) for text, short in zip(found, expected, strict=True))
    else:
        assert found == expected


def test_whisper_says_what_our_own_engine_says(clips: list[Waveform]) -> None:
    own = whisper_engine.open(EngineOptions(device="cpu")).transcribe(clips, language="en", context="")
    found = heard(None, clips, "en")
    assert [hypothesis.text for hypothesis in found] == [hypothesis.text for hypothesis in own]
    for one, other in zip(found, own, strict=True):
        assert [word.text for word in one.words] == [word.text for word in other.words]
        assert one.confidence == pytest.approx(other.confidence, abs=0.02)


def test_whisper_takes_words_to_expect(clips: list[Waveform]) -> None:
    options = EngineOptions(device="cpu")
    own = whisper_engine.open(options).transcribe(clips[:1], language="en", context="Zyx, Acme")
    found = engine_of(None).transcribe(clips[:1], language="en", context="Zyx, Acme")
    assert found[0].text == own[0].text
    assert found[0].confidence == pytest.approx(own[0].confidence, abs=0.02)


@pytest.fixture(scope="module")
def multilingual(multilingual_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the tables of a published checkpoint, which transformers' own `generate` goes by."""
    path = tmp_path_factory.mktemp("published") / "whisper"
    shutil.copytree(multilingual_checkpoint, path)
    file = path / "generation_config.json"
    generation = json.loads(file.read_text(encoding="utf-8"))
    tokens = transformers.WhisperTokenizer.from_pretrained(path).get_vocab()
    generation.pop("_from_model_config", None)
    generation |= {
        "lang_to_id": {token: index for token, index in tokens.items() if token.strip("<|>") in LANGUAGES},
        "task_to_id": {task: tokens[f"<|{task}|>"] for task in ("transcribe", "translate")},
        "no_timestamps_token_id": tokens["<|notimestamps|>"],
    }
    file.write_text(json.dumps(generation), encoding="utf-8")
    return path


@pytest.mark.parametrize("language", [None, "de", "German", "en-GB"])
def test_a_multilingual_whisper_hears_or_takes_the_language_that_our_own_engine_does(
    language: str | None, multilingual: Path, clips: list[Waveform]
) -> None:
    options = EngineOptions(model=str(multilingual), device="cpu")
    own = whisper_engine.open(options).transcribe(clips[:2], language=language, context="")
    found = engine_of(multilingual).transcribe(clips[:2], language=language, context="")
    assert [each.language_tag for each in found] == [each.language_tag for each in own]
    # Random weights never end, and the budgets differ.
    assert all(one.raw_text for one in found)


def test_qwen3_asr_says_what_its_own_processor_makes_of_it(clips: list[Waveform]) -> None:
    path = QWEN3 / "asr-hf"
    processor: Any = transformers.AutoProcessor.from_pretrained(path)
    model: Any = transformers.AutoModelForSpeechSeq2Seq.from_pretrained(path)
    found = engine_of(path).transcribe(clips, language="German", context="")
    for clip, hypothesis in zip(clips, found, strict=True):
        inputs = processor.apply_transcription_request(audio=[clip], language="German")
        ids = model.generate(**inputs, max_new_tokens=160, do_sample=False)[0, inputs["input_ids"].shape[1] :]
        expected = processor.decode(ids, return_format="transcription_only")
        assert hypothesis.text
        assert expected.strip().startswith(hypothesis.text[:40])
        assert (hypothesis.language, hypothesis.language_tag) == ("German", "de")


def test_qwen3_asr_is_told_what_to_expect(clips: list[Waveform]) -> None:
    engine = engine_of(QWEN3 / "asr-hf")
    plain, told = (
        engine.transcribe(clips[:1], language=None, context=context)[0].raw_text
        for context in ("", "Zyx Acme")
    )
    assert plain != told


# --- what all families promise


@pytest.mark.parametrize("name", ALL)
def test_every_length_is_heard(name: str, checkpoints: Checkpoints, speech: Waveform) -> None:
    lengths = [0, 1, 160, 800, 1601, 8000, 20_000]
    found = heard(checkpoints(name), [speech[16_000 : 16_000 + length] for length in lengths])
    assert len(found) == len(lengths)
    assert found[0].text == ""
    for hypothesis in found:
        assert hypothesis.finish_reason in ("stop", "length")
        assert (hypothesis.finish_reason == "length") == (FLAG_TRUNCATED in hypothesis.flags)


@pytest.mark.parametrize("name", ["wav2vec2", "parakeet-ctc", "moonshine"])
def test_words_have_a_confidence(name: str, checkpoints: Checkpoints, clips: list[Waveform]) -> None:
    for hypothesis in heard(checkpoints(name), clips):
        assert tuple(word.text for word in hypothesis.words) == words_of(hypothesis.text)
        assert hypothesis.words
        assert all(0.0 < word.confidence <= 1.0 for word in hypothesis.words)


@pytest.mark.parametrize("name", ALL)
def test_a_clip_is_heard_the_same_in_any_company(
    name: str, checkpoints: Checkpoints, clips: list[Waveform]
) -> None:
    engine = engine_of(checkpoints(name))
    together = engine.transcribe(clips, language=None, context="")
    alone = [engine.transcribe([clip], language=None, context="")[0] for clip in reversed(clips)]
    assert together == alone[::-1]


def test_a_text_that_repeats_itself_and_does_not_end_is_flagged(
    checkpoints: Checkpoints, clips: list[Waveform]
) -> None:
    (hypothesis,) = heard(checkpoints("moonshine"), clips[:1])
    assert hypothesis.finish_reason == "length"
    assert FLAG_TRUNCATED in hypothesis.flags


def test_values_that_are_no_numbers_are_an_error_of_the_item(checkpoints: Checkpoints) -> None:
    broken = np.full(RATE_HZ, np.nan, dtype=np.float32)
    for name in ("wav2vec2", "moonshine"):
        with pytest.raises(ItemError, match="NaN"):
            heard(checkpoints(name), [broken])


# --- languages


def test_a_model_of_one_language_keeps_the_one_it_is_given(
    checkpoints: Checkpoints, clips: list[Waveform]
) -> None:
    (hypothesis,) = heard(checkpoints("wav2vec2"), clips[:1], "de")
    assert hypothesis.language_tag == "de"
    (hypothesis,) = heard(checkpoints("wav2vec2"), clips[:1])
    assert hypothesis.language_tag is None


@pytest.mark.parametrize(
    ("name", "language"),
    [("wav2vec2", "what?"), ("qwen3", "Klingon"), ("whisper", "de"), ("whisper", "what?")],
)
def test_a_language_the_model_does_not_take_is_refused_before_and_at_work(
    name: str, language: str, checkpoints: Checkpoints, clips: list[Waveform]
) -> None:
    path = {"qwen3": QWEN3 / "asr-hf", "whisper": None}.get(name) if name != "wav2vec2" else checkpoints(name)
    options = EngineOptions(model=None if path is None else str(path), device="cpu")
    with pytest.raises(OptionError, match=r"language|know"):
        transformers_engine.check_language(options, language)
    with pytest.raises(OptionError, match=r"language|know"):
        heard(path, clips[:1], language)


def test_a_language_may_be_named_or_tagged() -> None:
    options = EngineOptions(model=str(QWEN3 / "asr-hf"), device="cpu")
    for language in ("German", "de", "zh-TW"):
        transformers_engine.check_language(options, language)


# --- checkpoints


def test_a_checkpoint_is_known_without_its_weights(checkpoints: Checkpoints) -> None:
    info = transformers_engine.describe(EngineOptions(model=str(checkpoints("parakeet-tdt"))))
    assert info.parameters == {"model_type": "parakeet_tdt"}
    assert info.max_seconds is None
    assert transformers_engine.describe(EngineOptions()).max_seconds == 30.0


@pytest.mark.parametrize("kind", ["bert", "pop2piano", "wav2vec3", "qwen3"])
def test_a_model_that_hears_nothing_is_refused(kind: str, checkpoints: Checkpoints, tmp_path: Path) -> None:
    path = tmp_path / "model"
    shutil.copytree(checkpoints("wav2vec2"), path)
    (path / "config.json").write_text(json.dumps({"model_type": kind}), encoding="utf-8")
    with pytest.raises(CheckpointError, match=f"is a {kind} model"):
        transformers_engine.describe(EngineOptions(model=str(path)))


def test_weights_that_are_missing_are_never_made_up(checkpoints: Checkpoints, tmp_path: Path) -> None:
    path = tmp_path / "headless"
    shutil.copytree(checkpoints("wav2vec2"), path)
    config = transformers.Wav2Vec2Config.from_pretrained(path)
    transformers.Wav2Vec2Model(config).save_pretrained(path)
    with pytest.raises(CheckpointError, match=r"lacks weights .*lm_head.* and 1 more"):
        engine_of(path)


def test_the_original_layout_of_qwen3_is_refused_not_filled_with_random_weights() -> None:
    with pytest.raises(CheckpointError, match=r"lacks weights.*--engine qwen3-asr"):
        engine_of(QWEN3 / "asr-orig")


def test_a_library_that_a_model_needs_is_named(checkpoints: Checkpoints, clips: list[Waveform]) -> None:
    path = checkpoints("granite")
    (path / "model.safetensors").write_bytes(b"")
    with pytest.raises(CheckpointError, match="torchaudio"):
        engine_of(path)


def test_a_checkpoint_without_a_processor_is_refused(checkpoints: Checkpoints, tmp_path: Path) -> None:
    path = tmp_path / "bare"
    shutil.copytree(checkpoints("moonshine"), path)
    for file in path.iterdir():
        if file.name not in ("config.json", "model.safetensors"):
            file.unlink()
    with pytest.raises(CheckpointError, match="no processor"):
        engine_of(path)
