"""The engine `transformers`: one clip at a time, through the model's own processor and `generate`."""

import math
from collections.abc import Sequence

from asrlab.domain.audio import ENGINE_SAMPLING_RATE_HZ
from asrlab.domain.labels import (
    FLAG_CONTEXT_ECHO,
    FLAG_REPETITION,
    FLAG_TRUNCATED,
    Hypothesis,
    WordConfidence,
)
from asrlab.engines.batching import in_batches
from asrlab.engines.generic.hearing import Asked, Heard, hear, language_asked
from asrlab.engines.generic.loading import LoadedRecognizer
from asrlab.engines.protocol import EngineInfo, Waveform
from asrlab.engines.torch_memory import is_out_of_memory, memory_of
from asrlab.text.languages import language_tag
from asrlab.text.suspicion import echoes_context, repeats_itself


class TransformersEngine:
    """An Engine on a loaded checkpoint of any family."""

    def __init__(self, info: EngineInfo, loaded: LoadedRecognizer) -> None:
        self._info = info
        self._loaded = loaded
        self.memory = memory_of(loaded.device, loaded.dtype, math.inf)

    @property
    def info(self) -> EngineInfo:
        return self._info

    def transcribe(
        self, waveforms: Sequence[Waveform], *, language: str | None, context: str
    ) -> list[Hypothesis]:
        """See Engine. Raises OptionError for a language the model does not take, or where it must be told one."""
        asked = Asked(language_asked(self._loaded, language), context.strip())
        return in_batches(
            waveforms,
            [len(waveform) / ENGINE_SAMPLING_RATE_HZ for waveform in waveforms],
            lambda batch: [self._hypothesis(waveform, asked) for waveform in batch],
            is_out_of_memory,
            self.memory,
            # No family promises that padding changes nothing.
            most=1,
        )

    def close(self) -> None:
        """Nothing to give back: weights stay with the process."""

    def _hypothesis(self, waveform: Waveform, asked: Asked) -> Hypothesis:
        heard = hear(self._loaded, waveform, asked) if len(waveform) else Heard("", "")
        words = tuple(WordConfidence(word, math.exp(logprob)) for word, logprob in heard.words)
        language = heard.language or asked.language
        tag = None if language is None else language_tag(language)
        return Hypothesis(
            text=heard.text,
            raw_text=heard.raw,
            language=None if tag is None else language,
            language_tag=tag,
            confidence=sum(word.confidence for word in words) / len(words) if words else None,
            words=words,
            finish_reason="stop" if heard.finished else "length",
            flags=tuple(_flags(heard, asked)),
        )


def _flags(heard: Heard, asked: Asked) -> list[str]:
    flags = []
    if not heard.finished:
        flags.append(FLAG_TRUNCATED)
    if repeats_itself(heard.text):
        flags.append(FLAG_REPETITION)
    if echoes_context(heard.text, asked.context):
        flags.append(FLAG_CONTEXT_ECHO)
    return flags
