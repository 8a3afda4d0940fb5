"""Healthy files of every kind are taken whole: no false alarm."""

import struct
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from asrlab.audio.probe import content_hash, probe

Make = Callable[[str], Path]
Decode = Callable[[Path], tuple[npt.NDArray[np.float32], int]]
LIST = b"LIST" + struct.pack("<I", 26) + b"INFOISFT" + struct.pack("<I", 14) + b"made by hand.\0"


def test_healthy_file_is_counted_as_an_independent_decoder_counts_it(healthy: Path, decode: Decode) -> None:
    samples, rate = decode(healthy)
    info = probe(healthy)
    assert (info.num_samples, info.num_channels, info.sampling_rate) == (*samples.shape, rate)
    assert info.duration == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize(
    ("name", "container", "codec"),
    [
        ("16.wav", "wav", "pcm_16"),
        ("a.flac", "flac", "pcm_16"),
        ("vorbis.ogg", "ogg", "vorbis"),
        ("cbr.mp3", "mp3", "mp3"),
        ("a.m4a", "m4a", "aac"),
        ("video.mp4", "mp4", "aac"),
        ("opus.webm", "webm", "opus"),
    ],
)
def test_container_and_codec_have_plain_names(make: Make, name: str, container: str, codec: str) -> None:
    info = probe(make(name))
    assert (info.container, info.codec) == (container, codec)


def test_file_is_known_by_its_bytes_whatever_its_name(make: Make, tmp_path: Path) -> None:
    disguised = tmp_path / "really_flac.mp3"
    disguised.write_bytes(make("a.flac").read_bytes())
    assert probe(disguised) == probe(make("a.flac"))


@pytest.mark.parametrize(
    ("data_size", "riff_size"),
    [
        (0xFFFFFFFF, 0xFFFFFFFF),  # ffmpeg to a pipe
        (0xFFFFFFFF - 44, 0xFFFFFFFF - 8),
        (0x7FFFF000, 0x7FFFF024),  # sox, espeak
        (0x7FFFFFFF, 0x7FFFFFFF),
        (0x80000000, 0x80000024),  # arecord
        (0, 0),  # a program that died before it wrote the sizes
        (0, 36),
    ],
)
def test_size_of_a_stream_is_no_claim(wav: Callable[..., Path], data_size: int, riff_size: int) -> None:
    path = wav(b"\x01\x02" * 1000, data_size=data_size, riff_size=riff_size)
    assert probe(path).num_samples == 1000


def test_chunk_behind_the_audio_is_no_audio(wav: Callable[..., Path]) -> None:
    assert probe(wav(b"\x01\x02" * 1000, behind=LIST)).num_samples == 1000


@pytest.mark.parametrize(
    "behind", [b"", b"\0", b"\0" + LIST, LIST], ids=["cut", "padded", "list", "unpadded list"]
)
def test_pad_byte_is_nobodys_sample(wav: Callable[..., Path], behind: bytes) -> None:
    assert probe(wav(b"\x01\x02" * 500 + b"\x03", behind=behind)).num_samples == 500


def test_odd_chunk_before_the_audio_is_stepped_over(make: Make, tmp_path: Path) -> None:
    original = make("16.wav").read_bytes()
    odd = b"note" + struct.pack("<I", 5) + b"hello\0"
    path = tmp_path / "odd.wav"
    path.write_bytes(original[:12] + odd + original[12:])
    assert probe(path).num_samples == probe(make("16.wav")).num_samples


def test_flac_written_to_a_pipe_announces_no_length(make: Make, tmp_path: Path) -> None:
    data = bytearray(make("a.flac").read_bytes())
    data[21] &= 0xF0  # the 36 bits of total_samples in STREAMINFO
    data[22:26] = bytes(4)
    path = tmp_path / "piped.flac"
    path.write_bytes(data)
    assert probe(path).num_samples == probe(make("a.flac")).num_samples


def test_matroska_written_to_a_pipe_announces_no_length(make: Make, tmp_path: Path) -> None:
    data = make("opus.webm").read_bytes()
    place = data.index(b"\x18\x53\x80\x67") + 4
    path = tmp_path / "live.webm"
    path.write_bytes(data[:place] + b"\x01" + b"\xff" * 7 + data[place + 8 :])
    assert probe(path).num_samples == probe(make("opus.webm")).num_samples


def test_joined_ogg_streams_are_all_read(make: Make, tmp_path: Path) -> None:
    once = make("vorbis.ogg")
    path = tmp_path / "radio.ogg"
    path.write_bytes(once.read_bytes() * 2)
    assert probe(path).num_samples == pytest.approx(2 * probe(once).num_samples, abs=1024)


@pytest.mark.parametrize("name", ["cbr.mp3", "untagged.mp3"])
def test_tags_around_an_mp3_are_no_damage(make: Make, tmp_path: Path, name: str) -> None:
    plain = make(name)
    id3v2 = b"ID3\x04\0\0\0\0\x10\0" + bytes(2048)
    id3v1 = b"TAG" + b"title".ljust(125, b"\0")
    path = tmp_path / "tagged.mp3"
    path.write_bytes(id3v2 + plain.read_bytes() + id3v1)
    assert probe(path).num_samples == probe(plain).num_samples


def test_garbage_behind_the_end_of_an_ogg_stream_is_ignored(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "padded.ogg"
    path.write_bytes(make("vorbis.ogg").read_bytes() + bytes(3000))
    assert probe(path).num_samples == probe(make("vorbis.ogg")).num_samples


def test_audio_track_shorter_than_its_film_is_whole(tmp_path: Path, make: Make) -> None:
    # Two seconds of sound under four seconds of picture: the container's duration is the picture's.
    path = tmp_path / "long_picture.mp4"
    with av.open(str(path), "w") as film, av.open(str(make("a.m4a"))) as sound:
        video = film.add_stream("mpeg4", rate=25)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        track = film.add_stream_from_template(sound.streams.audio[0])
        for index in range(100):
            picture = av.VideoFrame.from_ndarray(np.zeros((96, 64), np.uint8), format="yuv420p")
            picture.pts = index
            film.mux(video.encode(picture))
        film.mux(video.encode(None))
        for packet in sound.demux(audio=0):
            if packet.dts is not None:
                packet.stream = track
                film.mux(packet)
    assert probe(path).duration == pytest.approx(2.0, abs=0.1)


def test_single_sample_is_a_recording(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "one.wav", np.zeros(1, np.float32), 16000)
    assert probe(tmp_path / "one.wav").num_samples == 1


def test_content_hash_is_the_sha256_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    assert content_hash(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_nothing_is_printed_about_a_healthy_file(healthy: Path, capfd: pytest.CaptureFixture[str]) -> None:
    probe(healthy)
    assert capfd.readouterr() == ("", "")
