"""The aligner `ctc`: the likeliest path of a text's tokens through any CTC model's frames."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from asrlab.domain.audio import ENGINE_SAMPLING_RATE_HZ
from asrlab.domain.labels import FLAG_INTERPOLATED, FLAG_MISMATCH, AlignedWord
from asrlab.domain.time import Seconds, TimeSpan
from asrlab.engines.batching import in_batches
from asrlab.engines.ctc.tokens import delimiter_of, tokens_of_words
from asrlab.engines.ctc.viterbi import TokenSpan, align_tokens
from asrlab.engines.generic.audio import MIN_SECONDS
from asrlab.engines.generic.emissions import blank_id, emissions
from asrlab.engines.generic.loading import LoadedRecognizer
from asrlab.engines.protocol import EngineInfo, Waveform
from asrlab.engines.torch_memory import is_out_of_memory, memory_of
from asrlab.text.words import words_of

# The geometric mean of what the model gives the text's tokens where they are placed. A text that is said has most of
# the probability there, another one next to none.
MIN_MEAN_SCORE = 0.02


@dataclass(frozen=True, slots=True)
class _Item:
    waveform: Waveform
    words: tuple[str, ...]


class CtcAligner:
    """An Aligner on a loaded CTC checkpoint."""

    def __init__(self, info: EngineInfo, loaded: LoadedRecognizer) -> None:
        self._info = info
        self._loaded = loaded
        self.memory = memory_of(loaded.device, loaded.dtype, math.inf)

    @property
    def info(self) -> EngineInfo:
        return self._info

    def align(
        self, waveforms: Sequence[Waveform], texts: Sequence[str], *, languages: Sequence[str | None]
    ) -> list[tuple[AlignedWord, ...]]:
        """See Aligner. The language is the checkpoint's own: what is given is not asked for.

        A word of which the vocabulary has no letter stands between its neighbours, flagged `interpolated`, without a
        score. A text that the audio does not say is flagged `mismatch`: with the times of the best path, or spread
        evenly, `interpolated` and of score 0 where no path has enough frames.
        """
        items = [
            _Item(waveform, words_of(text))
            for waveform, text, _ in zip(waveforms, texts, languages, strict=True)
        ]
        return in_batches(
            items,
            [len(item.waveform) / ENGINE_SAMPLING_RATE_HZ for item in items],
            lambda batch: [self._align(item) for item in batch],
            is_out_of_memory,
            self.memory,
            most=1,
        )

    def close(self) -> None:
        """Nothing to give back: weights stay with the process."""

    def _align(self, item: _Item) -> tuple[AlignedWord, ...]:
        if not item.words:
            return ()
        duration = math.floor(len(item.waveform) * 1000 / ENGINE_SAMPLING_RATE_HZ) / 1000
        tokens = tokens_of_words(self._loaded.processor.tokenizer, item.words)
        if not any(tokens) or duration == 0.0:
            return _refused(item.words, duration)
        logprobs = emissions(self._loaded, item.waveform).numpy()
        between = delimiter_of(self._loaded.processor.tokenizer)
        spans = align_tokens(logprobs, _joined(tokens, between), blank_id(self._loaded))
        if spans is None:
            return _refused(item.words, duration)
        frame_seconds = max(duration, MIN_SECONDS) / len(logprobs)
        return _placed(item.words, _by_word(tokens, spans, between), frame_seconds, duration)


def _joined(tokens: Sequence[Sequence[int]], between: int | None) -> list[int]:
    joined: list[int] = []
    for word in tokens:
        if word and joined and between is not None:
            joined.append(between)
        joined.extend(word)
    return joined


def _by_word(
    tokens: Sequence[Sequence[int]], spans: Sequence[TokenSpan], between: int | None
) -> list[Sequence[TokenSpan]]:
    """The spans of each word's tokens, without the delimiters' before them."""
    found: list[Sequence[TokenSpan]] = []
    cursor = 0
    for word in tokens:
        if word and cursor and between is not None:
            cursor += 1
        found.append(spans[cursor : cursor + len(word)])
        cursor += len(word)
    return found


def _placed(
    words: Sequence[str], found: Sequence[Sequence[TokenSpan]], frame_seconds: Seconds, duration: Seconds
) -> tuple[AlignedWord, ...]:
    every = [_logprob(spans) for spans in found if spans]
    doubt = (FLAG_MISMATCH,) if sum(every) / len(every) < math.log(MIN_MEAN_SCORE) else ()
    placed: list[AlignedWord] = []
    end: Seconds = 0.0
    for word, spans in zip(words, found, strict=True):
        if not spans:
            placed.append(AlignedWord(word, TimeSpan(end, end), None, (FLAG_INTERPOLATED, *doubt)))
            continue
        start = min(max(round(spans[0].first * frame_seconds, 3), end), duration)
        end = min(max(round(spans[-1].end * frame_seconds, 3), start), duration)
        placed.append(AlignedWord(word, TimeSpan(start, end), min(math.exp(_logprob(spans)), 1.0), doubt))
    return tuple(placed)


def _logprob(spans: Sequence[TokenSpan]) -> float:
    return sum(span.logprob for span in spans) / len(spans)


def _refused(words: Sequence[str], duration: Seconds) -> tuple[AlignedWord, ...]:
    """Even shares of the clip for words that were not found in it."""
    borders = [min(round(index * duration / len(words), 3), duration) for index in range(len(words) + 1)]
    return tuple(
        AlignedWord(word, TimeSpan(start, end), 0.0, (FLAG_INTERPOLATED, FLAG_MISMATCH))
        for word, start, end in zip(words, borders[:-1], borders[1:], strict=True)
    )
