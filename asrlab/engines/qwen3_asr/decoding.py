"""Greedy decoding of many prompts side by side, each as if it were alone.

Prompts are padded behind, not in front: the causal mask then hides padding from every real position, no row is ever
wholly masked (which gives NaN), and positions count from zero in every row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
from transformers import DynamicCache

from asrlab.domain.reasons import FailureReason
from asrlab.engines.qwen3_asr.loading import LoadedQwen3
from asrlab.engines.qwen3_asr.prompt import Prompt
from asrlab.errors import ItemError

FinishReason = Literal["stop", "length", "repetition"]

# A circle is one of at most so many tokens, gone round so often, for at least so many tokens.
MAX_CIRCLE_TOKENS = 20
MIN_ROUNDS = 10
MIN_CIRCLING_TOKENS = 40
# How often circles are looked for; finished rows leave the batch when half of it has finished.
CHECK_EVERY = 8


@dataclass(frozen=True, slots=True)
class Request:
    """One clip to decode: its prompt, its audio tokens of shape (tokens, hidden), and how many tokens it may write."""

    prompt: Prompt
    audio: torch.Tensor
    max_new_tokens: int

    @property
    def num_tokens(self) -> int:
        return len(self.prompt.before) + len(self.audio) + len(self.prompt.after)


@dataclass(slots=True)
class Generated:
    """What was written: token ids without the end token, their log-probabilities, and why it ended."""

    ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    finish_reason: FinishReason = "length"


@torch.inference_mode()
def generate(
    loaded: LoadedQwen3, requests: Sequence[Request], *, stop_circles: bool = False
) -> list[Generated]:
    """One answer per request, in order. stop_circles: end a row that repeats itself endlessly."""
    rows = [Generated() for _ in requests]
    running = [index for index, request in enumerate(requests) if request.max_new_tokens > 0]
    if not running:
        return rows
    embedded, mask = embed(loaded, requests)
    lengths = mask.sum(dim=1)
    language_model, head = loaded.model.model.language_model, loaded.model.lm_head
    cache = DynamicCache(config=loaded.model.config.text_config)
    hidden = language_model(
        inputs_embeds=embedded,
        attention_mask=mask,
        position_ids=_positions(mask),
        past_key_values=cache,
        use_cache=True,
    ).last_hidden_state
    last = hidden[torch.arange(len(rows), device=hidden.device), lengths - 1]
    # Row r of the batch is request order[r].
    order = list(range(len(rows)))
    step = 0
    while True:
        chosen, logprobs = _best(head(last))
        _take(rows, requests, order, running, chosen.tolist(), logprobs.tolist(), loaded.end_ids)
        step += 1
        if stop_circles and step % CHECK_EVERY == 0:
            _stop_circles(rows, running)
        if not running:
            return rows
        if 2 * len(running) <= len(order):
            keep = torch.tensor([order.index(index) for index in running], device=chosen.device)
            cache.batch_select_indices(keep)
            mask, lengths, chosen = mask[keep], lengths[keep], chosen[keep]
            order = list(running)
        mask = torch.cat([mask, mask.new_ones(len(order), 1)], dim=1)
        last = language_model(
            input_ids=chosen[:, None],
            attention_mask=mask,
            position_ids=lengths[:, None] + (step - 1),
            past_key_values=cache,
            use_cache=True,
        ).last_hidden_state[:, -1]


def embed(loaded: LoadedQwen3, requests: Sequence[Request]) -> tuple[torch.Tensor, torch.Tensor]:
    """Embedded prompts of shape (requests, longest, hidden), and the mask of what is not padding."""
    table = loaded.model.get_input_embeddings()
    device = table.weight.device
    longest = max(request.num_tokens for request in requests)
    embedded = torch.zeros(
        len(requests), longest, table.embedding_dim, dtype=table.weight.dtype, device=device
    )
    mask = torch.zeros(len(requests), longest, dtype=torch.long, device=device)
    for row, request in enumerate(requests):
        parts = [
            table(torch.tensor(request.prompt.before, dtype=torch.long, device=device)),
            request.audio.to(device, table.weight.dtype),
            table(torch.tensor(request.prompt.after, dtype=torch.long, device=device)),
        ]
        embedded[row, : request.num_tokens] = torch.cat(parts)
        mask[row, : request.num_tokens] = 1
    return embedded, mask


def goes_in_circles(ids: Sequence[int]) -> bool:
    """Whether the tokens end in a pattern that has been repeated and repeated.

    >>> goes_in_circles([7] + [1, 2] * 20), goes_in_circles(list(range(60)))
    (True, False)
    """
    for length in range(1, MAX_CIRCLE_TOKENS + 1):
        rounds = max(MIN_ROUNDS, -(-MIN_CIRCLING_TOKENS // length))
        tail = ids[-rounds * length :]
        if len(tail) == rounds * length and tail[length:] == tail[:-length]:
            return True
    return False


def _positions(mask: torch.Tensor) -> torch.Tensor:
    return torch.arange(mask.shape[1], device=mask.device).expand_as(mask)


def _best(logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The likeliest token of each row, and its log-probability."""
    scores = logits.float()
    if not torch.isfinite(scores).all():
        raise ItemError(FailureReason.ENGINE_ERROR, "the model gave values that are no numbers (NaN)")
    best, chosen = scores.max(dim=-1)
    return chosen, best - scores.logsumexp(dim=-1)


def _take(
    rows: Sequence[Generated],
    requests: Sequence[Request],
    order: Sequence[int],
    running: list[int],
    chosen: Sequence[int],
    logprobs: Sequence[float],
    end_ids: frozenset[int],
) -> None:
    """Write each running row's token; rows that end leave `running`."""
    for place, index in enumerate(order):
        if index not in running:
            continue
        row = rows[index]
        if chosen[place] in end_ids:
            row.finish_reason = "stop"
            running.remove(index)
            continue
        row.ids.append(chosen[place])
        row.logprobs.append(logprobs[place])
        if len(row.ids) == requests[index].max_new_tokens:
            running.remove(index)


def _stop_circles(rows: Sequence[Generated], running: list[int]) -> None:
    for index in list(running):
        if goes_in_circles(rows[index].ids):
            rows[index].finish_reason = "repetition"
            running.remove(index)
