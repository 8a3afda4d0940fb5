"""What is encoded comes back as long as it was, is the same in every run, and another library reads it."""

import hashlib
import io
import subprocess
import sys

import av
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from asrlab.audio.encode import MAX_CHANNELS, OPUS_RATES_HZ, encoded
from asrlab.audio.resample import Waveform
from asrlab.audio.write import wav_bytes, write_pcm16

OPUS_CLOCK_HZ = 48_000


def noise(samples: int, channels: int = 1) -> Waveform:
    return np.random.default_rng(samples).uniform(-0.5, 0.5, (samples, channels)).astype(np.float32)


def test_a_wav_is_what_is_written_block_by_block() -> None:
    file = io.BytesIO()
    write_pcm16(file, [noise(1234)[:, 0]], 22_050)
    assert encoded(noise(1234), 22_050, "wav") == file.getvalue()


@pytest.mark.parametrize(("container", "channels"), [("wav", 1), ("wav", 3), ("flac", 1), ("flac", 8)])
def test_lossless_samples_come_back_one_by_one(container: str, channels: int) -> None:
    samples = noise(5000, channels)
    read, rate = soundfile.read(
        io.BytesIO(encoded(samples, 44_100, container)), dtype="int16", always_2d=True
    )
    assert rate == 44_100
    assert np.array_equal(read, np.rint(samples * 32768))


def test_the_size_of_a_wav_of_many_channels_is_known() -> None:
    assert len(encoded(noise(77, 3), 8000, "wav")) == wav_bytes(77, 3)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 20_000), st.sampled_from(OPUS_RATES_HZ), st.integers(1, 2))
def test_opus_is_as_long_as_what_went_in(samples: int, rate_hz: int, channels: int) -> None:
    data = encoded(noise(samples, channels), rate_hz, "opus")
    read, read_rate_hz = soundfile.read(io.BytesIO(data), always_2d=True)
    assert (read.shape, read_rate_hz) == ((samples, channels), rate_hz)
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.audio[0]
        assert (stream.rate, stream.channels) == (OPUS_CLOCK_HZ, channels)
        assert sum(frame.samples for frame in container.decode(stream)) * rate_hz == samples * OPUS_CLOCK_HZ


@pytest.mark.parametrize("rate_hz", OPUS_RATES_HZ)
def test_opus_is_not_shifted_in_time(rate_hz: int) -> None:
    # A chirp: no shift of it looks like another.
    time = np.arange(rate_hz) / rate_hz
    samples = (0.5 * np.sin(2 * np.pi * (200 + 400 * time) * time)).astype(np.float32)
    read, _ = soundfile.read(io.BytesIO(encoded(samples, rate_hz, "opus")), dtype="float32")
    lags = range(-40, 41)
    errors = [float(np.square(np.roll(read, lag)[100:-100] - samples[100:-100]).sum()) for lag in lags]
    assert abs(lags[int(np.argmin(errors))]) <= 1
    assert min(errors) < 0.05 * float(np.square(samples).sum())


def test_opus_keeps_its_channels_apart() -> None:
    left = noise(16_000)
    samples = np.concatenate([left, np.zeros_like(left)], axis=1)
    read, _ = soundfile.read(io.BytesIO(encoded(samples, 16_000, "opus")), dtype="float32")
    assert np.square(read[:, 1]).sum() < 0.01 * np.square(read[:, 0]).sum()


def test_another_process_writes_the_same_bytes() -> None:
    script = (
        "import hashlib, numpy as np; from asrlab.audio.encode import encoded\n"
        "noise = np.random.default_rng(9999).uniform(-0.5, 0.5, (9999, 2)).astype(np.float32)\n"
        "print(*(hashlib.sha256(encoded(noise, 48_000, name)).hexdigest() for name in ('wav', 'flac', 'opus')))"
    )
    theirs = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    ours = [hashlib.sha256(encoded(noise(9999, 2), 48_000, name)).hexdigest() for name in MAX_CHANNELS]
    assert theirs.stdout.split() == ours


def test_every_ogg_page_has_the_same_serial_number_and_a_right_checksum() -> None:
    data = encoded(noise(60_000), 16_000, "opus")
    pages = [b"OggS" + page for page in data.split(b"OggS")[1:]]
    assert len(pages) >= 3
    for page in pages:
        assert page[14:18] == bytes(4)
        assert int.from_bytes(page[22:26], "little") == _ogg_checksum(page[:22] + bytes(4) + page[26:])


def _ogg_checksum(page: bytes) -> int:
    """RFC 3533, section 6: the generator 0x04c11db7, nothing reflected, initial value 0."""
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ 0x104C11DB7) if value & 0x80000000 else value << 1
    return value


@pytest.mark.parametrize("container", ["wav", "flac"])
def test_loud_samples_are_clipped_not_wrapped(container: str) -> None:
    loud = np.array([2.0, -2.0], np.float32)
    read, _ = soundfile.read(io.BytesIO(encoded(loud, 8000, container)), dtype="int16")
    assert read.tolist() == [32767, -32768]


@pytest.mark.parametrize(
    ("samples", "rate_hz", "container", "why"),
    [
        (np.zeros(0, np.float32), 16_000, "wav", "no sample"),
        (np.zeros((0, 2), np.float32), 16_000, "opus", "no sample"),
        (noise(10, 9), 16_000, "flac", "at most 8 channels"),
        (noise(10, 3), 16_000, "opus", "at most 2 channels"),
        (noise(10), 44_100, "opus", "no rate of 44100 Hz"),
        (np.broadcast_to(np.zeros((1, 40_000), np.float32), (60_000, 40_000)), 16_000, "wav", "4 GiB"),
    ],
)
def test_what_a_container_cannot_hold_is_refused(
    samples: Waveform, rate_hz: int, container: str, why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        encoded(samples, rate_hz, container)
