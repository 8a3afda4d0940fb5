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
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import Seconds, TimeSpan
from asrlab.engines.qwen3_asr.output import ASR_TEXT_TAG, parse_asr_output
from asrlab.errors import ItemError
from asrlab.text.languages import language_tag
from asrlab.text.suspicion import echoes_context, repeats_itself
from asrlab.text.words import words_of

_LONGEST: Seconds = 1e6


def hypothesis_of(
    answer: Mapping[str, Any], duration: Seconds, language: str | None, context: str
) -> Hypothesis:
    """What the server heard in a clip of that length.

    answer: of the format `json` ("text") or `verbose_json` (also "language", "words", "segments"). language: the tag
    that was asked for, None for none. Qwen3-ASR behind vLLM writes the language into the text.
    """
    raw = _text(answer.get("text"))
    text, told = raw.strip(), answer.get("language")
    if ASR_TEXT_TAG in raw:
        told, text = parse_asr_output(raw, None)
    told = told if isinstance(told, str) else None
    tag = language or (language_tag(told) if told else None)
    said = _words(answer.get("words"))
    words, spans = _confidences(said, text), _spans(said, text, duration)
    flags = [
        *([FLAG_REPETITION] if repeats_itself(text) else []),
        *([FLAG_CONTEXT_ECHO] if echoes_context(text, context) else []),
    ]
    return Hypothesis(
        text=text,
        raw_text=raw,
        language=None if tag is None else told or tag,
        language_tag=tag,
        confidence=_mean(words) if words else _confidence_of_segments(answer.get("segments")),
        words=words,
        aligned=spans,
        flags=tuple(flags),
    )


def _text(found: object) -> str:
    """A server's text, a missing one empty. Raises ItemError for what is none."""
    if found is not None and not isinstance(found, str):
        raise ItemError(FailureReason.ENGINE_ERROR, f"the server answered no text but {str(found)[:40]!r}")
    return found or ""


def _number(found: object) -> float | None:
    """A server's number, None for what is none: words, yes and no, infinities."""
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    try:
        value = float(found)
    except OverflowError:
        return None
    return value if math.isfinite(value) else None


def _words(found: object) -> list[Mapping[str, Any]]:
    return [word for word in found if isinstance(word, Mapping)] if isinstance(found, list) else []


def _confidences(said: Sequence[Mapping[str, Any]], text: str) -> tuple[WordConfidence, ...]:
    """Where the server gives every word a probability (OpenAI's own does not)."""
    given = [_number(word.get("probability")) for word in said]
    values = [min(max(value, 0.0), 1.0) for value in given if value is not None]
    if not _are_the_words(said, text) or len(values) != len(said):
        return ()
    return tuple(WordConfidence(word, value) for word, value in zip(words_of(text), values, strict=True))


def _spans(said: Sequence[Mapping[str, Any]], text: str, duration: Seconds) -> tuple[AlignedWord, ...]:
    """Where the server gives every word a place: in order and inside the clip, whatever it wrote."""
    if not _are_the_words(said, text):
        return ()
    placed: list[AlignedWord] = []
    end: Seconds = 0.0
    for word, entry in zip(words_of(text), said, strict=True):
        start, last = _number(entry.get("start")), _number(entry.get("end"))
        if start is None or last is None:
            return ()
        start = min(max(round(start, 3), end), duration)
        end = min(max(round(last, 3), start), duration)
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
        value, start, end = (_number(segment.get(name)) for name in ("avg_logprob", "start", "end"))
        if value is None or start is None or end is None:
            return None
        # A clip has no more hours than this, and the sum stays a number.
        length = min(max(end - start, 0.0), _LONGEST)
        total += math.exp(min(value, 0.0)) * length
        weight += length
    return total / weight if weight else None


def _mean(words: Sequence[WordConfidence]) -> float:
    return sum(word.confidence for word in words) / len(words)
