"""A drop-in for `qwen_asr`: the same names, arguments, defaults and values, on asrlab's own engine code.

    from asrlab.qwen3_asr import Qwen3ASRModel

Trouble shows in fields the reference does not have (`truncated`, `flags`, `raw`); nothing is acted upon. For labels,
use `asrlab label --engine qwen3-asr`, which acts. docs/qwen3-asr.md lists every difference from qwen-asr 0.0.6.
"""

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from asrlab.audio.inputs import AudioInput, load_waveform
from asrlab.domain.labels import FLAG_REPETITION, FLAG_TRUNCATED
from asrlab.domain.time import Seconds
from asrlab.engines.checkpoint import resolve_checkpoint
from asrlab.engines.protocol import Waveform
from asrlab.engines.qwen3_asr.chunks import CHUNK_SECONDS, Chunking, chunk_bounds
from asrlab.engines.qwen3_asr.features import SAMPLING_RATE_HZ
from asrlab.engines.qwen3_asr.languages import (
    ALIGNER_LANGUAGES,
    SUPPORTED_LANGUAGES,
    canonical_language,
    normalize_or_empty,
)
from asrlab.engines.qwen3_asr.loading import LoadedQwen3, load_qwen3
from asrlab.engines.qwen3_asr.output import merge_languages, parse_asr_output
from asrlab.engines.qwen3_asr.placing import place
from asrlab.engines.qwen3_asr.recognizer import Clip, Heard, recognize
from asrlab.engines.qwen3_asr.words import units_of
from asrlab.text.joining import join_texts

MAX_ASR_SECONDS: Seconds = 1200.0
MAX_ALIGN_SECONDS: Seconds = 180.0
FLAG_ALIGNMENT_UNSUPPORTED = "alignment_unsupported"

__all__ = [
    "ASRTranscription",
    "ForcedAlignItem",
    "ForcedAlignResult",
    "Qwen3ASRModel",
    "Qwen3ForcedAligner",
    "parse_asr_output",
]

T = TypeVar("T")
OneOrMany: TypeAlias = T | list[T]


@dataclass(frozen=True, slots=True)
class ForcedAlignItem:
    """One word or CJK character, its start and end in seconds. score, is_repaired: asrlab's own."""

    text: str
    start_time: float
    end_time: float
    score: float | None = None
    is_repaired: bool | None = None


@dataclass(frozen=True, slots=True)
class ForcedAlignResult:
    """The items of one audio, in order."""

    items: list[ForcedAlignItem]

    def __iter__(self) -> Iterator[ForcedAlignItem]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> ForcedAlignItem:
        return self.items[index]


@dataclass(slots=True)
class ASRTranscription:
    """The text of one audio.

    language: names joined by commas ("Chinese,English"), "" when unknown. time_stamps: None unless asked for and found.
    What follows is asrlab's own. raw: as decoded, a line per chunk. truncated: a chunk's text did not end within
    max_new_tokens. finish_reason: "stop" or "length". confidence: mean of the words', in [0, 1].
    flags: "truncated", "repetition", "alignment_unsupported".
    """

    language: str
    text: str
    time_stamps: ForcedAlignResult | None = None
    raw: str | None = None
    truncated: bool | None = None
    finish_reason: str | None = None
    confidence: float | None = None
    flags: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class _Chunk:
    """One piece of an input: which input's, where it begins, its samples."""

    item: int
    offset: Seconds
    waveform: Waveform


