"""From waveforms to audio tokens, window by window: a clip's are the same in any company, at any padding.

The encoder's attention stays within windows of 8 s, so a clip is a list of windows, and windows of all clips are
packed together: nothing is computed for padding, and memory depends on how many go at once, not on the audio.
"""

from collections.abc import Sequence
from typing import Any

import torch

from asrlab.engines.protocol import Waveform
from asrlab.engines.qwen3_asr.features import BLOCK_FRAMES, audio_token_count, log_mel

# Of 8 s each: what the convolutions of the 1.7B model make of so many takes 400 MB in float32.
WINDOWS_AT_ONCE = 8


@torch.inference_mode()
def encode(
    model: Any, waveforms: Sequence[Waveform], windows_at_once: int = WINDOWS_AT_ONCE
) -> list[torch.Tensor]:
    """The projected audio tokens of each 16 kHz waveform, shape (tokens, hidden size of the text model)."""
    config = model.config.audio_config
    windows: list[torch.Tensor] = []
    counts: list[int] = []
    for waveform in waveforms:
        mel = log_mel(waveform, config.num_mel_bins, model.device)
        parts = torch.split(mel, config.n_window_infer, dim=1)
        windows += parts
        counts.append(sum(audio_token_count(part.shape[1]) for part in parts))
    encoded = [
        _encode_windows(model, windows[first : first + windows_at_once])
        for first in range(0, len(windows), windows_at_once)
    ]
    return list(torch.split(torch.cat(encoded), counts)) if encoded else []


def _encode_windows(model: Any, windows: Sequence[torch.Tensor]) -> torch.Tensor:
    """Windows packed as one clip: each is zero-padded to whole seconds, and the padding is masked."""
    blocks = [-(-window.shape[1] // BLOCK_FRAMES) for window in windows]
    bins, device = windows[0].shape[0], windows[0].device
    features = torch.zeros(bins, sum(blocks) * BLOCK_FRAMES, device=device)
    mask = torch.zeros(sum(blocks) * BLOCK_FRAMES, dtype=torch.long, device=device)
    start = 0
    for window, count in zip(windows, blocks, strict=True):
        features[:, start : start + window.shape[1]] = window
        mask[start : start + window.shape[1]] = 1
        start += count * BLOCK_FRAMES
    lengths = [audio_token_count(window.shape[1]) for window in windows]
    bounds = torch.tensor([0, *lengths], device=device).cumsum(0, dtype=torch.int32)
    # The classifier has no such method of its own.
    base = model.model
    answer = base.get_audio_features(
        features[None].to(model.dtype), mask[None], cu_seqlens=bounds, return_dict=True
    )
    projected: torch.Tensor = answer.pooler_output
    return projected
