"""One clip in, what the model wrote out: for models that give a token a frame, and for those that generate."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import LogitsProcessor, LogitsProcessorList

from asrlab.domain.audio import ENGINE_SAMPLING_RATE_HZ
from asrlab.domain.reasons import FailureReason
from asrlab.engines.decoded_words import words_with_token_ranges
from asrlab.engines.generic.emissions import blank_id, emissions
from asrlab.engines.generic.family import takes
from asrlab.engines.generic.loading import LoadedRecognizer
from asrlab.engines.generic.requests import accepted_language, request
from asrlab.engines.protocol import Waveform
from asrlab.engines.whisper.languages import is_multilingual, whisper_language_tag
from asrlab.errors import ItemError

# People say 3 to 7 tokens a second; some models write a language or time stamps in front.
TOKENS_PER_SECOND = 12
MIN_NEW_TOKENS = 64


@dataclass(frozen=True, slots=True)
class Asked:
    """How to ask. language: as the model calls it; None to detect, or where it takes none. context: "" for none."""

    language: str | None
    context: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What a model wrote. words: (text, mean log-probability of its tokens); none where the model gives no values.

    language: as the model tells it, None when it does not. raw: before anything but the text was taken out.
    """

    text: str
    raw: str
    words: Sequence[tuple[str, float]] = ()
    language: str | None = None
    finished: bool = True


@torch.inference_mode()
def hear(loaded: LoadedRecognizer, waveform: Waveform, asked: Asked) -> Heard:
    """The text of one waveform. Raises ItemError when the model gives NaN."""
    if loaded.architecture.family == "ctc":
        return _hear_frames(loaded, waveform)
    inputs = request(loaded.architecture, loaded.processor, waveform, asked.language, asked.context)
    inputs = inputs.to(loaded.device, loaded.dtype)
    if loaded.architecture.family == "transducer":
        return _hear_transducer(loaded, inputs)
    return _hear_generated(loaded, inputs, len(waveform), asked)


def language_asked(loaded: LoadedRecognizer, language: str | None) -> str | None:
    """The language as the model calls it; as given where it takes none. Raises OptionError for an unknown one."""
    if loaded.architecture.model_type == "whisper" and language is not None:
        return whisper_language_tag(language, is_multilingual=_is_multilingual(loaded.model))
    return accepted_language(loaded.architecture, loaded.processor, language)


def _hear_frames(loaded: LoadedRecognizer, waveform: Waveform) -> Heard:
    """The likeliest token of each frame; the tokenizer joins repeated ones and leaves blanks out."""
    logprobs = emissions(loaded, waveform)
    best, path = logprobs.max(dim=-1)
    blank = blank_id(loaded)
    tokenizer = loaded.processor.tokenizer
    # The tokenizer would drop special tokens, the blank between two equal letters among them, before it joins.
    special = set(tokenizer.all_special_ids) - {getattr(tokenizer, "word_delimiter_token_id", None)}
    ids = [blank if int(token) in special else int(token) for token in path]
    # Where each token ends, as a number of frames, and how sure its frames are.
    ends: list[int] = []
    values: list[float] = []
    first = 0
    for frame in range(1, len(ids) + 1):
        if frame == len(ids) or ids[frame] != ids[first]:
            if ids[first] != blank:
                ends.append(frame)
                values.append(float(best[first:frame].mean()))
            first = frame

    def decode_first(count: int) -> str:
        return str(tokenizer.decode(ids[: ends[count - 1]] if count else []))

    text = decode_first(len(ends)).strip()
    return Heard(
        text, str(tokenizer.decode([int(token) for token in path])), _words(text, values, decode_first)
    )


def _hear_transducer(loaded: LoadedRecognizer, inputs: Any) -> Heard:
    """What the transducer's own search finds; it tells no probabilities."""
    with warnings.catch_warnings():
        # It speaks of a default length that the transducers of transformers set aside.
        warnings.filterwarnings("ignore", "Using the model-agnostic default", UserWarning)
        found = loaded.model.generate(**inputs, return_dict_in_generate=True)
    processor = loaded.processor.processor
    ids = found.sequences[0]
    text = str(processor.decode(ids, skip_special_tokens=True)).strip()
    return Heard(text, str(processor.decode(ids, skip_special_tokens=False)))