class Qwen3ForcedAligner:
    """Finds when the words of a text are spoken. Made by `from_pretrained`."""

    def __init__(self, loaded: LoadedQwen3) -> None:
        self._loaded = loaded

    @property
    def model(self) -> Any:
        """Transformers' Qwen3ASRForTokenClassification."""
        return self._loaded.model

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: str, **kwargs: Any) -> "Qwen3ForcedAligner":
        """A hub id or directory, in either layout. kwargs: for transformers' from_pretrained, and `revision`.

        Raises CheckpointError.
        """
        return cls(_load(pretrained_model_name_or_path, "aligner", kwargs))

    def get_supported_languages(self) -> list[str]:
        """Sorted, in small letters: what the checkpoint lists, else the eleven it was trained for."""
        return sorted({name.lower() for name in self._loaded.languages or ALIGNER_LANGUAGES})

    def align(
        self, audio: OneOrMany[AudioInput], text: OneOrMany[str], language: OneOrMany[str]
    ) -> list[ForcedAlignResult]:
        """One result per audio. Raises ValueError for sizes that differ and languages it does not know."""
        texts, languages = _as_list(text), _as_list(language)
        waveforms = _waveforms(audio)
        if len(languages) == 1:
            languages = languages * len(waveforms)
        if not len(waveforms) == len(texts) == len(languages):
            raise ValueError(
                f"Batch size mismatch: audio={len(waveforms)}, text={len(texts)}, language={len(languages)}"
            )
        names = [canonical_language(each, ALIGNER_LANGUAGES) if each.strip() else "" for each in languages]
        return self.align_waveforms(waveforms, texts, names, batch_size=max(1, len(waveforms)))

    def align_waveforms(
        self,
        waveforms: Sequence[Waveform],
        texts: Sequence[str],
        languages: Sequence[str],
        *,
        batch_size: int,
    ) -> list[ForcedAlignResult]:
        """The same for 16 kHz mono waveforms and canonical names ("" for none), in batches of at most that size."""
        clips = [
            (waveform, [unit.text for unit in units_of(text, language)])
            for waveform, text, language in zip(waveforms, texts, languages, strict=True)
        ]
        return [
            ForcedAlignResult(
                [ForcedAlignItem(w.text, w.start, w.end, w.score, w.is_repaired) for w in words]
            )
            for words in place(self._loaded, clips, batch_size=batch_size)
        ]


class Qwen3ASRModel:
    """Transcribes audio. Made by `from_pretrained`."""

    def __init__(
        self,
        loaded: LoadedQwen3,
        forced_aligner: Qwen3ForcedAligner | None = None,
        *,
        max_inference_batch_size: int | None = 32,
        max_new_tokens: int | None = 512,
        chunking: Chunking = "reference",
    ) -> None:
        if max_inference_batch_size == 0:
            raise ValueError(
                "max_inference_batch_size must be positive, or -1 for all chunks at once; it is 0"
            )
        self._loaded = loaded
        self.forced_aligner = forced_aligner
        self.max_inference_batch_size = max_inference_batch_size
        self.max_new_tokens = max_new_tokens
        self.chunking = chunking

    @property
    def model(self) -> Any:
        """Transformers' Qwen3ASRForConditionalGeneration."""
        return self._loaded.model

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: str,
        forced_aligner: str | None = None,
        forced_aligner_kwargs: dict[str, Any] | None = None,
        max_inference_batch_size: int = 32,
        max_new_tokens: int | None = 512,
        *,
        chunking: Chunking = "reference",
        **kwargs: Any,
    ) -> "Qwen3ASRModel":
        """A hub id or directory, in either layout.

        max_inference_batch_size: chunks of one forward pass, -1 for all. max_new_tokens: of each chunk, None for 512.
        chunking: "reference" cuts as qwen-asr (at 1200 s, or 180 s with time stamps), "asrlab" at 30 s, whatever is
        asked for. kwargs: for transformers' from_pretrained (dtype, device_map, attn_implementation, …), and `revision`.
        Raises CheckpointError, ValueError.
        """
        loaded = _load(pretrained_model_name_or_path, "asr", kwargs)
        aligner = None
        if forced_aligner is not None:
            aligner = Qwen3ForcedAligner.from_pretrained(forced_aligner, **(forced_aligner_kwargs or {}))
        return cls(
            loaded,
            aligner,
            max_inference_batch_size=max_inference_batch_size,
            max_new_tokens=max_new_tokens,
            chunking=chunking,
        )

    def get_supported_languages(self) -> list[str]:
        """The 30 names that can be asked for."""
        return list(SUPPORTED_LANGUAGES)

    def transcribe(
        self,
        audio: OneOrMany[AudioInput],
        context: OneOrMany[str] = "",
        language: OneOrMany[str | None] | None = None,
        return_time_stamps: bool = False,
    ) -> list[ASRTranscription]:
        """One result per audio, in order.

        audio: path, URL, base64, bytes, (samples, rate), or a list of them. context: words to expect, one for all or
        one each. language: a name or code, None to detect; one for all or one each.
        Raises ValueError, TypeError, FileNotFoundError, AudioError; ItemError when one chunk does not fit into memory.
        """
        if return_time_stamps and self.forced_aligner is None:
            raise ValueError(
                "return_time_stamps=True requires `forced_aligner` to be provided at initialization."
            )
        waveforms = _waveforms(audio)
        contexts = _broadcast(_as_list(context), len(waveforms), "context")
        languages = _broadcast(_as_list(language), len(waveforms), "language")
        names = [canonical_language(each) if each and each.strip() else None for each in languages]
        longest = MAX_ALIGN_SECONDS if return_time_stamps else MAX_ASR_SECONDS
        chunks = self._cut(waveforms, longest if self.chunking == "reference" else CHUNK_SECONDS)
        budget = 512 if self.max_new_tokens is None else self.max_new_tokens
        clips = [Clip(chunk.waveform, contexts[chunk.item], names[chunk.item], budget) for chunk in chunks]
        heard = recognize(self._loaded, clips, batch_size=self._batch_size)
        stamps = self._align(chunks, heard) if return_time_stamps else [None] * len(chunks)
        return [
            _merged(
                [each for chunk, each in zip(chunks, heard, strict=True) if chunk.item == item],
                [each for chunk, each in zip(chunks, stamps, strict=True) if chunk.item == item],
                asked=return_time_stamps,
            )
            for item in range(len(waveforms))
        ]

    @property
    def _batch_size(self) -> int:
        size = self.max_inference_batch_size
        return sys.maxsize if size is None or size < 0 else size

    def _cut(self, waveforms: Sequence[Waveform], longest: Seconds) -> list[_Chunk]:
        return [
            _Chunk(item, first / SAMPLING_RATE_HZ, waveform[first:end])
            for item, waveform in enumerate(waveforms)
            for first, end in chunk_bounds(waveform, SAMPLING_RATE_HZ, longest, self.chunking)
        ]

    def _align(self, chunks: Sequence[_Chunk], heard: Sequence[Heard]) -> list[list[ForcedAlignItem] | None]:
        """The items of each chunk on the clock of its input; None for one that can't be aligned."""
        assert self.forced_aligner is not None
        stamps: list[list[ForcedAlignItem] | None] = [[] for _ in chunks]
        todo = [index for index, each in enumerate(heard) if each.text]
        for index in [index for index in todo if not _can_be_aligned(heard[index].language)]:
            stamps[index] = None
            todo.remove(index)
        found = self.forced_aligner.align_waveforms(
            [chunks[index].waveform for index in todo],
            [heard[index].text for index in todo],
            [heard[index].language for index in todo],
            batch_size=self._batch_size,
        )
        for index, result in zip(todo, found, strict=True):
            stamps[index] = [_shifted(item, chunks[index].offset) for item in result]
        return stamps


