"""Files that can't be used are refused for the right reason, on one line, in silence."""

import os
import struct
import threading
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from asrlab.audio.probe import content_hash, probe
from asrlab.domain.reasons import FailureReason
from asrlab.errors import AudioError

Make = Callable[[str], Path]
LIST = b"LIST" + struct.pack("<I", 26) + b"INFOISFT" + struct.pack("<I", 14) + b"made by hand.\0"
PNG = b"\x89PNG\r\n\x1a\n" + bytes.fromhex("0000000d4948445200000001000000010802000000907753de") + bytes(600)
TEXT = b"These are notes about a meeting, not the meeting.\n" * 200

CALLED_AUDIO = (
    "wav",
    "mp3",
    "m4a",
    "flac",
    "ogg",
    "au",
    "snd",
    "gsm",
    "g722",
    "vox",
    "aac",
    "ac3",
    "dts",
    "raw",
)
THOSE_THAT_TELL_THEIR_LENGTH = [
    *(
        "u8.wav",
        "16.wav",
        "24.wav",
        "32.wav",
        "float.wav",
        "double.wav",
        "ulaw.wav",
        "alaw.wav",
        "ms.wav",
        "gsm.wav",
    ),
    *("extensible.wav", "rf64.wav", "a.flac", "24.flac", "vorbis.ogg", "a.opus", "libopus.ogg", "a.aiff"),
    *(
        "float.aifc",
        "a.caf",
        "a.w64",
        "a.au",
        "cbr.mp3",
        "vbr.mp3",
        "lame.mp3",
        "a.m4a",
        "faststart.m4a",
        "alac.m4a",
    ),
    *(
        "video.mp4",
        "fragments.mp4",
        "pcm.mov",
        "opus.webm",
        "flac.mka",
        "video.mkv",
        "a.wma",
        "video.avi",
        "a.wv",
    ),
]


def refusal(path: Path, reason: FailureReason) -> str:
    """The message of the refusal, which must be for this reason, on one line, and say what to do."""
    with pytest.raises(AudioError) as caught:
        probe(path)
    assert caught.value.reason == reason, caught.value.message
    assert len(caught.value.message.splitlines()) == 1
    assert path.name in caught.value.message
    assert ": " in caught.value.message
    return caught.value.message


@pytest.mark.parametrize("share", [0.5, 0.9])
@pytest.mark.parametrize("name", THOSE_THAT_TELL_THEIR_LENGTH)
def test_cut_off_copy_is_truncated(
    make: Make, tmp_path: Path, name: str, share: float, capfd: pytest.CaptureFixture[str]
) -> None:
    data = make(name).read_bytes()
    path = tmp_path / f"cut_{name}"
    path.write_bytes(data[: int(len(data) * share)])
    assert "copy it again" in refusal(path, FailureReason.TRUNCATED)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["16.wav", "a.aiff", "a.au", "a.w64", "a.caf", "rf64.wav"])
def test_one_lost_frame_is_truncation(make: Make, tmp_path: Path, name: str) -> None:
    path = tmp_path / f"short_{name}"
    path.write_bytes(make(name).read_bytes()[:-4])
    refusal(path, FailureReason.TRUNCATED)


def test_header_that_announces_audio_with_none_behind_it_is_truncated(wav: Callable[..., Path]) -> None:
    refusal(wav(b"", data_size=32000), FailureReason.TRUNCATED)


def test_wav_of_three_gigabytes_that_was_cut_is_truncated(wav: Callable[..., Path]) -> None:
    refusal(wav(bytes(2000), data_size=3_000_000_000), FailureReason.TRUNCATED)


def test_ogg_without_its_last_page_is_truncated(make: Make, tmp_path: Path) -> None:
    data = make("vorbis.ogg").read_bytes()
    path = tmp_path / "no_end.ogg"
    path.write_bytes(data[: data.rindex(b"OggS")])
    assert "stream ends" in refusal(path, FailureReason.TRUNCATED)


def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.wav"
    path.touch()
    assert "0 bytes" in refusal(path, FailureReason.EMPTY_FILE)


@pytest.mark.parametrize("format_name", ["WAV", "AIFF", "CAF"])
def test_header_without_samples(tmp_path: Path, format_name: str) -> None:
    path = tmp_path / "silent"
    soundfile.write(path, np.zeros((0, 1), np.float32), 16000, format=format_name, subtype="PCM_16")
    refusal(path, FailureReason.NO_SAMPLES)


