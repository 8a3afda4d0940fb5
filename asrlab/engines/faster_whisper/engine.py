"""The engine `faster-whisper`: CTranslate2's greedy search over clips of up to 30 s, batched by length.

It calls the model's own batched search rather than WhisperModel.transcribe, whose loop is for long files:
docs/decisions/0006-faster-whisper.md says why.
"""

from collections.abc import Sequence
from typing import Any

import ctranslate2
import numpy as np
import numpy.typing as npt

from asrlab.domain.labels import Hypothesis
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import Seconds
from asrlab.engines.batching import in_batches
from asrlab.engines.faster_whisper.model import LoadedWhisper, is_out_of_memory, memory_of
from asrlab.engines.protocol import EngineInfo, Waveform
from asrlab.engines.whisper.decoded import (
    MAX_CONTEXT_TOKENS,
    MAX_NEW_TOKENS,
    Decoded,
    as_hypothesis,
    require_window,
)
from asrlab.engines.whisper.factory import SAMPLING_RATE_HZ, WINDOW_SECONDS
from asrlab.errors import ItemError, OptionError


class FasterWhisperEngine:
    """An Engine on a loaded checkpoint."""

    def __init__(self, info: EngineInfo, loaded: LoadedWhisper, batch_seconds: Seconds) -> None:
        self._info = info
        self._loaded = loaded
        self.memory = memory_of(loaded, batch_seconds)

    @property
    def info(self) -> EngineInfo:
        return self._info

    def transcribe(
        self, waveforms: Sequence[Waveform], *, language: str | None, context: str
    ) -> list[Hypothesis]:
        """See Engine. Raises ValueError for a clip over 30 s, ItemError when one clip alone does not fit."""
        require_window(waveforms)
        tag = self._loaded.vocabulary.language_tag(language) if language is not None else None
        return in_batches(
            waveforms,
            [len(waveform) / SAMPLING_RATE_HZ for waveform in waveforms],
            lambda batch: self._run_batch(batch, tag, context),
            is_out_of_memory,
            self.memory,
            window=WINDOW_SECONDS,
        )

    def close(self) -> None:
        """Nothing to give back: weights stay with the process."""

    def _run_batch(self, waveforms: list[Waveform], tag: str | None, context: str) -> list[Hypothesis]:
        vocabulary = self._loaded.vocabulary
        encoded = self._loaded.encode(waveforms)
        tags = [tag or "en"] * len(waveforms)
        if tag is None and vocabulary.is_multilingual:
            tags = self._detect(encoded)
        before = self._context_tokens(context)
        no_timestamps = vocabulary.timestamps_begin - 1
        results = self._loaded.model.generate(
            encoded,
            [[*before, *vocabulary.start_tokens(each), no_timestamps] for each in tags],
            beam_size=1,
            # CTranslate2 gives half of it to new tokens, and never more than the prompt leaves.
            max_length=2 * MAX_NEW_TOKENS,
            suppress_tokens=list(vocabulary.suppressed),
            return_logits_vocab=True,
        )
        return [self._hypothesis(result, each) for result, each in zip(results, tags, strict=True)]

    def _detect(self, encoded: Any) -> list[str]:
        """The likeliest language of each clip. Raises OptionError for a checkpoint that lists no languages."""
        found = self._loaded.model.detect_language(encoded)
        if not all(found):
            # A converter that was given no generation config leaves `lang_ids` empty.
            raise OptionError(
                f"{self._info.checkpoint} can't detect languages (no lang_ids in its config.json): give --language"
            )
        # Ordered by probability, each as "<|en|>".
        return [str(languages[0][0]).strip("<|>") for languages in found]

    def _context_tokens(self, context: str) -> list[int]:
        """The words to expect, as the text that came before."""
        if not context.strip():
            return []
        ids = self._loaded.vocabulary.text_tokens(context.strip())
        return [self._loaded.vocabulary.token("<|startofprev|>"), *ids[-MAX_CONTEXT_TOKENS:]]

    def _hypothesis(self, result: Any, tag: str) -> Hypothesis:
        vocabulary = self._loaded.vocabulary
        ids = [int(id) for id in result.sequences_ids[0]]
        steps = result.logits[0]
        # The end token has logits too: as many steps as tokens means that it never came.
        decoded = Decoded(ids, self._logprobs(ids, steps), ended=len(steps) > len(ids))
        raw, text = (vocabulary.text(ids, special=special) for special in (True, False))
        return as_hypothesis(decoded, vocabulary.tokens(ids), raw, text, tag)

    def _logprobs(self, ids: list[int], steps: Sequence[Any]) -> list[float]:
        """Of each token, among the tokens that the search could choose."""
        vocabulary = self._loaded.vocabulary
        found: list[float] = []
        for step, (id, view) in enumerate(zip(ids, steps, strict=False)):
            logits = _on_host(view)
            logits[list(vocabulary.suppressed)] = -np.inf
            if step == 0:
                logits[list(vocabulary.suppressed_first)] = -np.inf
            top = logits.max()
            found.append(float(logits[id] - top - np.log(np.exp(logits - top).sum())))
        if not np.isfinite(found).all():
            raise ItemError(FailureReason.ENGINE_ERROR, "the model gave values that are no numbers (NaN)")
        return found


def _on_host(view: Any) -> npt.NDArray[np.float32]:
    """A copy of one step's logits, shape (vocabulary,); numpy knows neither the card nor bfloat16."""
    if view.dtype != ctranslate2.DataType.float32:
        view = view.to(ctranslate2.DataType.float32)
    if view.device != "cpu":
        view = view.to_device(ctranslate2.Device.cpu)
    return np.array(view, dtype=np.float32)