def _load(name: str, task: Any, kwargs: dict[str, Any]) -> LoadedQwen3:
    options = dict(kwargs)
    checkpoint = resolve_checkpoint(str(name), options.pop("revision", None))
    return load_qwen3(checkpoint.path, task, **options)


def _waveforms(audio: OneOrMany[AudioInput]) -> list[Waveform]:
    items: list[AudioInput] = audio if isinstance(audio, list) else [audio]
    return [load_waveform(item) for item in items]


def _as_list(value: OneOrMany[T]) -> list[T]:
    return value if isinstance(value, list) else [value]


def _broadcast(values: list[T], count: int, name: str) -> list[T]:
    if len(values) == 1 and count > 1:
        return values * count
    if len(values) != count:
        raise ValueError(f"Batch size mismatch: audio={count}, {name}={len(values)}")
    return values


def _can_be_aligned(language: str) -> bool:
    """By the name the model gave; one that it did not give is no obstacle."""
    return not language or normalize_or_empty(language) in ALIGNER_LANGUAGES


def _shifted(item: ForcedAlignItem, offset: Seconds) -> ForcedAlignItem:
    start, end = round(item.start_time + offset, 3), round(item.end_time + offset, 3)
    return ForcedAlignItem(item.text, start, end, item.score, item.is_repaired)


def _merged(
    heard: Sequence[Heard], stamps: Sequence[list[ForcedAlignItem] | None], *, asked: bool
) -> ASRTranscription:
    items = [item for part in stamps for item in part or []]
    truncated = any(each.finish_reason == "length" for each in heard)
    found = {
        FLAG_TRUNCATED: truncated,
        FLAG_REPETITION: any(each.is_repaired for each in heard),
        FLAG_ALIGNMENT_UNSUPPORTED: asked and any(part is None for part in stamps),
    }
    confidences = [math.exp(logprob) for each in heard for _, logprob in each.words]
    return ASRTranscription(
        language=merge_languages(each.language for each in heard),
        text=join_texts(each.text for each in heard),
        time_stamps=ForcedAlignResult(items) if items else None,
        raw="\n".join(each.raw for each in heard),
        truncated=truncated,
        finish_reason="length" if truncated else "stop",
        confidence=sum(confidences) / len(confidences) if confidences else None,
        flags=tuple(flag for flag, is_set in found.items() if is_set),
    )
