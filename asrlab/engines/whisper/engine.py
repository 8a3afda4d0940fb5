"""The engine `whisper`: greedy decoding of clips of up to 30 s, batched by length.

The loop is our own, because it must return what a label needs: the log-probability of each token, whether the
text ended by itself, and the same text whatever the clip's neighbours are.
"""

import math
from collections.abc import Sequence

import torch
from transformers.modeling_outputs import BaseModelOutput

from asrlab.domain.labels import Hypothesis
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import Seconds
from asrlab.engines.batching import in_batches
from asrlab.engines.protocol import EngineInfo, Waveform
from asrlab.engines.torch_memory import is_out_of_memory, memory_of
from asrlab.engines.whisper.decoded import (
    MAX_CONTEXT_TOKENS,
    MAX_NEW_TOKENS,
    Decoded,
    as_hypothesis,
    require_window,
)
from asrlab.engines.whisper.factory import SAMPLING_RATE_HZ, WINDOW_SECONDS
from asrlab.engines.whisper.model import LoadedWhisper
from asrlab.errors import ItemError


class WhisperEngine:
    """An Engine on a loaded checkpoint."""

    def __init__(self, info: EngineInfo, loaded: LoadedWhisper, batch_seconds: Seconds) -> None:
        self._info = info
        self._loaded = loaded
        self.memory = memory_of(loaded.device, loaded.dtype, batch_seconds)

    @property
    def info(self) -> EngineInfo:
        return self._info

    def transcribe(
        self, waveforms: Sequence[Waveform], *, language: str | None, context: str
    ) -> list[Hypothesis]:
        """See Engine. Raises ValueError for a clip over 30 s, ItemError when one clip alone does not fit."""
        require_window(waveforms)
        tag = self._loaded.language_tag(language) if language is not None else None
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

    @torch.inference_mode()
    def _run_batch(self, waveforms: list[Waveform], tag: str | None, context: str) -> list[Hypothesis]:
        encoded = self._encode(waveforms)
        tags = [tag or "en"] * len(waveforms)
        if tag is None and self._loaded.is_multilingual:
            tags = self._detect(encoded)
        before = self._context_tokens(context)
        prompts = torch.tensor(
            [[*before, *self._loaded.start_tokens(each)] for each in tags], device=self._loaded.device
        )
        return [
            self._hypothesis(decoded, each)
            for decoded, each in zip(self._decode(encoded, prompts), tags, strict=True)
        ]

    def _encode(self, waveforms: list[Waveform]) -> torch.Tensor:
        """The encoder's answer, of shape (clips, 1500, width).

        A CPU is as fast with one clip at a time, in an eighth of the memory.
        """
        at_once = 1 if self._loaded.device.type == "cpu" else len(waveforms)
        encoder = self._loaded.model.get_encoder()
        return torch.cat(
            [
                encoder(self._loaded.features(waveforms[first : first + at_once])).last_hidden_state
                for first in range(0, len(waveforms), at_once)
            ]
        )

    def _context_tokens(self, context: str) -> list[int]:
        """The words to expect, as the text that came before."""
        if not context.strip():
            return []
        ids = self._loaded.text_tokens(context.strip())
        return [self._loaded.token("<|startofprev|>"), *ids[-MAX_CONTEXT_TOKENS:]]

    def _detect(self, encoded: torch.Tensor) -> list[str]:
        """The likeliest language of each clip, by the token that follows the start."""
        languages = self._loaded.language_tokens()
        start = torch.full(
            (len(encoded), 1), self._loaded.token("<|startoftranscript|>"), device=self._loaded.device
        )
        logits = self._loaded.model(
            decoder_input_ids=start, encoder_outputs=BaseModelOutput(last_hidden_state=encoded)
        ).logits[:, -1]
        ids = sorted(languages)
        return [languages[ids[int(index)]] for index in logits[:, ids].argmax(dim=-1)]

    def _decode(self, encoded: torch.Tensor, prompts: torch.Tensor) -> list[Decoded]:
        """Greedy decoding of all clips side by side, until each has ended or used up its budget."""
        model, generation = self._loaded.model, self._loaded.model.generation_config
        end = int(generation.eos_token_id)
        never = [token for token in generation.suppress_tokens or [] if token >= 0]
        not_first = list(generation.begin_suppress_tokens or [])
        budget = min(MAX_NEW_TOKENS, model.config.max_target_positions - prompts.shape[1])
        rows: list[Decoded] = [Decoded([], [], ended=False) for _ in range(len(prompts))]
        running = list(range(len(rows)))
        cache = None
        ids, outputs = prompts, BaseModelOutput(last_hidden_state=encoded)
        for step in range(budget):
            answer = model(
                decoder_input_ids=ids, encoder_outputs=outputs, past_key_values=cache, use_cache=True
            )
            cache = answer.past_key_values
            logits = answer.logits[:, -1].float()
            if not torch.isfinite(logits).all():
                raise ItemError(FailureReason.ENGINE_ERROR, "the model gave values that are no numbers (NaN)")
            logits[:, never] = -math.inf
            logits[:, self._loaded.timestamps_begin :] = -math.inf
            if step == 0:
                logits[:, not_first] = -math.inf
            best, chosen = torch.log_softmax(logits, dim=-1).max(dim=-1)
            ids = chosen[:, None]
            for row in list(running):
                token = int(chosen[row])
                if token == end:
                    rows[row] = Decoded(rows[row].ids, rows[row].logprobs, ended=True)
                    running.remove(row)
                else:
                    rows[row].ids.append(token)
                    rows[row].logprobs.append(float(best[row]))
            if not running:
                break
        return rows

    def _hypothesis(self, decoded: Decoded, tag: str) -> Hypothesis:
        tokenizer = self._loaded.tokenizer
        raw = str(tokenizer.decode(decoded.ids, skip_special_tokens=False))
        text = str(tokenizer.decode(decoded.ids, skip_special_tokens=True))
        return as_hypothesis(decoded, tokenizer.convert_ids_to_tokens(decoded.ids), raw, text, tag)
