"""Decoding at fixed shapes: keys and values stay where they are first put, so that a card can replay a step.

On a card most of a small model's step is the launching of its kernels, one by one. With nothing moved and nothing asked
of the host, a step is captured once as a CUDA graph and replayed; the host looks at what was written every few steps.
Without a card the same steps run one by one, which is how they are tested.
"""

from dataclasses import dataclass
from typing import Any

import torch
from transformers import StaticCache

from asrlab.domain.reasons import FailureReason
from asrlab.engines.qwen3_asr.loading import LoadedQwen3
from asrlab.errors import ItemError

# How many steps are taken before the host looks: rows that have ended write on, and what they write is dropped.
STEPS_AT_ONCE = 8
# Runs before a capture, on a stream of their own, as torch's documentation asks for.
_WARM_UP = 3


@dataclass(frozen=True, slots=True)
class Written:
    """What some steps wrote: token ids and log-probabilities, of shape (steps, rows), on the host."""

    ids: list[list[int]]
    logprobs: list[list[float]]


class StaticSteps:
    """The decoding of a batch of fixed size, from its prompts' keys and values on.

    first: the ids that the prompts led to, shape (rows,). cache: of the prompts, with keys and values of shape
    (rows, heads, longest prompt, width). mask: (rows, longest prompt), 1 for what is no padding.
    lengths: tokens of each prompt. steps_left: the most steps that will be asked for.
    """

    def __init__(
        self,
        loaded: LoadedQwen3,
        first: torch.Tensor,
        cache: Any,
        mask: torch.Tensor,
        lengths: torch.Tensor,
        steps_left: int,
        *,
        use_graph: bool,
    ) -> None:
        self._loaded = loaded
        rows, prompt = mask.shape
        # Whole rounds, and what a capture's warm-up writes and takes back.
        capacity = prompt + -(-steps_left // STEPS_AT_ONCE) * STEPS_AT_ONCE + 1
        self._cache: Any = StaticCache(config=loaded.model.config.text_config, max_cache_len=capacity)
        for index, layer in enumerate(cache.layers):
            self._cache.update(layer.keys, layer.values, index)
        self._ids = first.clone()
        self._positions = lengths.clone()
        # Of shape (rows, heads, queries, keys): what this form is given, transformers takes as it is.
        self._mask = torch.zeros(rows, 1, 1, capacity, dtype=torch.bool, device=mask.device)
        self._mask[:, 0, 0, :prompt] = mask.bool()
        self._column = torch.full((1,), prompt, dtype=torch.long, device=mask.device)
        self._place = torch.zeros(1, dtype=torch.long, device=mask.device)
        self._written = torch.zeros(STEPS_AT_ONCE, rows, dtype=torch.long, device=mask.device)
        self._logprobs = torch.zeros(STEPS_AT_ONCE, rows, dtype=torch.float32, device=mask.device)
        self._finite = torch.ones((), dtype=torch.bool, device=mask.device)
        self._graph = self._capture() if use_graph else None

    @torch.inference_mode()
    def run(self) -> Written:
        """The next `STEPS_AT_ONCE` tokens of every row. Raises ItemError when the model gives NaN."""
        self._place.zero_()
        for _ in range(STEPS_AT_ONCE):
            if self._graph is None:
                self._step()
            else:
                self._graph.replay()
        written = Written(self._written.tolist(), self._logprobs.tolist())
        if not bool(self._finite):
            raise ItemError(FailureReason.ENGINE_ERROR, "the model gave values that are no numbers (NaN)")
        return written

    def rows(self, keep: torch.Tensor) -> tuple[torch.Tensor, Any, torch.Tensor, torch.Tensor]:
        """What these rows go on from: their last ids, the cache so far, its mask, and their next positions."""
        used = int(self._column)
        for layer in self._cache.layers:
            layer.keys, layer.values = (
                layer.keys[keep, :, :used].clone(),
                layer.values[keep, :, :used].clone(),
            )
        mask = self._mask[keep, 0, 0, :used].long()
        return self._ids[keep], self._cache, mask, self._positions[keep]

    def _step(self) -> None:
        """Everything in place, nothing that asks the host: a graph replays exactly this."""
        self._mask.index_fill_(3, self._column, True)
        hidden = self._loaded.model.model.language_model(
            input_ids=self._ids[:, None],
            attention_mask=self._mask,
            position_ids=self._positions[:, None],
            past_key_values=self._cache,
            use_cache=True,
        ).last_hidden_state[:, -1]
        scores = self._loaded.model.lm_head(hidden).float()
        best, chosen = scores.max(dim=-1)
        self._finite.logical_and_(torch.isfinite(scores).all())
        self._written.index_copy_(0, self._place, chosen[None])
        self._logprobs.index_copy_(0, self._place, (best - scores.logsumexp(dim=-1))[None])
        self._ids.copy_(chosen)
        self._positions.add_(1)
        self._column.add_(1)
        self._place.add_(1)

    def _capture(self) -> torch.cuda.CUDAGraph:
        """The step as a graph; what its warm-up and capture wrote is taken back."""
        state = [self._ids, self._positions, self._mask, self._column, self._place, self._finite]
        before = [each.clone() for each in state]
        lengths = [layer.cumulative_length for layer in self._cache.layers]
        lengths_before = [each.clone() for each in lengths]

        def restore() -> None:
            # Keys and values need not be: they are masked until they are written again.
            for each, value in zip([*state, *lengths], [*before, *lengths_before], strict=True):
                each.copy_(value)

        # Untyped there.
        cuda: Any = torch.cuda
        stream = cuda.Stream()
        stream.wait_stream(cuda.current_stream())
        with cuda.stream(stream):
            for _ in range(_WARM_UP):
                self._step()
                restore()
        cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with cuda.graph(graph):
            self._step()
        restore()
        return graph
