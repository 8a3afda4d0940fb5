"""The aligner `faster-whisper`: when each word of a given text is spoken, by CTranslate2's cross-attention.

The text is forced through the decoder, and CTranslate2 finds the cheapest path of its tokens through the frames
(the checkpoint's alignment heads; openai/whisper, timing.py). What follows is shared with the aligner `whisper`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from asrlab.domain.labels import AlignedWord
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import Seconds
from asrlab.engines.batching import in_batches
from asrlab.engines.byte_tokens import token_bytes
from asrlab.engines.faster_whisper.model import LoadedWhisper, is_out_of_memory, memory_of
from asrlab.engines.protocol import EngineInfo, Waveform
from asrlab.engines.whisper.factory import SAMPLING_RATE_HZ, WINDOW_SECONDS
from asrlab.engines.whisper.word_times import MEDIAN_WIDTH, frame_count, words_on_path
from asrlab.errors import ItemError, OptionError

# The decoder's positions, the same for every Whisper.
MAX_POSITIONS = 448


@dataclass(frozen=True, slots=True)
class _Clip:
    """A waveform, the ids of its text, and the ids the decoder starts with."""

    waveform: Waveform
    ids: list[int]
    start: tuple[int, ...]


class FasterWhisperAligner:
    """An Aligner on a loaded checkpoint."""

    def __init__(self, info: EngineInfo, loaded: LoadedWhisper, batch_seconds: Seconds) -> None:
        self._info = info
        self._loaded = loaded
        self.memory = memory_of(loaded, batch_seconds)

    @property
    def info(self) -> EngineInfo:
        return self._info

    def align(
        self, waveforms: Sequence[Waveform], texts: Sequence[str], *, languages: Sequence[str | None]
    ) -> list[tuple[AlignedWord, ...]]:
        """See Aligner. Raises ItemError for a text that does not fit the decoder or the checkpoint."""
        clips = [
            self._clip(waveform, text.strip(), language) if text.strip() else None
            for waveform, text, language in zip(waveforms, texts, languages, strict=True)
        ]
        found: list[tuple[AlignedWord, ...]] = [()] * len(clips)
        # A forward pass takes one start for all: one language.
        for start in {clip.start: None for clip in clips if clip is not None}:
            places = [index for index, clip in enumerate(clips) if clip is not None and clip.start == start]
            chosen = [clip for clip in clips if clip is not None and clip.start == start]
            durations = [len(clip.waveform) / SAMPLING_RATE_HZ for clip in chosen]
            aligned = in_batches(
                chosen, durations, self._run_batch, is_out_of_memory, self.memory, window=WINDOW_SECONDS
            )
            for index, words in zip(places, aligned, strict=True):
                found[index] = words
        return found

    def close(self) -> None:
        """Nothing to give back: weights stay with the process."""

    def _clip(self, waveform: Waveform, text: str, language: str | None) -> _Clip:
        if len(waveform) > WINDOW_SECONDS * SAMPLING_RATE_HZ:
            raise ItemError(
                FailureReason.TOO_LONG, f"{len(waveform) / SAMPLING_RATE_HZ:.1f} s: Whisper reads 30 s"
            )
        vocabulary = self._loaded.vocabulary
        try:
            start = vocabulary.start_tokens(vocabulary.language_tag(language or "en"))
        except OptionError as error:
            raise ItemError(FailureReason.LANGUAGE_UNSUPPORTED, str(error)) from error
        ids = vocabulary.text_tokens(text)
        # The start, the token that says "no time stamps", the text, its end.
        room = MAX_POSITIONS - len(start) - 2
        if len(ids) > room:
            raise ItemError(
                FailureReason.ALIGNMENT_FAILED,
                f"the text is {len(ids)} tokens long, and Whisper's decoder holds {room}",
            )
        return _Clip(waveform, ids, tuple(start))

    def _run_batch(self, clips: list[_Clip]) -> list[tuple[AlignedWord, ...]]:
        """The words of clips that begin with the same tokens."""
        results = self._loaded.model.align(
            self._loaded.encode([clip.waveform for clip in clips]),
            list(clips[0].start),
            [clip.ids for clip in clips],
            # In feature frames of 10 ms, two of which make an encoder position.
            [2 * frame_count(clip.waveform) for clip in clips],
            median_filter_width=MEDIAN_WIDTH,
        )
        return [self._words(clip, result) for clip, result in zip(clips, results, strict=True)]

    def _words(self, clip: _Clip, result: Any) -> tuple[AlignedWord, ...]:
        path = np.array(result.alignments, dtype=np.int64).reshape(-1, 2)
        probabilities = np.array(result.text_token_probs, dtype=np.float64)
        if not np.isfinite(probabilities).all() or len(probabilities) != len(clip.ids):
            raise ItemError(FailureReason.ALIGNMENT_FAILED, "the model gave values that are no numbers (NaN)")
        logprobs = np.log(np.maximum(probabilities, np.finfo(np.float32).tiny)).tolist()
        pieces = token_bytes(self._loaded.vocabulary.tokens(clip.ids))
        return words_on_path((path[:, 0], path[:, 1]), pieces, logprobs, clip.waveform)
