"""What a browser is given: the file where it reads it to the sample, else a WAV whose every byte can be asked for."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asrlab.audio.played import DecodedWav, Played, WholeFile, played
from asrlab.audio.probe import content_hash, probe
from asrlab.domain.audio import AudioSource
from asrlab.errors import AudioError

Make = Callable[[str], Path]

AS_IT_LIES = {"u8.wav", "16.wav", "24.wav", "float.wav", "a.flac", "24.flac"}


def source_of(path: Path) -> AudioSource:
    info = probe(path)
    stat = path.stat()
    return AudioSource(
        str(path),
        stat.st_size,
        stat.st_mtime_ns,
        content_hash(path),
        info.num_samples,
        info.sampling_rate,
        info.num_channels,
    )


def wav_of(path: Path, channel: int | None = None) -> DecodedWav:
    return DecodedWav(path, source_of(path), channel)


def read(wav: Played, first: int = 0, end: int | None = None) -> bytes:
    return b"".join(wav.chunks(first, wav.size if end is None else end))


def test_a_file_is_played_as_it_lies_only_where_every_browser_plays_it_exactly(healthy: Path) -> None:
    found = played(healthy, source_of(healthy), None)
    assert isinstance(found, WholeFile if healthy.name in AS_IT_LIES else DecodedWav)
    if isinstance(found, WholeFile):
        assert read(found) == healthy.read_bytes()
        assert read(found, 10, 20) == healthy.read_bytes()[10:20]


def test_any_other_is_a_wav_as_long_as_the_catalog_counted(healthy: Path) -> None:
    wav = wav_of(healthy)
    whole = read(wav)
    assert len(whole) == wav.size
    samples, rate = soundfile.read(io.BytesIO(whole), always_2d=True)
    assert (len(samples), rate) == (wav.source.num_samples, wav.source.sampling_rate)
    assert samples.shape[1] == min(2, wav.source.num_channels) if wav.source.num_channels <= 2 else 1
    assert np.abs(samples).max() > 0.05


@pytest.mark.parametrize("name", ["16.wav", "vorbis.ogg", "cbr.mp3", "extensible.wav"])
def test_a_range_is_what_stands_there_in_the_whole(make: Make, name: str) -> None:
    wav = wav_of(make(name))
    whole = read(wav)
    size = wav.size
    ranges = [(0, 44), (0, 1), (10, 100), (43, 46), (44, 45), (45, 47), (size - 1, size)]
    for first, end in ranges:
        assert read(wav, first, end) == whole[first:end]
    # Lossy decoders that begin in the middle differ by a hair.
    inside = size // 2 | 1
    found = np.frombuffer(read(wav, inside, inside + 4001)[1:], dtype="<i2").astype(int)
    expected = np.frombuffer(whole[inside + 1 : inside + 4001], dtype="<i2")
    assert np.abs(found - expected).max() <= 40


def test_one_channel_is_heard_alone(make: Make) -> None:
    samples, rate = soundfile.read(make("16.wav"), dtype="int16")
    for channel in (0, 1):
        heard, heard_rate = soundfile.read(io.BytesIO(read(wav_of(make("16.wav"), channel))), dtype="int16")
        assert heard_rate == rate
        assert np.array_equal(heard, samples[:, channel])


def test_more_than_two_channels_are_heard_as_their_mean(make: Make) -> None:
    samples, _ = soundfile.read(make("extensible.wav"), dtype="float32")
    heard, _ = soundfile.read(io.BytesIO(read(wav_of(make("extensible.wav")))), dtype="float32")
    assert np.abs(heard - samples.mean(axis=1)).max() < 1e-4


def test_a_file_that_became_shorter_ends_in_silence(make: Make) -> None:
    source = source_of(make("16.wav"))
    wav = DecodedWav(make("16.wav"), replace(source, num_samples=source.num_samples + 1000), None)
    whole = read(wav)
    assert len(whole) == wav.size
    assert whole[-4000:] == bytes(4000)


def test_what_no_wav_holds_is_told(make: Make) -> None:
    source = source_of(make("16.wav"))
    with pytest.raises(AudioError, match="longer"):
        played(make("16.wav"), replace(source, num_samples=1 << 32), 0)
    with pytest.raises(AudioError, match="channel 2"):
        played(make("16.wav"), source, 2)


def test_a_long_recording_in_stereo_is_heard_in_mono(make: Make) -> None:
    source = replace(source_of(make("16.wav")), num_samples=(1 << 30) + 1)
    assert DecodedWav(make("16.wav"), source, None).num_channels == 1
