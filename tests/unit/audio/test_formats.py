"""Every sample format, rate, number of channels and container: exact facts; spans are slices of a full decode."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from asrlab.audio.batches import Clip, load_batches
from asrlab.audio.probe import content_hash, probe
from asrlab.audio.read import read_spans
from asrlab.audio.resample import resample
from asrlab.audio.stream import stream_mono
from asrlab.domain.audio import AudioSource
from asrlab.domain.time import TimeSpan
from tests.unit.audio.conftest import sweep, write_with_ffmpeg

Samples = npt.NDArray[np.float32]

SECONDS = 1.3
#         0.0       0.5       1.0   1.3
#          |---------|---------|-----|
# SPANS    [---------)   [----------)
#                [-----)
SPANS = [TimeSpan(0.7, 1.297), TimeSpan(0.0, 0.501), TimeSpan(0.301, 0.6)]
CONTAINERS = ("WAV", "WAVEX", "RF64", "W64", "FLAC", "AIFF", "AU", "CAF", "NIST", "VOC", "SVX", "IRCAM")
# An exact copy of what was written, to the last bit that the format holds.
PCM = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 24, "FLOAT": 24, "DOUBLE": 24}
# Codecs of a telephone line, or with a frame of their own, which allow one rate or channel only.
MONO_8K = {"GSM610", "G721_32", "G723_24", "G723_40", "NMS_ADPCM_16", "NMS_ADPCM_24", "NMS_ADPCM_32"}
MONO = {"IMA_ADPCM", "SVX", "VOC"}
# libsndfile does not write the one in a WAV, and can't read the others it has written.
NOT_WRITTEN = {"MPEG_LAYER_III", "DWVW_12", "DWVW_16", "DWVW_24"}
KINDS = [
    (container, subtype)
    for container in CONTAINERS
    for subtype in sorted(soundfile.available_subtypes(container))
    if subtype not in NOT_WRITTEN
]
RATES = [4000, 8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000, 192000]
# name → codec, rate, channels, with a video stream, the muxer's options
ODD: dict[str, tuple[str, int, int, bool, dict[str, str]]] = {
    "24.mka": ("pcm_s24le", 48000, 2, False, {}),
    "64.mka": ("pcm_f64le", 192000, 2, False, {}),
    "8.mka": ("pcm_u8", 8000, 1, False, {}),
    "surround.mka": ("flac", 96000, 6, False, {}),
    "surround.mkv": ("ac3", 48000, 6, True, {}),
    "dolby.mkv": ("eac3", 48000, 6, True, {}),
    "wide.webm": ("libopus", 48000, 8, False, {}),
    "a.oga": ("flac", 44100, 2, False, {}),
    "book.m4b": ("aac", 22050, 1, False, {}),
    "surround.m4a": ("aac", 48000, 6, False, {}),
    "low.m4a": ("aac", 8000, 1, False, {}),
    "high.m4a": ("aac", 96000, 2, False, {}),
    "24.mov": ("pcm_s24be", 96000, 2, False, {}),
    "ulaw.mov": ("pcm_mulaw", 8000, 1, False, {}),
    "phone.3gp": ("libopencore_amrnb", 8000, 1, False, {}),
    "video.3gp": ("aac", 16000, 1, True, {}),
    "a.3g2": ("aac", 32000, 2, False, {}),
    "a.amr": ("libopencore_amrnb", 8000, 1, False, {}),
    "old.wma": ("wmav1", 22050, 1, False, {}),
    "video.wmv": ("wmav2", 44100, 2, True, {}),
    "seven.m4a": ("aac", 48000, 8, False, {}),
    "many.mka": ("pcm_f32le", 48000, 16, False, {}),
    "many.mov": ("pcm_s16le", 48000, 16, False, {}),
    "many.wv": ("wavpack", 48000, 16, False, {}),
    "a.flv": ("aac", 44100, 2, False, {}),
    "speech.flv": ("libmp3lame", 22050, 1, False, {}),
    "pcm.avi": ("pcm_s16le", 48000, 2, True, {}),
    "adpcm.avi": ("adpcm_ms", 22050, 2, True, {}),
    "a.mp2": ("mp2", 32000, 1, False, {}),
    "a.eac3": ("eac3", 48000, 2, False, {}),
    "a.tta": ("tta", 44100, 2, False, {}),
    "24.wv": ("wavpack", 192000, 1, False, {}),
    "broadcast.ts": ("mp2", 48000, 2, True, {}),
    "av.w64": ("pcm_s32le", 44100, 3, False, {}),
    "av.caf": ("pcm_s16be", 44100, 4, False, {}),
    "av.au": ("pcm_s24be", 11025, 1, False, {}),
    "av.voc": ("pcm_u8", 8000, 1, False, {}),
}


def check_reading(path: Path, whole: Samples, rate: int, channels: Sequence[int | None]) -> None:
    """Spans and the stream equal slices of `whole`, an independent decode, bit for bit."""
    for channel in channels:
        mono = whole.mean(axis=1, dtype=np.float32) if channel is None else whole[:, channel].copy()
        streamed = np.concatenate(list(stream_mono(path, channel=channel)))
        assert np.array_equal(streamed, mono)
        ranges = [span.sample_range(rate) for span in SPANS]
        expected = [resample(mono[first:end], rate) for first, end in ranges]
        read = read_spans(path, SPANS, channel=channel)
        assert all(map(np.array_equal, read, expected))


@pytest.mark.parametrize(("container", "subtype"), KINDS)
def test_sample_formats_of_every_container(tmp_path: Path, container: str, subtype: str) -> None:
    # A VOC file counts microseconds a sample, so few rates are whole.
    rate = 8000 if subtype in MONO_8K or container == "VOC" else 44100
    channels = 1 if {subtype, container} & (MONO_8K | MONO) else 2
    written = sweep(round(SECONDS * rate), rate, channels)
    path = tmp_path / f"a.{container.lower()}"
    soundfile.write(path, written, rate, format=container, subtype=subtype)
    whole, _ = soundfile.read(path, dtype="float32", always_2d=True)
    info = probe(path)
    assert (info.sampling_rate, info.num_channels, info.num_samples) == (rate, channels, len(whole))
    if subtype in PCM:
        assert info.num_samples == len(written)
        assert np.abs(whole - written).max() <= 2.0 ** (1 - PCM[subtype])
    check_reading(path, whole, rate, [None, channels - 1])


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(("container", "subtype"), [("WAV", "PCM_24"), ("FLAC", "PCM_16"), ("CAF", "DOUBLE")])
def test_rates(tmp_path: Path, container: str, subtype: str, rate: int) -> None:
    path = tmp_path / "a"
    soundfile.write(path, sweep(round(SECONDS * rate), rate, 2), rate, format=container, subtype=subtype)
    whole, _ = soundfile.read(path, dtype="float32", always_2d=True)
    info = probe(path)
    assert (info.sampling_rate, info.num_samples) == (rate, round(SECONDS * rate))
    assert info.duration == pytest.approx(SECONDS, abs=1 / rate)
    check_reading(path, whole, rate, [None])


@pytest.mark.parametrize(
    ("container", "subtype", "channels"),
    [
        *(("WAV", "FLOAT", channels) for channels in range(1, 17)),
        *(("W64", "PCM_U8", channels) for channels in range(1, 17)),
        # FLAC holds no more.
        *(("FLAC", "PCM_24", channels) for channels in range(1, 9)),
    ],
)
def test_channels(tmp_path: Path, container: str, subtype: str, channels: int) -> None:
    path = tmp_path / "a"
    samples = sweep(round(SECONDS * 48000), 48000, channels)
    soundfile.write(path, samples, 48000, format=container, subtype=subtype)
    whole, _ = soundfile.read(path, dtype="float32", always_2d=True)
    assert (probe(path).num_channels, probe(path).num_samples) == (channels, len(samples))
    check_reading(path, whole, 48000, [None, *range(channels)])


def decoded(path: Path) -> tuple[Samples, int]:
    """All of a file by FFmpeg's own loop, of shape (samples, channels)."""
    with av.open(str(path)) as container:
        # Interleaved: PyAV can't hand out eight planes.
        to_float = av.AudioResampler("flt")
        frames = [part for frame in container.decode(audio=0) for part in to_float.resample(frame)]
        whole = np.concatenate([frame.to_ndarray() for frame in frames], axis=1)
        return whole.reshape(-1, frames[0].layout.nb_channels), frames[0].sample_rate


