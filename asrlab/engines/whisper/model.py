"""Whisper's weights and tokenizer in memory, loaded once per process, and the tokens that steer it."""

import copy
import threading
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import WhisperFeatureExtractor, WhisperForConditionalGeneration, WhisperTokenizer
from transformers.models.whisper.tokenization_whisper import LANGUAGES

from asrlab.engines.protocol import Waveform
from asrlab.engines.torch_device import device_of, dtype_of, quiet_transformers
from asrlab.engines.whisper.factory import SAMPLING_RATE_HZ
from asrlab.engines.whisper.languages import is_multilingual, language_name, whisper_language_tag
from asrlab.errors import CheckpointError, OptionError

_loading = threading.Lock()


@dataclass(frozen=True, slots=True, eq=False)
class LoadedWhisper:
    """A checkpoint in memory. timestamps_begin: the first time stamp token; greater ids are never text."""

    model: Any
    tokenizer: Any
    feature_extractor: Any
    device: torch.device
    dtype: torch.dtype
    is_multilingual: bool
    timestamps_begin: int

    def features(self, waveforms: list[Waveform]) -> torch.Tensor:
        """Log-mel features of shape (batch, mel bins, 3000): each clip zero-padded to 30 s."""
        extracted = self.feature_extractor(waveforms, sampling_rate=SAMPLING_RATE_HZ, return_tensors="pt")
        features: torch.Tensor = extracted.input_features
        return features.to(self.device, self.dtype)

    def token(self, text: str) -> int:
        """The id of a token that the vocabulary must hold."""
        found = self.tokenizer.convert_tokens_to_ids(text)
        if found is None or found == self.tokenizer.unk_token_id:
            raise CheckpointError(f"the checkpoint's tokenizer has no {text}: it is not Whisper's")
        return int(found)

    def text_tokens(self, text: str) -> list[int]:
        """The ids of a text behind a space; what looks like a special token in it is plain text."""
        return list(self.tokenizer.encode(f" {text}", add_special_tokens=False, split_special_tokens=True))

    def start_tokens(self, language_tag: str | None) -> list[int]:
        """The prompt of a transcription without time stamps, in this language (None: English-only)."""
        start = [self.token("<|startoftranscript|>")]
        if language_tag is not None and self.is_multilingual:
            start += [self.token(f"<|{language_tag}|>"), self.token("<|transcribe|>")]
        return [*start, self.timestamps_begin - 1]

    def language_tag(self, language: str) -> str:
        """Whisper's tag for a BCP-47 tag or an English name; raises OptionError for what it does not know."""
        tag = whisper_language_tag(language, is_multilingual=self.is_multilingual)
        if self.is_multilingual and tag not in self.language_tokens().values():
            # Cantonese came with large-v3.
            raise OptionError(f"this checkpoint does not know {language_name(tag)}: give a newer --model")
        return tag

    def language_tokens(self) -> dict[int, str]:
        """The tag of every language token in the vocabulary."""
        vocabulary = self.tokenizer.get_vocab()
        return {vocabulary[f"<|{tag}|>"]: tag for tag in LANGUAGES if f"<|{tag}|>" in vocabulary}


def load_whisper(path: Path, device: str, compute_type: str, attention: str) -> LoadedWhisper:
    """The checkpoint at `path`, loaded once per process, device, number format and attention implementation.

    Models that differ in attention alone share their weights. Raises CheckpointError when weights are missing,
    unexpected, or can't be read; OptionError for the device or the number format.
    """
    where = device_of(device, "whisper")
    dtype = dtype_of(compute_type, "whisper", on_cuda=torch.float16, device=where)
    with _loading:
        return _load_with(path, where, dtype, attention)


@lru_cache(maxsize=4)
def _load_with(path: Path, device: torch.device, dtype: torch.dtype, attention: str) -> LoadedWhisper:
    loaded = _load(path, device, dtype)
    shared = {id(tensor): tensor for tensor in (*loaded.model.parameters(), *loaded.model.buffers())}
    model = copy.deepcopy(loaded.model, shared)
    model.set_attn_implementation(attention)
    return replace(loaded, model=model)


@lru_cache(maxsize=4)
def _load(path: Path, device: torch.device, dtype: torch.dtype) -> LoadedWhisper:
    quiet_transformers()
    try:
        # Untyped there: with output_loading_info it gives the model and its report.
        load: Any = WhisperForConditionalGeneration.from_pretrained
        model, report = load(path, dtype=dtype, output_loading_info=True, local_files_only=True)
        tokenizer = WhisperTokenizer.from_pretrained(path, local_files_only=True)
        extractor = WhisperFeatureExtractor.from_pretrained(path, local_files_only=True)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise CheckpointError(f"{path} can't be loaded: {str(error).partition(chr(10))[0]}") from error
    wrong = sorted({*report["missing_keys"], *report["unexpected_keys"], *report["mismatched_keys"]}, key=str)
    if wrong:
        # Weights that are missing would be random.
        raise CheckpointError(f"{path} lacks or adds weights ({wrong[0]} and {len(wrong) - 1} more): refused")
    if tokenizer.convert_tokens_to_ids("<|endoftext|>") != model.config.eos_token_id:
        # Without its files transformers builds a tokenizer that knows nothing.
        raise CheckpointError(f"{path} has no tokenizer, or that of another checkpoint: fetch it again")
    model.eval().to(device)
    generation = model.generation_config
    no_timestamps = getattr(generation, "no_timestamps_token_id", None)
    if no_timestamps is None:
        no_timestamps = tokenizer.convert_tokens_to_ids("<|notimestamps|>")
    multilingual = is_multilingual(vars(generation), model.config.vocab_size)
    return LoadedWhisper(model, tokenizer, extractor, device, dtype, multilingual, int(no_timestamps) + 1)