def test_list_chunk_behind_no_samples_is_no_audio(wav: Callable[..., Path]) -> None:
    refusal(wav(b"", behind=LIST), FailureReason.NO_SAMPLES)


@pytest.mark.parametrize("suffix", CALLED_AUDIO)
@pytest.mark.parametrize("content", [TEXT, PNG], ids=["text", "picture"])
def test_other_things_called_audio_are_not(
    tmp_path: Path, suffix: str, content: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"notes.{suffix}"
    # A headerless codec takes any bytes but text for sound: for a picture called .g722 nobody can tell.
    path.write_bytes(TEXT if suffix == "g722" else content)
    refusal(path, FailureReason.NOT_AUDIO)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("suffix", ["mp3", "wav", "m4a"])
def test_noise_called_audio_is_not(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"noise.{suffix}"
    path.write_bytes(np.random.default_rng(3).bytes(20_000))
    with pytest.raises(AudioError):
        probe(path)


def test_playlist_is_not_followed(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "list.m3u8"
    path.write_bytes(
        f"\xef\xbb\xbf#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{make('a.aac')}\n".encode("latin-1")
    )
    refusal(path, FailureReason.NOT_AUDIO)


def test_film_without_sound(tmp_path: Path) -> None:
    path = tmp_path / "mute.mp4"
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=25)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((96, 64), np.uint8), format="yuv420p")
        container.mux([*video.encode(frame), *video.encode(None)])
    assert "no audio stream" in refusal(path, FailureReason.NOT_AUDIO)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_samples_that_are_no_numbers(tmp_path: Path, value: float, subtype: str) -> None:
    samples = np.zeros((400_000, 2), np.float32)
    samples[-7, 1] = value
    path = tmp_path / "bad.wav"
    soundfile.write(path, samples, 16000, subtype=subtype)
    refusal(path, FailureReason.NOT_FINITE)


def test_damage_in_the_middle_of_a_flac_breaks_off(make: Make, tmp_path: Path) -> None:
    data = bytearray(make("a.flac").read_bytes())
    data[len(data) // 2] ^= 0xFF
    path = tmp_path / "crc.flac"
    path.write_bytes(data)
    refusal(path, FailureReason.DECODE_ERROR)


@pytest.mark.parametrize("name", ["cbr.mp3", "faststart.m4a"])
def test_damage_in_the_middle_breaks_off_in_silence(
    make: Make, tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    data = bytearray(make(name).read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = np.random.default_rng(1).bytes(3000)
    path = tmp_path / f"damaged_{name}"
    path.write_bytes(data)
    refusal(path, FailureReason.DECODE_ERROR)
    assert capfd.readouterr() == ("", "")


def test_vanished_file(tmp_path: Path) -> None:
    refusal(tmp_path / "gone.wav", FailureReason.VANISHED)
    with pytest.raises(AudioError) as caught:
        content_hash(tmp_path / "gone.wav")
    assert caught.value.reason == FailureReason.VANISHED


def test_folder_is_unreadable(tmp_path: Path) -> None:
    refusal(tmp_path, FailureReason.UNREADABLE)


def test_link_that_leads_to_itself_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "loop.wav").symlink_to(tmp_path / "loop.wav")
    refusal(tmp_path / "loop.wav", FailureReason.UNREADABLE)


@pytest.mark.parametrize("ask", [probe, content_hash])
def test_pipe_never_blocks(tmp_path: Path, ask: Callable[[Path], object]) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    reasons: list[FailureReason] = []

    def call() -> None:
        try:
            ask(tmp_path / "pipe.wav")
        except AudioError as error:
            reasons.append(error.reason)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(timeout=10)
    assert reasons == [FailureReason.UNREADABLE]


def test_forbidden_file(open_folder: Path, make: Make, as_nobody: Callable[[Callable[[], str]], str]) -> None:
    path = open_folder / "secret.wav"
    path.write_bytes(make("16.wav").read_bytes())
    path.chmod(0o000)

    def ask() -> str:
        try:
            return str(probe(path))
        except AudioError as error:
            return error.reason

    assert as_nobody(ask) == FailureReason.PERMISSION_DENIED


def test_line_break_in_a_name_stays_on_the_line(tmp_path: Path) -> None:
    path = tmp_path / "two\nlines.wav"
    path.write_bytes(b"")
    with pytest.raises(AudioError) as caught:
        probe(path)
    assert "two\\nlines.wav" in caught.value.message
