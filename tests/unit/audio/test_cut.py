"""Pieces cut in one pass are what is read span by span."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from asrlab.audio.cut import ALL, MIX, Channel, Piece, cut_pieces
from asrlab.audio.read import read_spans
from asrlab.audio.resample import Waveform, resample
from asrlab.audio.sndfile import SoundFileStream
from asrlab.domain.audio import AudioSource
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import TimeSpan
from asrlab.errors import AudioError

RATE_HZ = 44_100
SECONDS = 7.0


def source_of(path: Path) -> AudioSource:
    info = soundfile.info(path)
    stat = path.stat()
    return AudioSource(
        str(path), stat.st_size, stat.st_mtime_ns, "0" * 64, info.frames, info.samplerate, info.channels
    )


@pytest.fixture(scope="module", params=["a.wav", "a.ogg"])
def noise(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three blocks of two channels: one file in which samples are found, one that is read forward."""
    path: Path = tmp_path_factory.mktemp("cut") / request.param
    samples = np.random.default_rng(1).uniform(-0.5, 0.5, (round(SECONDS * RATE_HZ), 2))
    soundfile.write(path, samples, RATE_HZ)
    return path


def cut(path: Path, spans: Sequence[tuple[TimeSpan, Channel]], rate_hz: int = 16_000) -> list[Waveform]:
    pieces = [Piece(*span.sample_range(RATE_HZ), channel) for span, channel in spans]
    found = dict(cut_pieces(path, source_of(path), pieces, rate_hz))
    return [found[index] for index in range(len(pieces))]


spans = st.tuples(st.integers(0, 6_500), st.integers(1, 2_500)).map(
    lambda drawn: TimeSpan.from_ms(drawn[0], min(drawn[0] + drawn[1], 7_000))
)


@settings(max_examples=15, deadline=None)
@given(wanted=st.lists(st.tuples(spans, st.sampled_from([MIX, 0, 1])), min_size=1, max_size=6))
def test_pieces_are_what_is_read_span_by_span(noise: Path, wanted: list[tuple[TimeSpan, Channel]]) -> None:
    for (span, channel), piece in zip(wanted, cut(noise, wanted), strict=True):
        (expected,) = read_spans(noise, [span], channel=channel if isinstance(channel, int) else None)
        assert np.array_equal(piece, expected)


@pytest.mark.parametrize("rate_hz", [RATE_HZ, 24_000])
def test_all_channels_are_each_as_if_it_were_alone(noise: Path, rate_hz: int) -> None:
    span = TimeSpan(2.5, 4.25)
    both, left, right = cut(noise, [(span, ALL), (span, 0), (span, 1)], rate_hz)
    assert both.shape == (round(1.75 * rate_hz), 2)
    assert np.array_equal(both, np.stack([left, right], axis=1))


def test_another_rate_is_resampled_from_the_files_own(noise: Path) -> None:
    (piece,) = cut(noise, [(TimeSpan(1, 2), 0)], 8_000)
    whole, _ = soundfile.read(noise, dtype="float32")
    assert np.array_equal(
        piece, resample(np.ascontiguousarray(whole[RATE_HZ : 2 * RATE_HZ, 0]), RATE_HZ, 8_000)
    )


#   0 s      1        2        3        4        5
#   |------ a ------|
#       |-------------- b -----------------|
#                     |--- c ---|
#                         |---- d ----|
def test_a_file_read_forward_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.ogg"
    soundfile.write(path, np.zeros((round(SECONDS * RATE_HZ), 2)), RATE_HZ)
    read: list[int] = []
    plain = SoundFileStream.read

    def counted(self: SoundFileStream, frames: int) -> Waveform:
        block = plain(self, frames)
        read.append(len(block))
        return block

    monkeypatch.setattr(SoundFileStream, "read", counted)
    bounds = [(0.0, 1.7), (0.4, 4.2), (2.1, 3.1), (2.5, 3.8)]
    cut(path, [(TimeSpan(start, end), MIX) for start, end in bounds])
    assert sum(read) <= SECONDS * RATE_HZ


def test_a_piece_behind_the_end_is_no_shorter_piece(noise: Path) -> None:
    source = source_of(noise)
    for piece in (Piece(300_000, source.num_samples + 1, MIX), Piece(400_000, 400_001, MIX)):
        with pytest.raises(AudioError, match="ends before") as raised:
            list(cut_pieces(noise, source, [piece], 16_000))
        assert raised.value.reason == FailureReason.CHANGED


@pytest.mark.parametrize("other", [{"sampling_rate": 48_000}, {"num_channels": 1}])
def test_a_file_of_another_rate_or_other_channels_is_refused(noise: Path, other: dict[str, int]) -> None:
    with pytest.raises(AudioError, match="when it was ingested") as raised:
        list(cut_pieces(noise, replace(source_of(noise), **other), [Piece(0, 10, MIX)], 16_000))
    assert raised.value.reason == FailureReason.CHANGED


def test_a_channel_that_is_not_there_is_refused(noise: Path) -> None:
    with pytest.raises(AudioError, match="no channel 2"):
        list(cut_pieces(noise, source_of(noise), [Piece(0, 10, 2)], 16_000))
