"""From audio and words to time stamps: what the drop-in and the aligner `qwen3` share."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from asrlab.domain.memory import BatchMemory
from asrlab.engines.batching import in_batches
from asrlab.engines.protocol import Waveform
from asrlab.engines.qwen3_asr.decoding import Request, embed
from asrlab.engines.qwen3_asr.encoder import encode
from asrlab.engines.qwen3_asr.features import SAMPLING_RATE_HZ
from asrlab.engines.qwen3_asr.loading import LoadedQwen3
from asrlab.engines.qwen3_asr.prompt import MARK, Prompt, alignment_prompt
from asrlab.engines.qwen3_asr.timestamps import repair_timestamps
from asrlab.engines.torch_memory import is_out_of_memory, memory_of


@dataclass(frozen=True, slots=True)
class Placed:
    """One word: start and end in seconds of the clip, not clamped to it.

    score: in [0, 1], how far the likelier class is ahead of the next, the worse of both ends.
    is_repaired: whether start or end ran backwards and was replaced.
    """

    text: str
    start: float
    end: float
    score: float
    is_repaired: bool


@dataclass(frozen=True, slots=True)
class _Classes:
    """The likeliest class of each mark, and its margin."""

    best: list[int]
    margins: list[float]


def place(
    loaded: LoadedQwen3,
    clips: Sequence[tuple[Waveform, Sequence[str]]],
    *,
    batch_size: int | None = None,
    memory: BatchMemory | None = None,
) -> list[list[Placed]]:
    """The words of each 16 kHz clip with their times, in order. Raises ItemError when one clip does not fit."""
    classes = in_batches(
        clips,
        [len(waveform) / SAMPLING_RATE_HZ for waveform, _ in clips],
        lambda batch: _classify(loaded, batch),
        is_out_of_memory,
        memory or memory_of(loaded.device, loaded.model.dtype, math.inf),
        batch_size,
    )
    return [
        _placed(words, found, loaded.segment_ms) for (_, words), found in zip(clips, classes, strict=True)
    ]


def raw_classes(loaded: LoadedQwen3, waveform: Waveform, words: Sequence[str]) -> list[int]:
    """The classes before they are repaired: two for each word, in order (two for none)."""
    return _classify(loaded, [(waveform, words)])[0].best


@torch.inference_mode()
def _classify(loaded: LoadedQwen3, clips: Sequence[tuple[Waveform, Sequence[str]]]) -> list[_Classes]:
    audio = encode(loaded.model, [waveform for waveform, _ in clips])
    requests = [
        Request(alignment_prompt(loaded, words), tokens, 0)
        for (_, words), tokens in zip(clips, audio, strict=True)
    ]
    embedded, mask = embed(loaded, requests)
    hidden = loaded.model.model.language_model(
        inputs_embeds=embedded, attention_mask=mask, use_cache=False
    ).last_hidden_state
    mark = loaded.token(MARK)
    found = []
    for row, request in enumerate(requests):
        places = torch.tensor(_marks(request.prompt, len(request.audio), mark), device=hidden.device)
        # Only the marks are scored: 5000 classes for every position would be most of the work.
        chances = loaded.model.score(hidden[row, places]).float().softmax(dim=-1)
        ahead = chances.topk(2, dim=-1)
        margins = ahead.values[:, 0] - ahead.values[:, 1]
        found.append(_Classes(chances.argmax(dim=-1).tolist(), margins.tolist()))
    return found


def _marks(prompt: Prompt, audio_tokens: int, mark: int) -> list[int]:
    """Where the marks stand; no word of the text can be one."""
    first = len(prompt.before) + audio_tokens
    return [first + index for index, token in enumerate(prompt.after) if token == mark]


def _placed(words: Sequence[str], classes: _Classes, segment_ms: float) -> list[Placed]:
    repaired = repair_timestamps([value * segment_ms for value in classes.best])
    return [
        Placed(
            word,
            round(repaired.values[2 * index] / 1000.0, 3),
            round(repaired.values[2 * index + 1] / 1000.0, 3),
            min(max(min(classes.margins[2 * index : 2 * index + 2]), 0.0), 1.0),
            not all(repaired.kept[2 * index : 2 * index + 2]),
        )
        for index, word in enumerate(words)
    ]
