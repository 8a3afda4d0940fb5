"""Outlines: the lowest and highest of every stretch, computed once, kept by the hash of the bytes."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asrlab.audio.peaks import (
    PEAKS_PER_SECOND,
    View,
    keep_outline,
    kept_outline,
    num_stretches,
    outline_blocks,
    outline_peaks,
    remove_outline,
    span_peaks,
)
from asrlab.audio.remote.policy import FetchPolicy, current_policy, use_policy
from asrlab.domain.time import TimeSpan
from asrlab.errors import AudioError

HASH = "ab" * 32


@pytest.fixture(autouse=True)
def cache(tmp_path: Path) -> Iterator[Path]:
    before = current_policy()
    use_policy(FetchPolicy(cache_dir=tmp_path / "cache"))
    yield tmp_path / "cache"
    use_policy(before)


def steps(rate: int = 16_000, seconds: int = 8) -> np.ndarray:
    """Second n swings between -n/10 and n/20."""
    swing = np.where(np.arange(rate * seconds) % 2, 1 / 20, -1 / 10)
    return (swing * (np.arange(rate * seconds) // rate)).astype(np.float32)


@pytest.fixture(params=[16_000, 11_025, 44_100, 8_000])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"{request.param}.wav"
    left = steps(request.param)
    soundfile.write(path, np.stack([left, -left], axis=1), request.param, subtype="FLOAT")
    return path


def rate_of(file: Path) -> int:
    return int(file.stem)


def test_each_pixel_has_the_lowest_and_highest_of_its_part(file: Path) -> None:
    found = span_peaks(file, rate_of(file), View(TimeSpan(1.0, 5.0), 0, 4))
    assert found.lowest == (-0.1, -0.2, -0.3, -0.4)
    assert found.highest == (0.05, 0.1, 0.15, 0.2)
    assert found.is_complete


def test_a_channel_is_drawn_by_itself_and_all_as_their_mean(file: Path) -> None:
    view = View(TimeSpan(5.0, 6.0), 1, 1)
    assert span_peaks(file, rate_of(file), view).lowest == (-0.25,)
    mean = span_peaks(file, rate_of(file), View(view.span, None, 1))
    assert (mean.lowest, mean.highest) == ((0.0,), (0.0,))
    with pytest.raises(AudioError):
        span_peaks(file, rate_of(file), View(view.span, 2, 1))


def test_behind_the_end_there_is_silence(file: Path) -> None:
    assert span_peaks(file, rate_of(file), View(TimeSpan(7.0, 9.0), 0, 2)).lowest == (-0.7, 0.0)
    assert span_peaks(file, rate_of(file), View(TimeSpan(9.0, 9.0), 0, 2)).lowest == ()


def test_an_outline_says_what_a_decode_says(file: Path) -> None:
    outline = np.concatenate(list(outline_blocks(file)))
    assert outline.shape == (8 * PEAKS_PER_SECOND, 3, 2) == (num_stretches(8000), 3, 2)
    for channel in (0, 1, None):
        view = View(TimeSpan(1.0, 7.0), channel, 6)
        decoded = span_peaks(file, rate_of(file), view)
        drawn = outline_peaks(outline, len(outline), view)
        assert drawn.lowest == pytest.approx(decoded.lowest, abs=0.011)
        assert drawn.highest == pytest.approx(decoded.highest, abs=0.011)


def test_an_outline_tells_whether_the_view_is_known_yet(file: Path) -> None:
    outline = np.concatenate(list(outline_blocks(file)))
    known = 4 * PEAKS_PER_SECOND
    assert outline_peaks(outline, known, View(TimeSpan(1.0, 4.0), 0, 10)).is_complete
    assert not outline_peaks(outline, known, View(TimeSpan(1.0, 4.1), 0, 10)).is_complete


def test_an_outline_is_kept_by_the_hash_of_the_bytes_until_they_are_forgotten(
    file: Path, cache: Path
) -> None:
    outline = np.concatenate(list(outline_blocks(file)))
    assert kept_outline(HASH) is None
    keep_outline(HASH, outline)
    kept = kept_outline(HASH)
    assert kept is not None
    assert np.array_equal(kept, outline)
    remove_outline(HASH)
    remove_outline(HASH)
    assert kept_outline(HASH) is None
    assert [path for path in cache.rglob("*") if path.is_file()] == []


def test_a_damaged_outline_is_none(file: Path, cache: Path) -> None:
    keep_outline(HASH, np.concatenate(list(outline_blocks(file))))
    (kept,) = (path for path in cache.rglob("*.npy"))
    for damaged in (b"", b"\x93NUMPY", kept.read_bytes()[:-10]):
        kept.write_bytes(damaged)
        assert kept_outline(HASH) is None
