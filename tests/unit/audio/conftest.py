"""Audio files of every kind, made here from a seeded sweep; nothing is recorded, nothing is committed."""

import os
import struct
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
import soundfile

SECONDS = 2.0
ODD_SAMPLES = 123

# name → container, subtype, rate, channels, soundfile's extra options
SNDFILE_KINDS = {
    "u8.wav": ("WAV", "PCM_U8", 16000, 1, {}),
    "16.wav": ("WAV", "PCM_16", 44100, 2, {}),
    "24.wav": ("WAV", "PCM_24", 48000, 2, {}),
    "32.wav": ("WAV", "PCM_32", 22050, 1, {}),
    "float.wav": ("WAV", "FLOAT", 16000, 2, {}),
    "double.wav": ("WAV", "DOUBLE", 8000, 1, {}),
    "ulaw.wav": ("WAV", "ULAW", 8000, 1, {}),
    "alaw.wav": ("WAV", "ALAW", 8000, 1, {}),
    "ms.wav": ("WAV", "MS_ADPCM", 16000, 2, {}),
    "ima.wav": ("WAV", "IMA_ADPCM", 16000, 1, {}),
    "gsm.wav": ("WAV", "GSM610", 8000, 1, {}),
    "extensible.wav": ("WAVEX", "PCM_24", 16000, 6, {}),
    "rf64.wav": ("RF64", "PCM_16", 16000, 2, {}),
    "a.flac": ("FLAC", "PCM_16", 44100, 2, {}),
    "24.flac": ("FLAC", "PCM_24", 16000, 1, {}),
    "vorbis.ogg": ("OGG", "VORBIS", 44100, 2, {}),
    "a.opus": ("OGG", "OPUS", 48000, 1, {}),
    "cbr.mp3": ("MP3", "MPEG_LAYER_III", 44100, 2, {"bitrate_mode": "CONSTANT", "compression_level": 0.5}),
    "vbr.mp3": ("MP3", "MPEG_LAYER_III", 16000, 1, {"bitrate_mode": "VARIABLE", "compression_level": 0.5}),
    "a.aiff": ("AIFF", "PCM_16", 44100, 2, {}),
    "float.aifc": ("AIFF", "FLOAT", 16000, 1, {}),
    "a.caf": ("CAF", "PCM_16", 44100, 2, {}),
    "alac.caf": ("CAF", "ALAC_16", 44100, 2, {}),
    "a.w64": ("W64", "PCM_16", 44100, 2, {}),
    "a.au": ("AU", "PCM_16", 44100, 2, {}),
    "a.sph": ("NIST", "PCM_16", 16000, 1, {}),
}
# name → codec, rate, channels, with a video stream, the muxer's options
FFMPEG_KINDS: dict[str, tuple[str, int, int, bool, dict[str, str]]] = {
    "a.m4a": ("aac", 44100, 2, False, {}),
    "faststart.m4a": ("aac", 16000, 1, False, {"movflags": "faststart"}),
    "alac.m4a": ("alac", 44100, 2, False, {}),
    "video.mp4": ("aac", 44100, 2, True, {}),
    "fragments.mp4": ("aac", 44100, 2, False, {"movflags": "frag_keyframe+empty_moov+default_base_moof"}),
    "pcm.mov": ("pcm_s16le", 44100, 2, False, {}),
    "opus.webm": ("libopus", 48000, 2, False, {}),
    "flac.mka": ("flac", 16000, 1, False, {}),
    "video.mkv": ("aac", 44100, 2, True, {}),
    "a.aac": ("aac", 44100, 2, False, {}),
    "a.ac3": ("ac3", 48000, 2, False, {}),
    "a.wma": ("wmav2", 44100, 2, False, {}),
    "video.avi": ("libmp3lame", 44100, 2, True, {}),
    "video.mpeg": ("mp2", 44100, 2, True, {}),
    "transport.ts": ("aac", 44100, 2, True, {}),
    "lame.mp3": ("libmp3lame", 44100, 2, False, {}),
    "untagged.mp3": ("libmp3lame", 44100, 1, False, {"write_xing": "0"}),
    "a.g722": ("g722", 16000, 1, False, {}),
    "a.wv": ("wavpack", 44100, 2, False, {}),
    "libopus.ogg": ("libopus", 48000, 1, False, {}),
}
LAYOUTS = {1: "mono", 2: "stereo", 3: "2.1", 4: "quad", 6: "5.1", 8: "7.1", 16: "hexadecagonal"}
HEALTHY = (*SNDFILE_KINDS, *FFMPEG_KINDS)

