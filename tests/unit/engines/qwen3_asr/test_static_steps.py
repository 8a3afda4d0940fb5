"""Decoding at fixed shapes writes what decoding with a growing cache writes, whoever ends first."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from asrlab.audio.inputs import load_waveform
from asrlab.engines.protocol import Waveform
from asrlab.engines.qwen3_asr.loading import LoadedQwen3, Steps, load_qwen3
from asrlab.engines.qwen3_asr.recognizer import Clip, Heard, recognize

RATE_HZ = 16_000
# How many tokens each clip may write: rows end one by one, and half of them early.
BUDGETS = (1, 3, 8, 9, 17, 40, 41, 64)


@pytest.fixture(scope="module")
def loaded(goldens: Path) -> LoadedQwen3:
    return load_qwen3(goldens / "checkpoints" / "asr-hf", "asr")


@pytest.fixture(scope="module")
def waveform(goldens: Path) -> Waveform:
    return load_waveform(str(goldens / "audio" / "clip_20_00.flac"))


def heard(loaded: LoadedQwen3, waveform: Waveform, steps: Steps, *, circles: bool = False) -> list[Heard]:
    clips = [
        Clip(waveform[index * RATE_HZ : (2 * index + 2) * RATE_HZ], "", None, budget)
        for index, budget in enumerate(BUDGETS)
    ]
    return recognize(replace(loaded, steps=steps), clips, stop_circles=circles)


@pytest.mark.parametrize("ends", [(), (5, 17, 40), tuple(range(0, 400, 7))])
def test_the_tokens_are_the_same(loaded: LoadedQwen3, waveform: Waveform, ends: tuple[int, ...]) -> None:
    steered = replace(loaded, end_ids=frozenset(ends))
    growing, static = heard(steered, waveform, "growing"), heard(steered, waveform, "static")
    assert [each.token_ids for each in static] == [each.token_ids for each in growing]
    assert [each.finish_reason for each in static] == [each.finish_reason for each in growing]
    for one, other in zip(static, growing, strict=True):
        assert [value for _, value in one.words] == pytest.approx(
            [value for _, value in other.words], abs=1e-4
        )


def test_a_circle_is_stopped(loaded: LoadedQwen3, waveform: Waveform) -> None:
    never = replace(loaded, end_ids=frozenset(), steps="static")
    (stopped,) = recognize(never, [Clip(waveform, "", None, 400)], stop_circles=True)
    assert stopped.finish_reason == "repetition"
    assert len(stopped.token_ids) < 400


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a card")
def test_a_graph_writes_the_same(goldens: Path, waveform: Waveform) -> None:
    on_card = load_qwen3(goldens / "checkpoints" / "asr-hf", "asr", device_map="cuda")
    growing, graph = heard(on_card, waveform, "growing"), heard(on_card, waveform, "graph")
    assert [each.token_ids for each in graph] == [each.token_ids for each in growing]
