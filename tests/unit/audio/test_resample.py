"""Resampling, held against librosa's, the field's usual one."""

import librosa
import numpy as np
import pytest

from asrlab.audio.resample import resample


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000])
def test_the_samples_are_librosas(rate_hz: int) -> None:
    waveform = np.random.default_rng(rate_hz).normal(0, 0.1, rate_hz // 3).astype(np.float32)
    ours = resample(waveform, rate_hz)
    theirs = librosa.resample(waveform, orig_sr=rate_hz, target_sr=16_000, res_type="soxr_hq")
    shared = min(len(ours), len(theirs))
    assert abs(len(ours) - len(theirs)) <= 1
    np.testing.assert_allclose(ours[:shared], theirs[:shared], atol=1e-6)
