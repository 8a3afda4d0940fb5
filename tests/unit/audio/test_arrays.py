"""Arrays of samples become mono waveforms in [-1, 1]: the reference's tables, and what asrlab does better."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asrlab.audio.arrays import scaled, to_mono, waveform_of, within_range

TABLES: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "goldens" / "qwen3_asr" / "expected.json").read_text(encoding="utf-8")
)["functions"]


def array(value: dict[str, Any]) -> np.ndarray[Any, np.dtype[Any]]:
    return np.array(value["data"], dtype=value["dtype"]).reshape(value["shape"])


def test_channels_are_averaged_as_by_the_reference() -> None:
    for case in TABLES["to_mono"]:
        if "error" in case:
            with pytest.raises(ValueError, match=case["error"]["message"]):
                to_mono(array(case["input"]))
            continue
        mono = to_mono(array(case["input"]))
        assert mono.dtype == np.float32
        assert np.array_equal(mono, array(case["output"]))


def test_loud_floats_are_scaled_as_by_the_reference() -> None:
    floats = [case for case in TABLES["float_range_normalize"] if case["input"]["dtype"].startswith("float")]
    assert len(floats) == 6
    for case in floats:
        assert np.array_equal(within_range(array(case["input"])), array(case["output"]))


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64", "uint8", "uint16"])
def test_integers_are_scaled_by_their_range(dtype: str) -> None:
    limits = np.iinfo(dtype)
    middle = 0 if limits.min < 0 else (limits.max + 1) // 2
    samples = scaled(np.array([limits.min, middle, limits.max], dtype=dtype))
    assert samples[0] == -1.0
    assert samples[1] == 0.0
    assert samples[2] == pytest.approx(1.0, abs=0.01)


def test_what_is_no_audio_is_refused() -> None:
    with pytest.raises(TypeError, match="sample type"):
        waveform_of(np.array(["a"]), 16_000)
    with pytest.raises(ValueError, match="sampling rate"):
        waveform_of(np.zeros(5), 0)
    with pytest.raises(ValueError, match="NaN"):
        waveform_of(np.array([0.0, np.inf]), 8_000)


def test_any_rate_becomes_16_khz() -> None:
    assert len(waveform_of(np.zeros((44_100, 2), dtype=np.float32), 44_100)) == 16_000
