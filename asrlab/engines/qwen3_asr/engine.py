"""The engine `qwen3-asr`: text from audio of any length, and an answer to what goes wrong.

Where the drop-in returns the reference's values, the engine acts: audio is cut into short chunks, a chunk whose
text does not end is heard once more in halves, endless repetition is stopped, and what can't be mended is flagged.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from asrlab.domain.labels import (
    FLAG_CONTEXT_ECHO,
    FLAG_REPETITION,
    FLAG_TRUNCATED,
    Hypothesis,
    WordConfidence,
)
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import Seconds
from asrlab.engines.protocol import EngineInfo, Waveform
from asrlab.engines.qwen3_asr.chunks import CHUNK_SECONDS, chunk_bounds
from asrlab.engines.qwen3_asr.features import SAMPLING_RATE_HZ
from asrlab.engines.qwen3_asr.languages import canonical_language, tag_of_language
from asrlab.engines.qwen3_asr.loading import LoadedQwen3
from asrlab.engines.qwen3_asr.output import merge_languages
from asrlab.engines.qwen3_asr.recognizer import Clip, Heard, recognize, token_budget
from asrlab.engines.torch_memory import memory_of
from asrlab.errors import ItemError
from asrlab.text.joining import join_texts
from asrlab.text.suspicion import echoes_context
from asrlab.text.words import words_of

# Shorter pieces are not cut once more, for want of memory or of an end.
MIN_PIECE_SECONDS: Seconds = 1.0
# Where the second of two parts is cut off: the quietest place of the middle.
_HALF = 0.625


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is the same for all pieces of a call."""

    language: str | None
    context: str


class Qwen3Engine:
    """An Engine on a loaded checkpoint."""

    def __init__(self, info: EngineInfo, loaded: LoadedQwen3, batch_seconds: Seconds) -> None:
        self._info = info
        self._loaded = loaded
        self.memory = memory_of(loaded.device, loaded.model.dtype, batch_seconds)

    @property
    def info(self) -> EngineInfo:
        return self._info

    def transcribe(
        self, waveforms: Sequence[Waveform], *, language: str | None, context: str
    ) -> list[Hypothesis]:
        """See Engine. Raises ItemError when a second of audio does not fit into memory."""
        asked = _Asked(canonical_language(language) if language is not None else None, context.strip())
        # Not longer than what fitted the last time.
        longest = max(min(CHUNK_SECONDS, self.memory.seconds), MIN_PIECE_SECONDS)
        pieces = [self._cut(waveform, longest) for waveform in waveforms]
        heard = iter(self._hear([piece for parts in pieces for piece in parts], asked))
        answers = [[next(heard) for _ in parts] for parts in pieces]
        self._mend(pieces, answers, asked)
        return [_hypothesis([one for part in parts for one in part], asked) for parts in answers]

    def close(self) -> None:
        """Nothing to give back: weights stay with the process."""

    def _mend(self, pieces: list[list[Waveform]], answers: list[list[list[Heard]]], asked: _Asked) -> None:
        """Hear pieces whose text did not end once more, in halves."""
        open_ended = [
            (item, part)
            for item, parts in enumerate(answers)
            for part, heard in enumerate(parts)
            if any(one.finish_reason != "stop" for one in heard)
            and len(pieces[item][part]) >= 2 * MIN_PIECE_SECONDS * SAMPLING_RATE_HZ
        ]
        halves = [_halves(pieces[item][part]) for item, part in open_ended]
        again = iter(self._hear([half for parts in halves for half in parts], asked))
        for (item, part), parts in zip(open_ended, halves, strict=True):
            answers[item][part] = [one for _ in parts for one in next(again)]

    def _hear(self, pieces: Sequence[Waveform], asked: _Asked) -> list[list[Heard]]:
        """The answers to each piece: one, or several when it had to be cut to fit into memory."""
        clips = [Clip(piece, asked.context, asked.language, token_budget(len(piece))) for piece in pieces]
        try:
            heard = recognize(self._loaded, clips, memory=self.memory, stop_circles=True)
        except ItemError as error:
            if error.reason is not FailureReason.OUT_OF_MEMORY:
                raise
            if len(pieces) > 1:
                return [self._hear([piece], asked)[0] for piece in pieces]
            if len(pieces[0]) < 2 * MIN_PIECE_SECONDS * SAMPLING_RATE_HZ:
                raise
            parts = self._hear(_halves(pieces[0]), asked)
            return [[one for part in parts for one in part]]
        return [[one] for one in heard]

    @staticmethod
    def _cut(waveform: Waveform, longest: Seconds) -> list[Waveform]:
        return [waveform[first:end] for first, end in chunk_bounds(waveform, SAMPLING_RATE_HZ, longest)]


def _halves(waveform: Waveform) -> list[Waveform]:
    longest = _HALF * len(waveform) / SAMPLING_RATE_HZ
    return [waveform[first:end] for first, end in chunk_bounds(waveform, SAMPLING_RATE_HZ, longest)]


def _hypothesis(heard: Sequence[Heard], asked: _Asked) -> Hypothesis:
    text = join_texts(one.text for one in heard)
    words = [WordConfidence(word, math.exp(logprob)) for one in heard for word, logprob in one.words]
    if tuple(word.text for word in words) != words_of(text):
        words = []
    language = merge_languages(one.language for one in heard) or None
    finished = all(one.finish_reason == "stop" for one in heard)
    return Hypothesis(
        text=text,
        raw_text="\n".join(one.raw for one in heard),
        language=language,
        language_tag=_tag(heard, language),
        confidence=sum(word.confidence for word in words) / len(words) if words else None,
        words=tuple(words),
        finish_reason="stop" if finished else "length",
        flags=tuple(_flags(heard, text, asked.context)),
    )


def _tag(heard: Sequence[Heard], language: str | None) -> str | None:
    """The tag of the only language, or of the one most of the text is in."""
    if language is None:
        return None
    letters: dict[str, int] = {}
    for one in heard:
        if one.language:
            letters[one.language] = letters.get(one.language, 0) + len(one.text)
    return tag_of_language(max(letters, key=lambda name: letters[name]))


def _flags(heard: Sequence[Heard], text: str, context: str) -> list[str]:
    flags = []
    if any(one.finish_reason == "length" for one in heard):
        flags.append(FLAG_TRUNCATED)
    if any(one.finish_reason == "repetition" or one.is_repaired for one in heard):
        flags.append(FLAG_REPETITION)
    if echoes_context(text, context):
        flags.append(FLAG_CONTEXT_ECHO)
    return flags