Make = Callable[[str], Path]


def sweep(num_samples: int, rate: int, channels: int) -> npt.NDArray[np.float32]:
    """Shape (samples, channels): a rising tone in noise, so that no two places look alike."""
    seconds = np.arange(num_samples) / rate
    noise = np.random.default_rng(7).standard_normal(num_samples)
    mono = 0.3 * np.sin(2 * np.pi * 220 * seconds * (1 + seconds)) + 0.02 * noise
    return np.stack([mono * (1 - 0.15 * channel) for channel in range(channels)], axis=1).astype(np.float32)


def _length(rate: int) -> int:
    return round(SECONDS * rate) + ODD_SAMPLES


def write_with_ffmpeg(path: Path, kind: tuple[str, int, int, bool, dict[str, str]]) -> None:
    codec, rate, channels, has_video, options = kind
    layout = LAYOUTS[channels]
    with av.open(str(path), "w", options=options) as container:
        video = (
            container.add_stream("mpeg2video" if path.suffix == ".mpeg" else "mpeg4", rate=25)
            if has_video
            else None
        )
        audio = container.add_stream(codec, rate=rate, layout=layout)
        audio.codec_context.bit_rate = 64_000
        audio.codec_context.open()
        if video is not None:
            video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
            for index in range(round(SECONDS * 25)):
                picture = av.VideoFrame.from_ndarray(np.full((96, 64), index, np.uint8), format="yuv420p")
                picture.pts = index
                container.mux(video.encode(picture))
            container.mux(video.encode(None))
        fit = av.AudioResampler(audio.format, layout, rate, audio.codec_context.frame_size or 1024)
        samples = np.ascontiguousarray(sweep(_length(rate), rate, channels).reshape(1, -1))
        whole = av.AudioFrame.from_ndarray(samples, format="flt", layout=layout)
        whole.sample_rate, whole.pts = rate, 0
        for frame in [*fit.resample(whole), *fit.resample(None), None]:
            container.mux(audio.encode(frame))


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """The healthy file of a kind, made once; copy it before you damage it."""
    folder = tmp_path_factory.mktemp("healthy")

    def make_file(name: str) -> Path:
        path = folder / name
        if path.exists():
            return path
        if name in SNDFILE_KINDS:
            container, subtype, rate, channels, options = SNDFILE_KINDS[name]
            samples = sweep(_length(rate), rate, channels)
            soundfile.write(path, samples, rate, format=container, subtype=subtype, **options)
        else:
            write_with_ffmpeg(path, FFMPEG_KINDS[name])
        return path

    return make_file


@pytest.fixture(params=HEALTHY)
def healthy(request: pytest.FixtureRequest, make: Make) -> Path:
    """Every kind of file in turn."""
    return make(request.param)


@pytest.fixture
def wav(tmp_path: Path) -> Callable[..., Path]:
    """Writes a WAV header by hand: 16 kHz, mono, 16 bit, with the sizes it is told to claim."""

    def write(
        data: bytes, *, data_size: int | None = None, riff_size: int | None = None, behind: bytes = b""
    ) -> Path:
        announced = len(data) if data_size is None else data_size
        body = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 16000, 32000, 2, 16)
        body += b"data" + struct.pack("<I", announced) + data + behind
        path = tmp_path / "by_hand.wav"
        path.write_bytes(b"RIFF" + struct.pack("<I", len(body) if riff_size is None else riff_size) + body)
        return path

    return write


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


@pytest.fixture
def as_nobody() -> Callable[[Callable[[], str]], str]:
    """Calls a function in a child process without root's rights, and returns what it returned."""

    def call(function: Callable[[], str]) -> str:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                if os.geteuid() == 0:
                    os.setuid(65534)
                os.write(writer, function().encode())
            finally:
                os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as answer:
            text = answer.read()
        os.waitpid(child, 0)
        return text

    return call


@pytest.fixture(scope="session")
def decode() -> Callable[[Path], tuple[npt.NDArray[np.float32], int]]:
    """An independent full decode: samples of shape (frames, channels) and the rate."""

    def read(path: Path) -> tuple[npt.NDArray[np.float32], int]:
        if (path.name in SNDFILE_KINDS and path.suffix != ".mp3") or path.suffix == ".ogg":
            samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
            return samples, rate
        with av.open(str(path)) as container:
            to_float = av.AudioResampler("fltp")
            frames = [part for frame in container.decode(audio=0) for part in to_float.resample(frame)]
            return np.concatenate([frame.to_ndarray() for frame in frames], axis=1).T, frames[0].sample_rate

    return read
