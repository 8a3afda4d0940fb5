"""Clips in, decoded answers out: what the drop-in and the labeling engine share."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from asrlab.domain.memory import BatchMemory
from asrlab.engines.batching import in_batches
from asrlab.engines.byte_tokens import token_bytes, words_with_tokens
from asrlab.engines.protocol import Waveform
from asrlab.engines.qwen3_asr.decoding import FinishReason, Generated, Request, generate
from asrlab.engines.qwen3_asr.encoder import encode
from asrlab.engines.qwen3_asr.features import SAMPLING_RATE_HZ
from asrlab.engines.qwen3_asr.loading import LoadedQwen3
from asrlab.engines.qwen3_asr.output import ASR_TEXT_TAG, parse_asr_output
from asrlab.engines.qwen3_asr.prompt import recognition_text, tokenize
from asrlab.engines.torch_memory import is_out_of_memory, memory_of


@dataclass(frozen=True, slots=True)
class Clip:
    """One piece of 16 kHz audio, and how to ask for its text. language: canonical name, None to detect."""

    waveform: Waveform
    context: str
    language: str | None
    max_new_tokens: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What the model wrote for one clip.

    raw: decoded, special tokens left out. language: "" when not told. text: repaired, without the language.
    words: (text, log-probability) of each word; none when the text was repaired or spells no valid characters.
    """

    token_ids: list[int]
    raw: str
    language: str
    text: str
    words: tuple[tuple[str, float], ...]
    finish_reason: FinishReason

    @property
    def is_repaired(self) -> bool:
        """Whether endless repetitions were taken out of the text."""
        return self.text not in self.raw


def recognize(
    loaded: LoadedQwen3,
    clips: Sequence[Clip],
    *,
    batch_size: int | None = None,
    memory: BatchMemory | None = None,
    stop_circles: bool = False,
) -> list[Heard]:
    """One answer per clip, in order; what a clip's is does not depend on the others.

    batch_size: the most clips of one forward pass. memory: the most padded audio of one; it learns.
    stop_circles: end an answer that repeats itself endlessly. Raises ItemError when one clip does not fit.
    """
    return in_batches(
        clips,
        [len(clip.waveform) / SAMPLING_RATE_HZ for clip in clips],
        lambda batch: _run(loaded, batch, stop_circles),
        is_out_of_memory,
        memory or memory_of(loaded.device, loaded.model.dtype, math.inf),
        batch_size,
    )


def token_budget(samples: int) -> int:
    """Enough tokens for the fastest speech in a clip, and for the language in front: people say 3 to 7 a second."""
    return 32 + 12 * -(-samples // SAMPLING_RATE_HZ)


def _run(loaded: LoadedQwen3, clips: Sequence[Clip], stop_circles: bool) -> list[Heard]:
    audio = encode(loaded.model, [clip.waveform for clip in clips])
    requests = [
        Request(
            tokenize(loaded, recognition_text(loaded, clip.context, clip.language)),
            tokens,
            clip.max_new_tokens,
        )
        for clip, tokens in zip(clips, audio, strict=True)
    ]
    answers = generate(loaded, requests, stop_circles=stop_circles)
    return [_heard(loaded, clip, answer) for clip, answer in zip(clips, answers, strict=True)]


def _heard(loaded: LoadedQwen3, clip: Clip, answer: Generated) -> Heard:
    raw = str(
        loaded.tokenizer.decode(answer.ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    )
    language, text = parse_asr_output(raw, clip.language)
    return Heard(answer.ids, raw, language, text, _words(loaded, clip, answer, text), answer.finish_reason)


def _words(loaded: LoadedQwen3, clip: Clip, answer: Generated, text: str) -> tuple[tuple[str, float], ...]:
    """The words of the text with the mean log-probability of their tokens."""
    ids, logprobs = answer.ids, answer.logprobs
    tag = loaded.token(ASR_TEXT_TAG)
    # With a forced language the model writes text alone, and a tag in it is text.
    if clip.language is None and tag in ids:
        first = ids.index(tag) + 1
        ids, logprobs = ids[first:], logprobs[first:]
    special = set(loaded.tokenizer.all_special_ids)
    kept = [(token, value) for token, value in zip(ids, logprobs, strict=True) if token not in special]
    pieces = token_bytes(loaded.tokenizer.convert_ids_to_tokens([token for token, _ in kept]))
    words = words_with_tokens(pieces)
    if "".join(word for word, _ in words) != "".join(text.split()):
        return ()
    return tuple((word, sum(kept[index][1] for index in indices) / len(indices)) for word, indices in words)
