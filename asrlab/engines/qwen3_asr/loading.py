"""Qwen3-ASR's weights, tokenizer and prompt in memory, from either layout, or a clear refusal."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError
from transformers import (
    AutoTokenizer,
    Qwen3ASRConfig,
    Qwen3ASRForConditionalGeneration,
    Qwen3ASRForTokenClassification,
)

from asrlab.engines.qwen3_asr.layout import Layout, Task, chat_template, end_token_ids, read_layout
from asrlab.engines.qwen3_asr.output import ASR_TEXT_TAG
from asrlab.engines.torch_device import device_of, dtype_of, quiet_transformers
from asrlab.errors import CheckpointError, OptionError

Steps = Literal["growing", "static", "graph"]

_loading = threading.Lock()
# What accelerate reads in a device_map as: over all devices.
_SPREAD = ("auto", "balanced", "balanced_low_0", "sequential")
_END_TOKENS = ("<|im_end|>", "<|endoftext|>")
_CLASSES: Mapping[Task, Any] = {
    "asr": Qwen3ASRForConditionalGeneration,
    "aligner": Qwen3ASRForTokenClassification,
}
_WRONG_TASK: Mapping[Task, str] = {
    "asr": "holds a forced aligner, which writes no text: give it as the aligner's model",
    "aligner": "holds a speech recognizer, which places no words: give it as the engine's model",
}


@dataclass(frozen=True, slots=True, eq=False)
class LoadedQwen3:
    """A checkpoint in memory.

    segment_ms: how long one class of time stamps is (aligners). languages: those the checkpoint lists, if it does.
    steps: how texts are decoded: with a cache that grows, with one of fixed shape, or with that as a CUDA graph.
    """

    model: Any
    tokenizer: Any
    template: str
    end_ids: frozenset[int]
    segment_ms: float
    languages: tuple[str, ...]
    steps: Steps = "growing"

    @property
    def device(self) -> torch.device:
        """Where the inputs go; with device_map several devices may hold the weights."""
        device: torch.device = self.model.device
        return device

    def token(self, text: str) -> int:
        """The id of a token that the vocabulary must hold."""
        found = self.tokenizer.convert_tokens_to_ids(text)
        if found is None or found == self.tokenizer.unk_token_id:
            raise CheckpointError(f"the checkpoint's tokenizer has no {text}: it is not Qwen3-ASR's")
        return int(found)


def load_qwen3(path: Path, task: Task, **options: Any) -> LoadedQwen3:
    """The checkpoint in a directory, every weight of it and nothing else.

    options: for transformers' from_pretrained (dtype, device_map, attn_implementation, …).
    Raises CheckpointError for another architecture or task, for weights missing, unexpected or of another shape.
    """
    layout = read_layout(path)
    if layout.task != task:
        raise CheckpointError(f"{path} {_WRONG_TASK[task]}")
    model = _load_model(path, layout, options)
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(path, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise CheckpointError(f"{path} has no tokenizer that can be read: {_first_line(error)}") from error
    loaded = LoadedQwen3(
        model,
        tokenizer,
        chat_template(path),
        frozenset(_end_ids(path, tokenizer)),
        layout.segment_ms,
        layout.languages,
    )
    if task == "asr":
        loaded.token(ASR_TEXT_TAG)
    if loaded.token("<|audio_pad|>") != model.config.audio_token_id:
        raise CheckpointError(f"{path} has the tokenizer of another checkpoint: fetch it again")
    return loaded


def load_once(
    path: Path, task: Task, device: str, compute_type: str, *, cuda_graphs: bool = False
) -> LoadedQwen3:
    """The same on one device, once per process, device and number format: bfloat16 on a card, float32 on a CPU.

    cuda_graphs: decode by replayed graphs, where the device is a card. Raises OptionError for the device or the format.
    """
    where = device_of(device, "qwen3-asr")
    dtype = dtype_of(compute_type, "qwen3-asr", on_cuda=torch.bfloat16, device=where)
    with _loading:
        loaded = _load_once(path, task, where, dtype)
    return replace(loaded, steps="graph") if cuda_graphs and where.type == "cuda" else loaded


@lru_cache(maxsize=4)
def _load_once(path: Path, task: Task, device: torch.device, dtype: torch.dtype) -> LoadedQwen3:
    quiet_transformers()
    loaded = load_qwen3(path, task, dtype=dtype)
    loaded.model.to(device)
    return loaded


def _load_model(path: Path, layout: Layout, options: Mapping[str, Any]) -> Any:
    given = dict(options)
    device = _only_device(given)
    if layout.config is not None:
        given["config"] = Qwen3ASRConfig(**layout.config)
        given["key_mapping"] = layout.renamed
    try:
        model, report = _CLASSES[layout.task].from_pretrained(
            path, output_loading_info=True, local_files_only=True, **given
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise CheckpointError(f"{path} can't be loaded: {_first_line(error)}") from error
    wrong = sorted({*report["missing_keys"], *report["unexpected_keys"], *report["mismatched_keys"]}, key=str)
    if wrong:
        # What is missing would be random numbers.
        raise CheckpointError(f"{path} lacks or adds weights ({wrong[0]} and {len(wrong) - 1} more): refused")
    return ready(model if device is None else model.to(device))


def _only_device(options: dict[str, Any]) -> torch.device | None:
    """The one device that `device_map` names, taken out of the options; None for several, which need accelerate."""
    asked = options.get("device_map")
    if asked is None or isinstance(asked, dict) or asked in _SPREAD:
        return None
    try:
        device = torch.device(options.pop("device_map"))
    except (RuntimeError, TypeError) as error:
        raise OptionError(f"device_map={asked!r} names no device: give cpu, cuda:0, or auto") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise OptionError(f"device_map={asked!r}, and no CUDA device is available here: give cpu")
    return device


def ready(model: Any) -> Any:
    """The model as it is run: in evaluation mode, its convolutions laid out as they compute fastest."""
    # A quarter less time on a CPU, the same values to 6e-7 (benchmarks/qwen3_asr.py, 0.6B widths).
    model.model.audio_tower.to(memory_format=torch.channels_last)
    return model.eval()


def _end_ids(path: Path, tokenizer: Any) -> set[int]:
    listed = end_token_ids(path)
    if listed:
        return set(listed)
    vocabulary = tokenizer.get_vocab()
    return {int(vocabulary[token]) for token in _END_TOKENS if token in vocabulary}


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
