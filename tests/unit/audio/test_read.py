"""A span's samples are exactly a slice of a full decode, whatever the format and the order of asking."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import soxr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asrlab.audio.read import SpanReader, read_spans
from asrlab.audio.resample import resample
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import TimeSpan
from asrlab.errors import AudioError

Make = Callable[[str], Path]
Decode = Callable[[Path], tuple[npt.NDArray[np.float32], int]]

#         0.0       0.5       1.0       1.5       2.0
#          |---------|---------|---------|---------|
# SPANS    [-----)      [------------)
#                [------)            [-----------)
SPANS = [
    TimeSpan(0.0, 0.3),
    TimeSpan(0.65, 1.3),
    TimeSpan(0.3, 0.65),
    TimeSpan(1.3, 1.9),
    TimeSpan(0.7, 0.701),
]


def slices(
    samples: npt.NDArray[np.float32], rate: int, spans: list[TimeSpan]
) -> list[npt.NDArray[np.float32]]:
    """Mono at 16 kHz, by way of a full decode."""
    ranges = [span.sample_range(rate) for span in spans]
    return [resample(samples[first:end].mean(axis=1, dtype=np.float32), rate) for first, end in ranges]


def test_spans_equal_slices_of_an_independent_full_decode(healthy: Path, decode: Decode) -> None:
    expected = slices(*decode(healthy), SPANS)
    read = read_spans(healthy, SPANS, channel=None)
    assert [waveform.tobytes() for waveform in read] == [waveform.tobytes() for waveform in expected]
    assert all(waveform.dtype == np.float32 and waveform.ndim == 1 for waveform in read)


@pytest.mark.parametrize("name", ["16.wav", "a.flac", "vorbis.ogg", "cbr.mp3", "a.m4a"])
def test_touching_spans_share_no_sample_and_lose_none(make: Make, name: str) -> None:
    spans = [TimeSpan.from_ms(start, start + 77) for start in range(0, 1900, 77)]
    with SpanReader(make(name)) as reader:
        lengths = sum(len(waveform) for waveform in reader.read(spans, [None] * len(spans)))
    # Each piece is resampled for itself, and rounded.
    assert lengths == pytest.approx(spans[-1].end * 16000, abs=len(spans))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), name=st.sampled_from(["16.wav", "vorbis.ogg", "lame.mp3", "faststart.m4a"]))
def test_calls_in_any_order_read_the_same(make: Make, decode: Decode, data: st.DataObject, name: str) -> None:
    span = st.tuples(st.integers(0, 1900), st.integers(0, 1900)).map(
        lambda pair: TimeSpan.from_ms(*sorted(pair))
    )
    calls = data.draw(st.lists(st.lists(span, max_size=4), max_size=4))
    samples, rate = decode(make(name))
    with SpanReader(make(name)) as reader:
        for spans in calls:
            read = reader.read(spans, [None] * len(spans))
            expected = slices(samples, rate, spans)
            assert [waveform.tobytes() for waveform in read] == [waveform.tobytes() for waveform in expected]


@pytest.mark.parametrize("name", ["extensible.wav", "16.wav", "a.m4a"])
def test_channel_is_that_channel_alone(make: Make, decode: Decode, name: str) -> None:
    samples, rate = decode(make(name))
    span = TimeSpan(0.2, 1.1)
    first, end = span.sample_range(rate)
    for channel in range(samples.shape[1]):
        (read,) = read_spans(make(name), [span], channel=channel)
        assert read.tobytes() == resample(samples[first:end, channel].copy(), rate).tobytes()


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44056, 44100, 48000, 96000, 192000])
def test_length_is_the_rounded_one(tmp_path: Path, rate: int) -> None:
    for num_samples in [1, 2, 7, 100, rate // 3, rate + 1]:
        waveform = np.linspace(-0.5, 0.5, num_samples, dtype=np.float32)
        assert resample(waveform, rate).shape == (round(num_samples * 16000 / rate),)


def test_resampling_is_soxr_hq() -> None:
    waveform = np.sin(np.arange(44100) / 30).astype(np.float32)
    assert np.array_equal(resample(waveform, 44100), soxr.resample(waveform, 44100, 16000, quality="HQ"))


def test_no_spans_give_no_waveforms(make: Make) -> None:
    assert read_spans(make("a.m4a"), [], channel=None) == []


def test_empty_span_gives_an_empty_waveform(make: Make) -> None:
    for name in ["16.wav", "a.m4a"]:
        (read,) = read_spans(make(name), [TimeSpan(0.5, 0.5)], channel=None)
        assert read.shape == (0,)


def test_last_span_may_reach_to_the_rounded_end(tmp_path: Path) -> None:
    path = tmp_path / "odd_end.wav"
    soundfile.write(path, np.ones(16009, np.float32) / 2, 16000)
    (read,) = read_spans(path, [TimeSpan(0.5, 16009 / 16000)], channel=None)
    assert len(read) == 8009


@pytest.mark.parametrize("name", ["16.wav", "vorbis.ogg", "a.m4a"])
@pytest.mark.parametrize("span", [TimeSpan(1.0, 5.0), TimeSpan(7.0, 8.0)])
def test_span_behind_the_end_is_refused(make: Make, name: str, span: TimeSpan) -> None:
    with pytest.raises(AudioError) as caught:
        read_spans(make(name), [span], channel=None)
    assert caught.value.reason == FailureReason.CHANGED


def test_channel_that_is_not_there_is_refused(make: Make) -> None:
    with pytest.raises(AudioError, match="no channel 2") as caught:
        read_spans(make("16.wav"), [TimeSpan(0, 1)], channel=2)
    assert caught.value.reason == FailureReason.CHANGED


def test_missing_file_has_vanished(tmp_path: Path) -> None:
    with pytest.raises(AudioError) as caught:
        read_spans(tmp_path / "gone.m4a", [TimeSpan(0, 1)], channel=None)
    assert caught.value.reason == FailureReason.VANISHED
