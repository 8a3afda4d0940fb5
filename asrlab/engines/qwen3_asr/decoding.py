"""Greedy decoding of many prompts side by side, each as if it were alone.

Prompts are padded behind, not in front: the causal mask then hides padding from every real position, no row is ever
wholly masked (which gives NaN), and positions count from zero in every row.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch.nn.functional import pad
from transformers import DynamicCache

from asrlab.domain.reasons import FailureReason
from asrlab.engines.qwen3_asr.loading import LoadedQwen3
from asrlab.engines.qwen3_asr.prompt import Prompt
from asrlab.engines.qwen3_asr.static_steps import StaticSteps
from asrlab.errors import ItemError

FinishReason = Literal["stop", "length", "repetition"]

# A circle is one of at most so many tokens, gone round so often, for at least so many tokens.
MAX_CIRCLE_TOKENS = 20
MIN_ROUNDS = 10
MIN_CIRCLING_TOKENS = 40
# How often circles are looked for.
CHECK_EVERY = 8
# Prompts are read together that fill their padded batch at least so far.
MIN_FILL = 0.75


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
    # Row r of the batch is request running[r].
    running = [index for index, request in enumerate(requests) if request.max_new_tokens > 0]
    if not running:
        return rows
    prefilled = _prefill(loaded, [requests[index] for index in running])
    if loaded.steps != "growing":
        _generate_static(loaded, requests, rows, running, prefilled, stop_circles=stop_circles)
        return rows
    last, cache, mask = prefilled.last, prefilled.cache, prefilled.mask
    lengths = mask.sum(dim=1)
    language_model, head = loaded.model.model.language_model, loaded.model.lm_head
    for step in itertools.count():
        chosen, logprobs = _best(head(last))
        alive = _take(rows, requests, running, chosen.tolist(), logprobs.tolist(), loaded.end_ids)
        if stop_circles and step % CHECK_EVERY == CHECK_EVERY - 1:
            alive = [place for place in alive if not _is_circling(rows[running[place]])]
        if not alive:
            return rows
        if len(alive) < len(running):
            keep = torch.tensor(alive, device=chosen.device)
            cache.batch_select_indices(keep)
            mask, lengths, chosen = mask[keep], lengths[keep], chosen[keep]
            running = [running[place] for place in alive]
        mask = torch.cat([mask, mask.new_ones(len(running), 1)], dim=1)
        last = language_model(
            input_ids=chosen[:, None],
            attention_mask=mask,
            position_ids=lengths[:, None] + step,
            past_key_values=cache,
            use_cache=True,
        ).last_hidden_state[:, -1]
    raise AssertionError("every row has a budget")


def _generate_static(
    loaded: LoadedQwen3,
    requests: Sequence[Request],
    rows: Sequence[Generated],
    running: list[int],
    prefilled: "_Prefilled",
    *,
    stop_circles: bool,
) -> None:
    """The same at fixed shapes: rows that have ended stay until half of the batch has, then a smaller one is made."""
    chosen, logprobs = _best(loaded.model.lm_head(prefilled.last))
    alive = _take(rows, requests, running, chosen.tolist(), logprobs.tolist(), loaded.end_ids)
    keep = torch.tensor(alive, device=chosen.device, dtype=torch.long)
    cache: Any = prefilled.cache
    cache.batch_select_indices(keep)
    ids, mask = chosen[keep], prefilled.mask[keep]
    positions = mask.sum(dim=1)
    while alive:
        running = [running[place] for place in alive]
        left = max(requests[index].max_new_tokens - len(rows[index].ids) for index in running)
        steps = StaticSteps(loaded, ids, cache, mask, positions, left, use_graph=loaded.steps == "graph")
        alive = list(range(len(running)))
        while len(alive) > len(running) // 2:
            written = steps.run()
            for step_ids, step_logprobs in zip(written.ids, written.logprobs, strict=True):
                going = _take(
                    rows,
                    requests,
                    [running[place] for place in alive],
                    [step_ids[place] for place in alive],
                    [step_logprobs[place] for place in alive],
                    loaded.end_ids,
                )
                alive = [alive[place] for place in going]
            if stop_circles:
                alive = [place for place in alive if not _is_circling(rows[running[place]])]
        keep = torch.tensor(alive, device=chosen.device, dtype=torch.long)
        ids, cache, mask, positions = steps.rows(keep)


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


def _prefill(loaded: LoadedQwen3, requests: Sequence[Request]) -> "_Prefilled":
    """All prompts read, those of like length together: padding costs as much as text."""
    groups = _alike([request.num_tokens for request in requests])
    parts = [_prefill_group(loaded, [requests[place] for place in group]) for group in groups]
    if len(parts) == 1:
        return parts[0]
    # Back into the order of the requests, padded to the longest.
    places = torch.tensor([place for group in groups for place in group], device=parts[0].mask.device)
    order = places.argsort()
    longest = max(part.mask.shape[1] for part in parts)
    cache = DynamicCache(config=loaded.model.config.text_config)
    for index in range(len(parts[0].cache.layers)):
        layers = [part.cache.layers[index] for part in parts]
        keys, values = (
            torch.cat([pad(each, (0, 0, 0, longest - each.shape[2])) for each in some])[order]
            for some in ([layer.keys for layer in layers], [layer.values for layer in layers])
        )
        cache.update(keys, values, index)
        for layer in layers:
            # Given back layer by layer: the cache is most of the memory.
            layer.keys = layer.values = None
    masks = [pad(part.mask, (0, longest - part.mask.shape[1])) for part in parts]
    return _Prefilled(torch.cat([part.last for part in parts])[order], cache, torch.cat(masks)[order])


def _alike(lengths: Sequence[int]) -> list[list[int]]:
    """Places grouped so that within a group no length is under three quarters of the longest."""
    groups: list[list[int]] = []
    for place in sorted(range(len(lengths)), key=lambda place: -lengths[place]):
        if groups and lengths[place] >= MIN_FILL * lengths[groups[-1][0]]:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


@dataclass(frozen=True, slots=True)
class _Prefilled:
    """The last hidden state of each prompt, the cache of all, and the mask of what in it is not padding."""

    last: torch.Tensor
    cache: Any
    mask: torch.Tensor


def _prefill_group(loaded: LoadedQwen3, requests: Sequence[Request]) -> _Prefilled:
    embedded, mask = embed(loaded, requests)
    cache = DynamicCache(config=loaded.model.config.text_config)
    hidden = loaded.model.model.language_model(
        inputs_embeds=embedded,
        attention_mask=mask,
        position_ids=torch.arange(mask.shape[1], device=mask.device).expand_as(mask),
        past_key_values=cache,
        use_cache=True,
    ).last_hidden_state
    last = hidden[torch.arange(len(requests), device=hidden.device), mask.sum(dim=1) - 1]
    return _Prefilled(last, cache, mask)


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
    running: Sequence[int],
    chosen: Sequence[int],
    logprobs: Sequence[float],
    end_ids: frozenset[int],
) -> list[int]:
    """Write each running row's token; the places of the rows that go on."""
    alive = []
    for place, index in enumerate(running):
        row = rows[index]
        if chosen[place] in end_ids:
            row.finish_reason = "stop"
            continue
        row.ids.append(chosen[place])
        row.logprobs.append(logprobs[place])
        if len(row.ids) < requests[index].max_new_tokens:
            alive.append(place)
    return alive


def _is_circling(row: Generated) -> bool:
    if not goes_in_circles(row.ids):
        return False
    row.finish_reason = "repetition"
    return True