@pytest.mark.parametrize("name", ODD)
def test_odd_containers(tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / name
    write_with_ffmpeg(path, ODD[name])
    whole, rate = decoded(path)
    capfd.readouterr()
    info = probe(path)
    assert (info.sampling_rate, info.num_channels, info.num_samples) == (rate, *whole.shape[::-1])
    assert (info.sampling_rate, info.num_channels) == ODD[name][1:3]
    assert info.duration == pytest.approx(2.0, abs=0.1)
    check_reading(path, np.ascontiguousarray(whole), rate, [None, whole.shape[1] - 1])
    assert capfd.readouterr() == ("", "")


@pytest.fixture(params=["many.wav", "surround.mka"])
def wide(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, Samples, int]]:
    """A file of many channels at a high rate, read by seeking or forward, and its full decode."""
    path = tmp_path / request.param
    if request.param == "many.wav":
        soundfile.write(path, sweep(192_000, 96_000, 16), 96_000, subtype="FLOAT")
        yield path, soundfile.read(path, dtype="float32")[0], 96_000
    else:
        write_with_ffmpeg(path, ODD[request.param])
        yield path, *decoded(path)


def test_batches_hold_the_segments_samples(wide: tuple[Path, Samples, int]) -> None:
    path, whole, rate = wide
    found = path.stat()
    source = AudioSource(
        *(str(path), found.st_size, found.st_mtime_ns, content_hash(path), len(whole), rate, whole.shape[1])
    )
    clips = [Clip((span, channel), source, span, channel) for channel in (3, 0) for span in sorted(SPANS)]
    batches = list(load_batches(clips, batch_seconds=1.0))
    assert len(batches) > 2
    assert [item for batch in batches for item in batch.items] == [clip.item for clip in clips]
    for batch in batches:
        assert batch.unreadable == ()
        for (span, channel), waveform in zip(batch.items, batch.waveforms, strict=True):
            first, end = span.sample_range(rate)
            assert waveform.tobytes() == resample(whole[first:end, channel].copy(), rate).tobytes()
