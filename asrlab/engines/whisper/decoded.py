"""From decoded tokens to a hypothesis: what all Whisper engines share; no torch here."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from asrlab.domain.labels import FLAG_REPETITION, FLAG_TRUNCATED, Hypothesis, WordConfidence
from asrlab.engines.byte_tokens import token_bytes, words_with_tokens
from asrlab.engines.protocol import Waveform
from asrlab.engines.whisper.factory import SAMPLING_RATE_HZ, WINDOW_SECONDS
from asrlab.engines.whisper.languages import language_name
from asrlab.text.suspicion import repeats_itself

# Half of the decoder's 448 positions, as in OpenAI's decoding.py; speech holds about 4 tokens a second.
MAX_NEW_TOKENS = 224
MAX_CONTEXT_TOKENS = 223


@dataclass(frozen=True, slots=True)
class Decoded:
    """Token ids without the end token, their log-probabilities, and whether the end token came."""

    ids: list[int]
    logprobs: list[float]
    ended: bool


def require_window(waveforms: Sequence[Waveform]) -> None:
    """Raise ValueError for a clip over 30 s: it would be cut in silence."""
    for waveform in waveforms:
        if len(waveform) > WINDOW_SECONDS * SAMPLING_RATE_HZ:
            raise ValueError(
                f"a clip of {len(waveform) / SAMPLING_RATE_HZ:.1f} s: Whisper reads 30 s at once"
            )


def as_hypothesis(decoded: Decoded, tokens: Sequence[str], raw: str, text: str, tag: str) -> Hypothesis:
    """What was heard, with a confidence for each word.

    tokens: the decoded ids as the vocabulary writes them. raw, text: what they spell, with and without special
    tokens. tag: Whisper's tag of the language.
    """
    stripped = text.strip()
    words = tuple(
        WordConfidence(word, math.exp(sum(decoded.logprobs[i] for i in indices) / len(indices)))
        for word, indices in words_with_tokens(token_bytes(tokens))
    )
    flags = [FLAG_TRUNCATED] if not decoded.ended else []
    if repeats_itself(stripped):
        flags.append(FLAG_REPETITION)
    return Hypothesis(
        text=stripped,
        raw_text=raw,
        language=language_name(tag),
        language_tag=tag,
        confidence=sum(word.confidence for word in words) / len(words) if words else None,
        words=words,
        finish_reason="stop" if decoded.ended else "length",
        flags=tuple(flags),
    )
