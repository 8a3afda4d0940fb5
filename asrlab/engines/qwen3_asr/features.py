"""Log-mel features made clip by clip, so that no clip's depend on what else is in its batch."""

from functools import lru_cache

import torch
from transformers.audio_utils import mel_filter_bank

from asrlab.engines.protocol import Waveform
from asrlab.engines.qwen3_asr.chunks import at_least_half_a_second

SAMPLING_RATE_HZ = 16_000
HOP_SAMPLES = 160
FFT_SAMPLES = 400
# One pass of the encoder's convolutions reads so many frames (a second) and gives so many audio tokens.
BLOCK_FRAMES = 100
BLOCK_TOKENS = 13


def log_mel(waveform: Waveform, bins: int, device: torch.device) -> torch.Tensor:
    """Whisper's log-mel features in float32, shape (bins, floor(samples / 160)); at least half a second's.

    The clip is scaled by its own loudest bin: features of a clip padded with silence would differ.
    """
    samples = at_least_half_a_second(waveform, SAMPLING_RATE_HZ)
    audio = torch.from_numpy(samples).to(device, torch.float32)
    spectrum = torch.stft(
        audio,
        FFT_SAMPLES,
        HOP_SAMPLES,
        window=torch.hann_window(FFT_SAMPLES, device=device),
        return_complex=True,
    )
    power = spectrum[:, :-1].abs() ** 2
    mel = _filters(bins, device).T @ power
    logarithm = torch.clamp(mel, min=1e-10).log10()
    return (torch.maximum(logarithm, logarithm.max() - 8.0) + 4.0) / 4.0


def audio_token_count(frames: int) -> int:
    """How many audio tokens the encoder makes of so many frames: 13 a second, and for the rest a third of halves."""
    rest = frames % BLOCK_FRAMES
    for _ in range(3):
        rest = (rest + 1) // 2
    return frames // BLOCK_FRAMES * BLOCK_TOKENS + rest


def frame_count(samples: int) -> int:
    """How many frames `log_mel` gives for a clip of so many samples."""
    return max(samples, SAMPLING_RATE_HZ // 2) // HOP_SAMPLES


@lru_cache(maxsize=4)
def _filters(bins: int, device: torch.device) -> torch.Tensor:
    filters = mel_filter_bank(
        num_frequency_bins=1 + FFT_SAMPLES // 2,
        num_mel_filters=bins,
        min_frequency=0.0,
        max_frequency=SAMPLING_RATE_HZ / 2,
        sampling_rate=SAMPLING_RATE_HZ,
        norm="slaney",
        mel_scale="slaney",
    )
    return torch.from_numpy(filters).to(device, torch.float32)
