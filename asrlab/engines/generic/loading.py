"""A recognizer's weights and processor in memory, all of them, or a clear refusal."""

import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors import SafetensorError

from asrlab.engines.generic.family import Architecture, read_architecture
from asrlab.engines.torch_device import device_of, dtype_of, quiet_transformers
from asrlab.errors import CheckpointError

_loading = threading.Lock()
# Only training reads it, so some checkpoints leave it out.
_UNUSED_IN_INFERENCE = ("masked_spec_embed",)
_CANNOT_LOAD = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RuntimeError,
    ImportError,
    SafetensorError,
)


@dataclass(frozen=True, slots=True, eq=False)
class LoadedRecognizer:
    """A checkpoint in memory. sampling_rate: of the audio its processor takes, in Hz."""

    architecture: Architecture
    model: Any
    processor: "LoadedProcessor"
    device: torch.device
    dtype: torch.dtype


@dataclass(frozen=True, slots=True, eq=False)
class LoadedProcessor:
    """What turns audio into a model's inputs, and its tokens into text; no weights.

    processor: the whole (of CTC models None: theirs may ask for a language model that is not needed).
    """

    processor: Any
    feature_extractor: Any
    tokenizer: Any

    @property
    def sampling_rate(self) -> int:
        return int(self.feature_extractor.sampling_rate)


def load_recognizer(path: Path, device: str, compute_type: str) -> LoadedRecognizer:
    """The checkpoint at `path`, loaded once per process, device and number format.

    "auto" is bfloat16 on a card and float32 on a CPU. Raises CheckpointError for weights or a processor that are
    missing, damaged or of another model; OptionError for the device or the number format.
    """
    where = device_of(device, "transformers")
    dtype = dtype_of(compute_type, "transformers", on_cuda=torch.bfloat16, device=where)
    with _loading:
        return _load(path, where, dtype)


@lru_cache(maxsize=4)
def load_processor(path: Path) -> LoadedProcessor:
    """The processor alone. Raises CheckpointError."""
    quiet_transformers()
    architecture = read_architecture(path)
    try:
        if architecture.family == "ctc":
            extractor = _from_pretrained("AutoFeatureExtractor", path)
            return LoadedProcessor(None, extractor, _from_pretrained("AutoTokenizer", path))
        processor = _from_pretrained("AutoProcessor", path)
    except _CANNOT_LOAD as error:
        raise CheckpointError(f"{path} has no processor that can be loaded: {_first_line(error)}") from error
    extractor = getattr(processor, "feature_extractor", None) or getattr(processor, "audio_processor", None)
    if extractor is None:
        raise CheckpointError(f"{path} has no feature extractor: it does not read audio")
    return LoadedProcessor(processor, extractor, processor.tokenizer)


@lru_cache(maxsize=4)
def _load(path: Path, device: torch.device, dtype: torch.dtype) -> LoadedRecognizer:
    processor = load_processor(path)
    architecture = read_architecture(path)
    try:
        model, report = _from_pretrained(architecture.auto_class, path, dtype=dtype, output_loading_info=True)
    except _CANNOT_LOAD as error:
        raise CheckpointError(f"{path} can't be loaded: {_first_line(error)}") from error
    missing = [key for key in report["missing_keys"] if not key.endswith(_UNUSED_IN_INFERENCE)]
    wrong = sorted({*missing, *report["mismatched_keys"]}, key=str)
    if wrong:
        # What is missing would be random numbers.
        hint = (
            ", --engine qwen3-asr reads its original layout" if architecture.model_type == "qwen3_asr" else ""
        )
        raise CheckpointError(
            f"{path} lacks weights of a {architecture.model_type} recognizer ({wrong[0]} and {len(wrong) - 1} more): "
            f"refused{hint}"
        )
    return LoadedRecognizer(architecture, model.eval().to(device), processor, device, dtype)


def _from_pretrained(auto_class: str, path: Path, **options: Any) -> Any:
    # Untyped there, and some need libraries of their own: looked up by name.
    return getattr(transformers, auto_class).from_pretrained(path, local_files_only=True, **options)


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip()}".partition("\n")[0]
