"""A clip's tokens and text are the same alone, in any batch, in any order, at any padding."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import Qwen3ASRFeatureExtractor

from asrlab.engines.protocol import Waveform
from asrlab.engines.qwen3_asr.encoder import encode
from asrlab.engines.qwen3_asr.features import audio_token_count, frame_count, log_mel
from asrlab.engines.qwen3_asr.loading import LoadedQwen3, load_qwen3
from asrlab.engines.qwen3_asr.recognizer import Clip, recognize

RATE_HZ = 16_000
CHECKPOINTS = Path(__file__).parents[3] / "goldens" / "qwen3_asr" / "checkpoints"
TOKENS = 12
# Another batch adds up in another order; nothing else may differ.
TOLERANCE = 2e-4


@cache
def model() -> LoadedQwen3:
    return load_qwen3(CHECKPOINTS / "asr-hf", "asr")


@cache
def noise() -> Waveform:
    """36 s whose colour and loudness change, so that tokens differ from place to place."""
    random = np.random.default_rng(3)
    pieces = [random.normal(0, 0.02 * (1 + index % 7), 1600).cumsum() % 0.3 for index in range(360)]
    return np.concatenate(pieces).astype(np.float32)


def clip(samples: int, first: int = 0) -> Waveform:
    return noise()[first : first + samples]


def heard(lengths: list[int]) -> list[list[int]]:
    clips = [Clip(clip(samples), "", None, TOKENS) for samples in lengths]
    return [each.token_ids for each in recognize(model(), clips, batch_size=len(clips))]


# Half a second and more, every remainder of 160 samples, of 100 frames and of 8 s among them.
LENGTHS = st.one_of(
    st.integers(round(0.05 * RATE_HZ), 35 * RATE_HZ),
    st.integers(5, 3500).map(lambda frames: frames * 160),
    st.sampled_from([8 * RATE_HZ, 16 * RATE_HZ, RATE_HZ, 8 * RATE_HZ + 1, 8 * RATE_HZ - 1, 100, 7999, 8000]),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(LENGTHS, min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_tokens_do_not_depend_on_the_batch(lengths: list[int], shuffle: object) -> None:
    alone = {samples: heard([samples])[0] for samples in set(lengths)}
    assert heard(lengths) == [alone[samples] for samples in lengths]
    backwards = lengths[::-1]
    assert heard(backwards) == [alone[samples] for samples in backwards]


def test_every_remainder_of_frames_and_samples_gives_the_same_audio_tokens_alone_and_in_a_batch() -> None:
    lengths = [round(0.05 * RATE_HZ) + 1_117 * step for step in range(160)]
    clips = [clip(samples, first=step) for step, samples in enumerate(lengths)]
    together = encode(model().model, clips)
    for samples, waveform, tokens in zip(lengths, clips, together, strict=True):
        assert len(tokens) == audio_token_count(frame_count(samples))
        assert torch.isfinite(tokens).all()
        (alone,) = encode(model().model, [waveform])
        assert torch.allclose(tokens, alone, atol=TOLERANCE)


def test_how_many_windows_go_at_once_changes_nothing() -> None:
    clips = [clip(samples) for samples in (20 * RATE_HZ, 9 * RATE_HZ, 3000, 33 * RATE_HZ)]
    for one, other in zip(
        encode(model().model, clips), encode(model().model, clips, windows_at_once=1), strict=True
    ):
        assert torch.allclose(one, other, atol=TOLERANCE)


@pytest.mark.parametrize("samples", [8_000, 8_159, 16_000, 16_001, 36_960, 127_999])
def test_features_are_those_of_transformers_own_extractor(samples: int) -> None:
    extractor = Qwen3ASRFeatureExtractor()
    theirs = extractor(clip(samples), sampling_rate=RATE_HZ, padding=False).input_features[0]
    ours = log_mel(clip(samples), 128, torch.device("cpu"))
    assert ours.shape == (128, samples // 160)
    assert torch.allclose(ours, theirs[:, : samples // 160], atol=1e-5)


def test_stock_processor_pads_and_would_differ() -> None:
    """What the batching of transformers does to short clips, and why asrlab does not use it."""
    extractor = Qwen3ASRFeatureExtractor()
    short, long = clip(16_900), clip(5 * RATE_HZ)
    together = extractor([short, long], sampling_rate=RATE_HZ, padding=True, return_attention_mask=True)
    kept = int(together.attention_mask[0].sum())
    assert kept != frame_count(len(short))
