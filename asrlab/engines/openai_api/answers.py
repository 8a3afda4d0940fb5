"""From a server's answer to a hypothesis; what one server tells, another leaves out."""

import math
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from asrlab.domain.labels import (
    FLAG_CONTEXT_ECHO,
    FLAG_REPETITION,
    AlignedWord,
    Hypothesis,
    WordConfidence,
)
from asrlab.domain.time import Seconds, TimeSpan
from asrlab.engines.qwen3_asr.output import ASR_TEXT_TAG, parse_asr_output
from asrlab.text.languages import language_tag
from asrlab.text.suspicion import echoes_context, repeats_itself
from asrlab.text.words import words_of


def hypothesis_of(
    answer: Mapping[str, Any], duration: Seconds, language: str | None, context: str
) -> Hypothesis:
    """What the server heard in a clip of that length.

    answer: of the format `json` ("text") or `verbose_json` (also "language", "words", "segments"). language: the tag
    that was asked for, None for none. Qwen3-ASR behind vLLM writes the language into the text.
    """
    raw = str(answer.get("text") or "")
    text, told = raw.strip(), answer.get("language")
    if ASR_TEXT_TAG in raw:
        told, text = parse_asr_output(raw, None)
    tag = language or (language_tag(told) if isinstance(told, str) else None)
    said = _words(answer.get("words"))
    words, spans = _confidences(said, text), _spans(said, text, duration)
    flags = [
        *([FLAG_REPETITION] if repeats_itself(text) else []),
        *([FLAG_CONTEXT_ECHO] if echoes_context(text, context) else []),
    ]
    return Hypothesis(
        text=text,
        raw_text=raw,
        language=None if tag is None else str(told or tag),
        language_tag=tag,
        confidence=_mean(words) if words else _confidence_of_segments(answer.get("segments")),
        words=words,
        aligned=spans,
        flags=tuple(flags),
    )


def _words(found: object) -> list[Mapping[str, Any]]:
    return [word for word in found if isinstance(word, Mapping)] if isinstance(found, list) else []


def _confidences(said: Sequence[Mapping[str, Any]], text: str) -> tuple[WordConfidence, ...]:
    """Where the server gives every word a probability (OpenAI's own does not)."""
    values = [word.get("probability") for word in said]
    if not _are_the_words(said, text) or not all(isinstance(value, int | float) for value in values):
        return ()
    return tuple(
        WordConfidence(word, min(max(float(value or 0.0), 0.0), 1.0))
        for word, value in zip(words_of(text), values, strict=True)
    )


def _spans(said: Sequence[Mapping[str, Any]], text: str, duration: Seconds) -> tuple[AlignedWord, ...]:
    """Where the server gives every word a place: in order and inside the clip, whatever it wrote."""
    if not _are_the_words(said, text):
        return ()
    placed: list[AlignedWord] = []
    end: Seconds = 0.0
    for word, entry in zip(words_of(text), said, strict=True):
        times = entry.get("start"), entry.get("end")
        if not all(isinstance(time, int | float) and math.isfinite(time) for time in times):
            return ()
        start, last = (round(float(time or 0.0), 3) for time in times)
        start = min(max(start, end), duration)
        end = min(max(last, start), duration)
        placed.append(AlignedWord(word, TimeSpan(start, end)))
    return tuple(placed)


def _are_the_words(said: Sequence[Mapping[str, Any]], text: str) -> bool:
    """Whether a server's words, which often lack punctuation and case, are those of the text."""
    return bool(said) and [_bare(str(word.get("word", ""))) for word in said] == [
        _bare(word) for word in words_of(text)
    ]


def _bare(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", word).casefold() if c.isalnum())


def _confidence_of_segments(found: object) -> float | None:
    """The mean of what the segments' mean log-probabilities say, by their length."""
    total = weight = 0.0
    for segment in _words(found):
        value, start, end = (segment.get(name) for name in ("avg_logprob", "start", "end"))
        if not all(isinstance(each, int | float) and math.isfinite(each) for each in (value, start, end)):
            return None
        length = max(float(end or 0.0) - float(start or 0.0), 0.0)
        total += min(math.exp(float(value or 0.0)), 1.0) * length
        weight += length
    return total / weight if weight else None


def _mean(words: Sequence[WordConfidence]) -> float:
    return sum(word.confidence for word in words) / len(words)