def _hear_generated(loaded: LoadedRecognizer, inputs: Any, samples: int, asked: Asked) -> Heard:
    """Greedy decoding by the model's own `generate`."""
    steering, language = _steering(loaded, inputs, asked)
    chosen = _Chosen()
    found = loaded.model.generate(
        **inputs,
        **steering,
        max_new_tokens=_budget(loaded, samples, steering),
        do_sample=False,
        num_beams=1,
        return_dict_in_generate=True,
        logits_processor=LogitsProcessorList([chosen]),
    )
    logprobs = chosen.logprobs
    ids = [int(token) for token in found.sequences[0, -len(logprobs) :]]
    finished = ids[-1] in _end_ids(loaded)
    if finished:
        ids, logprobs = ids[:-1], logprobs[:-1]
    tokenizer = loaded.processor.tokenizer

    def decode_first(count: int) -> str:
        return str(tokenizer.decode(ids[:count], skip_special_tokens=True))

    told, text = _parsed(loaded, ids)
    return Heard(
        text=text,
        raw=str(tokenizer.decode(ids, skip_special_tokens=False)),
        words=_words(text, logprobs, decode_first),
        language=told or language,
        finished=finished,
    )


class _Chosen(LogitsProcessor):
    """Notes how sure each step's choice is, behind all that rules tokens out.

    What `generate` itself would return are the values of the whole vocabulary at every step: gigabytes for an hour.
    """

    def __init__(self) -> None:
        self.logprobs: list[float] = []

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        values = scores[0].float()
        # Tokens that are never to come are -inf; NaN and +inf are a model that failed.
        if torch.isnan(values).any() or torch.isposinf(values).any():
            raise ItemError(FailureReason.ENGINE_ERROR, "the model gave values that are no numbers (NaN)")
        self.logprobs.append(float(values.max() - values.logsumexp(dim=-1)))
        return scores


def _steering(loaded: LoadedRecognizer, inputs: Any, asked: Asked) -> tuple[dict[str, Any], str | None]:
    """What Whisper's `generate` takes beyond the audio, and the language it is told or hears."""
    generate = loaded.model.generate
    known = takes(generate, "language", "task", "prompt_ids")
    steering: dict[str, Any] = {}
    language = asked.language
    if "language" in known and _is_multilingual(loaded.model):
        if language is None:
            token = loaded.model.detect_language(inputs["input_features"])[0]
            language = str(loaded.processor.tokenizer.decode(token)).strip("<|>")
        steering |= {"language": language, "task": "transcribe"}
    if "prompt_ids" in known and asked.context:
        prompt = loaded.processor.processor.get_prompt_ids(asked.context, return_tensors="pt")
        # Half of the decoder's positions are the text's.
        steering["prompt_ids"] = prompt[: _positions(loaded) // 2 - 1].to(loaded.device)
    return steering, language


def _is_multilingual(model: Any) -> bool:
    return is_multilingual(vars(model.generation_config), model.config.vocab_size)


def _budget(loaded: LoadedRecognizer, samples: int, steering: dict[str, Any]) -> int:
    budget = MIN_NEW_TOKENS + TOKENS_PER_SECOND * -(-samples // ENGINE_SAMPLING_RATE_HZ)
    if loaded.architecture.family == "chat":
        return budget
    # An encoder-decoder can't write past its positions; a few are the start's.
    positions = _positions(loaded)
    return min(budget, positions // 2 if "prompt_ids" in steering else positions - 8)


def _positions(loaded: LoadedRecognizer) -> int:
    config = loaded.model.config
    for name in ("max_target_positions", "max_position_embeddings"):
        if isinstance(found := getattr(config, name, None), int):
            return found
    return 1024


def _end_ids(loaded: LoadedRecognizer) -> set[int]:
    found = loaded.model.generation_config.eos_token_id
    return set(found) if isinstance(found, list) else {found}


def _parsed(loaded: LoadedRecognizer, ids: list[int]) -> tuple[str | None, str]:
    """The language, where the model writes it, and the text without what frames it."""
    decode = loaded.processor.processor.decode
    known = takes(decode, "return_format", "strip_prefix")
    if "return_format" in known:
        parsed = decode(ids, return_format="parsed")
        text = decode(ids, return_format="transcription_only")
        language = parsed.get("language") if isinstance(parsed, dict) else None
        return language, str(text).strip()
    extra = {"strip_prefix": True} if "strip_prefix" in known else {}
    return None, str(decode(ids, skip_special_tokens=True, **extra)).strip()


def _words(
    text: str, logprobs: Sequence[float], decode_first: Callable[[int], str]
) -> list[tuple[str, float]]:
    found = words_with_token_ranges(text, len(logprobs), decode_first)
    return [(word, sum(logprobs[index] for index in indices) / len(indices)) for word, indices in found]
