"""What the engine does about trouble: texts that don't end, circles, echoes of the context, too little memory."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from asrlab.audio.inputs import load_waveform
from asrlab.domain.labels import FLAG_CONTEXT_ECHO, FLAG_REPETITION, FLAG_TRUNCATED, Hypothesis
from asrlab.domain.reasons import FailureReason
from asrlab.engines.protocol import EngineInfo, EngineOptions, Waveform
from asrlab.engines.qwen3_asr import engine as engine_module
from asrlab.engines.qwen3_asr import recognizer
from asrlab.engines.qwen3_asr.chunks import CHUNK_SECONDS
from asrlab.engines.qwen3_asr.decoding import goes_in_circles
from asrlab.engines.qwen3_asr.engine import Qwen3Engine
from asrlab.engines.qwen3_asr.factory import qwen3_engine
from asrlab.engines.qwen3_asr.loading import LoadedQwen3, load_qwen3
from asrlab.engines.qwen3_asr.recognizer import Clip, Heard, recognize, token_budget
from asrlab.errors import ItemError, OptionError

RATE_HZ = 16_000
BATCH_SECONDS = 240.0
INFO = EngineInfo("qwen3-asr", "tiny", "0" * 64, "1")


@pytest.fixture(scope="module")
def loaded(goldens: Path) -> LoadedQwen3:
    return load_qwen3(goldens / "checkpoints" / "asr-hf", "asr")


@pytest.fixture(scope="module")
def waveform(goldens: Path) -> Waveform:
    return load_waveform(str(goldens / "audio" / "clip_20_00.flac"))


def engine_of(loaded: LoadedQwen3) -> Qwen3Engine:
    return Qwen3Engine(INFO, loaded, BATCH_SECONDS)


def hypothesis_of(loaded: LoadedQwen3, waveform: Waveform, **asked: Any) -> Hypothesis:
    (hypothesis,) = engine_of(loaded).transcribe([waveform], **{"language": None, "context": ""} | asked)
    return hypothesis


def first_tokens(loaded: LoadedQwen3, waveform: Waveform, count: int) -> list[int]:
    (heard,) = recognize(loaded, [Clip(waveform, "", None, count)], batch_size=1)
    return heard.token_ids


# --- texts that don't end


def test_a_text_that_does_not_end_is_heard_in_halves_and_flagged_if_that_does_not_help(
    loaded: LoadedQwen3, waveform: Waveform, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[int]] = []

    def counting(model: LoadedQwen3, clips: Sequence[Clip], **options: Any) -> list[Heard]:
        asked.append([len(clip.waveform) for clip in clips])
        return recognize(model, clips, **options)

    monkeypatch.setattr(engine_module, "recognize", counting)
    never = replace(loaded, end_ids=frozenset())
    hypothesis = hypothesis_of(never, waveform)
    assert asked[0] == [len(waveform)]
    assert sum(asked[1]) == len(waveform)
    assert len(asked[1]) >= 2
    assert hypothesis.finish_reason == "length"
    assert {FLAG_TRUNCATED, FLAG_REPETITION} & set(hypothesis.flags)


def test_halves_that_end_are_taken_and_nothing_is_flagged(loaded: LoadedQwen3, waveform: Waveform) -> None:
    halves = engine_module._halves(waveform)
    whole = first_tokens(loaded, waveform, token_budget(len(waveform)))
    # Whatever ends both halves, and never the whole: the text of a random model ends where we say.
    ends = [set(first_tokens(loaded, half, token_budget(len(half)))) - set(whole) for half in halves]
    if not all(ends):
        ends = [set(first_tokens(loaded, half, 1)) - set(whole[:1]) for half in halves]
    if not all(ends):
        pytest.skip("these weights begin both halves like the whole")
    steered = replace(loaded, end_ids=frozenset().union(*ends))
    hypothesis = hypothesis_of(steered, waveform)
    assert hypothesis.finish_reason == "stop"
    assert FLAG_TRUNCATED not in hypothesis.flags


def test_the_budget_grows_with_the_audio() -> None:
    assert token_budget(RATE_HZ) < token_budget(30 * RATE_HZ) < token_budget(1200 * RATE_HZ)
    # Seven tokens a second is fast speech.
    assert all(token_budget(seconds * RATE_HZ) > 7 * seconds + 20 for seconds in (1, 30, 1200))


@pytest.mark.parametrize("pattern", [[5], [1, 2], list(range(20))])
def test_circles_are_seen(pattern: list[int]) -> None:
    rounds = 40 // len(pattern) + 10
    assert goes_in_circles([9, 8, 7, *pattern * rounds])
    assert not goes_in_circles([9, 8, 7, *pattern * 3])


def test_a_circle_is_stopped_long_before_the_budget(loaded: LoadedQwen3, waveform: Waveform) -> None:
    never = replace(loaded, end_ids=frozenset())
    clip = Clip(waveform, "", None, 400)
    (stopped,) = recognize(never, [clip], batch_size=1, stop_circles=True)
    (through,) = recognize(never, [clip], batch_size=1)
    assert len(through.token_ids) == 400
    assert stopped.token_ids == through.token_ids[: len(stopped.token_ids)]
    assert stopped.finish_reason == "repetition"
    assert len(stopped.token_ids) < 400


# --- context and languages


def test_an_echo_is_flagged(loaded: LoadedQwen3, waveform: Waveform, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = hypothesis_of(loaded, waveform)
    heard = [Heard([], "hot words", "English", "hot words", (), "stop")]
    monkeypatch.setattr(engine_module, "recognize", lambda *_args, **_options: heard)
    assert FLAG_CONTEXT_ECHO in hypothesis_of(loaded, waveform, context="the hot words").flags
    assert FLAG_CONTEXT_ECHO not in plain.flags


def test_an_unknown_language_is_an_option_error(loaded: LoadedQwen3, waveform: Waveform) -> None:
    with pytest.raises(OptionError, match="Unsupported language: Klingon"):
        hypothesis_of(loaded, waveform, language="Klingon")
    assert hypothesis_of(loaded, waveform, language="pt-BR").language == "Portuguese"
    assert hypothesis_of(loaded, waveform, language="pt-BR").language_tag == "pt"


# --- long audio, little memory


def test_long_audio_is_cut_into_chunks_none_of_which_exceeds_the_cap(
    loaded: LoadedQwen3, goldens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths: list[int] = []

    def counting(model: LoadedQwen3, clips: Sequence[Clip], **_options: Any) -> list[Heard]:
        lengths.extend(len(clip.waveform) for clip in clips)
        return [
            Heard([], f"text {index}", "English", f"text {index}", (), "stop") for index in range(len(clips))
        ]

    monkeypatch.setattr(engine_module, "recognize", counting)
    long = load_waveform(str(goldens / "audio" / "long.flac"))
    hypothesis = hypothesis_of(loaded, long)
    assert sum(lengths) == len(long)
    assert max(lengths) <= CHUNK_SECONDS * RATE_HZ
    assert hypothesis.text == " ".join(f"text {index}" for index in range(len(lengths)))


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """An allocator that refuses more than 6 s of audio at once; what it was asked for."""
    asked: list[int] = []
    real = recognizer.encode

    def refusing(model: Any, waveforms: Sequence[Waveform]) -> list[torch.Tensor]:
        asked.append(sum(len(waveform) for waveform in waveforms))
        if asked[-1] > 6 * RATE_HZ:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(model, waveforms)

    monkeypatch.setattr(recognizer, "encode", refusing)
    return asked


def test_out_of_memory_halves_the_batch_then_the_clip(
    loaded: LoadedQwen3, waveform: Waveform, little_memory: list[int]
) -> None:
    clips = [waveform[: 2 * RATE_HZ], waveform, waveform[: 3 * RATE_HZ]]
    hypotheses = engine_of(loaded).transcribe(clips, language=None, context="")
    assert len(hypotheses) == 3
    assert all(hypothesis.raw_text for hypothesis in hypotheses)
    assert max(little_memory) > 6 * RATE_HZ
    assert min(little_memory) <= 6 * RATE_HZ


def test_the_ceiling_is_learned_and_kept_to(
    loaded: LoadedQwen3, waveform: Waveform, little_memory: list[int]
) -> None:
    engine = engine_of(loaded)
    clips = [waveform, waveform[: 3 * RATE_HZ]]
    engine.transcribe(clips, language=None, context="")
    assert engine.memory.learned is not None
    assert engine.memory.learned <= 6.0
    assert (engine.memory.place.partition(",")[0], engine.memory.compute_type) == ("cpu", "float32")
    # The next run is told, and cuts its clips to what fits before it tries.
    next_run = engine_of(loaded)
    next_run.memory.remember(engine.memory.learned)
    little_memory.clear()
    next_run.transcribe(clips, language=None, context="")
    assert max(little_memory) <= 6 * RATE_HZ
    assert next_run.memory.learned is None


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a card")
def test_a_real_card_that_is_too_small_is_learned(goldens: Path, waveform: Waveform) -> None:
    path = goldens / "checkpoints" / "asr-hf"
    options = EngineOptions(model=str(path), device="cuda", compute_type="float32", batch_seconds=1e6)
    clips = [waveform] * 400
    engine = qwen3_engine.open(options)
    assert isinstance(engine, Qwen3Engine)
    (alone,) = engine.transcribe(clips[:1], language=None, context="")
    used = torch.cuda.max_memory_reserved()
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(min(1.0, 20 * used / total))
    try:
        together = engine.transcribe(clips, language=None, context="")
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert engine.memory.learned is not None
    assert [hypothesis.raw_text for hypothesis in together] == [alone.raw_text] * len(clips)


def test_a_second_that_does_not_fit_is_told(
    loaded: LoadedQwen3, waveform: Waveform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(*_args: Any) -> list[torch.Tensor]:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(recognizer, "encode", refusing)
    with pytest.raises(ItemError) as raised:
        hypothesis_of(loaded, waveform)
    assert raised.value.reason is FailureReason.OUT_OF_MEMORY


# --- whole hypotheses


def test_hypotheses_are_whole_and_the_same_in_any_company(loaded: LoadedQwen3, waveform: Waveform) -> None:
    engine = engine_of(loaded)
    silence = np.zeros(RATE_HZ, dtype=np.float32)
    clips = [waveform[: 5 * RATE_HZ], silence, waveform[:800], waveform[:0], waveform]
    together = engine.transcribe(clips, language=None, context="")
    for clip, hypothesis in zip(clips, together, strict=True):
        (alone,) = engine.transcribe([clip], language=None, context="")
        assert (alone.text, alone.raw_text, alone.flags) == (
            hypothesis.text,
            hypothesis.raw_text,
            hypothesis.flags,
        )
        assert hypothesis.confidence is None or 0.0 <= hypothesis.confidence <= 1.0
        assert all(0.0 <= word.confidence <= 1.0 for word in hypothesis.words)
    assert together[3].text == ""
    assert engine.transcribe([], language=None, context="") == []
    engine.close()


def test_the_entry_point_opens_the_same_engine(goldens: Path, waveform: Waveform) -> None:
    options = EngineOptions(model=str(goldens / "checkpoints" / "asr-orig"), device="cpu")
    engine = qwen3_engine.open(options)
    assert engine.info == qwen3_engine.describe(options)
    assert engine.info.max_seconds == 1200.0
    assert len(engine.transcribe([waveform], language="en", context="")) == 1
