"""Small files that would fill a machine: each is refused by name, in a process that stays small."""

import gzip
import json
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asrlab.audio.probe import probe
from asrlab.audio.read import read_spans
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import TimeSpan
from asrlab.errors import AudioError
from benchmarks.peak import run_measured

Make = Callable[[str], Path]

LARGEST_BLOCK = 65_535
HOUR_S = 3600
# What ingesting one ordinary second takes, and a block or two.
MOST_BYTES = 250_000_000
CALL_LIMIT_S = 120


def crc(data: bytes, bits: int, polynomial: int) -> int:
    register, top = 0, 1 << bits - 1
    for byte in data:
        register ^= byte << bits - 8
        for _ in range(8):
            register = (register << 1 ^ polynomial if register & top else register << 1) & (1 << bits) - 1
    return register


def coded_number(number: int) -> bytes:
    """FLAC counts its frames as UTF-8 would write a character."""
    return chr(number).encode("utf-8", "surrogatepass")


def silent_flac(hours: float, rate: int, channels: int = 1) -> bytes:
    """RFC 9639, section 9: frames of the largest size that hold one constant, 11 bytes for 65,535 samples."""
    frames = round(hours * HOUR_S * rate) // LARGEST_BLOCK
    facts = rate << 44 | channels - 1 << 41 | 15 << 36 | frames * LARGEST_BLOCK
    info = struct.pack(">HH6x8s16x", LARGEST_BLOCK, LARGEST_BLOCK, facts.to_bytes(8, "big"))
    parts = [b"fLaC\x80\0\0\x22", info]
    for number in range(frames):
        header = b"\xff\xf8" + bytes([0x70, channels - 1 << 4 | 0x08]) + coded_number(number)
        header += struct.pack(">H", LARGEST_BLOCK - 1)
        frame = header + bytes([crc(header, 8, 0x07)]) + bytes(3 * channels)
        parts.append(frame + crc(frame, 16, 0x8005).to_bytes(2, "big"))
    return b"".join(parts)


def wav_header(rate: int, channels: int, data_bytes: int, bits: int = 8) -> bytes:
    block = channels * bits // 8
    form = struct.pack(
        "<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, rate * block % 2**32, block % 2**16, bits
    )
    riff = 4 + len(form) + 8 + data_bytes
    return struct.pack("<4sI4s", b"RIFF", riff, b"WAVE") + form + struct.pack("<4sI", b"data", data_bytes)


def au(rate: int, channels: int) -> bytes:
    return struct.pack(">4sIIIII", b".snd", 24, 4000, 3, rate, channels) + bytes(4000)


def caf(rate: float, channels: int) -> bytes:
    description = struct.pack(">d4sIIIII", rate, b"lpcm", 0, 2 * channels % 2**32, 1, channels, 16)
    head = b"caff\0\1\0\0desc" + struct.pack(">q", 32) + description
    return head + b"data" + struct.pack(">qI", 4004, 0) + bytes(4000)


def matroska_of_years(data: bytes) -> bytes:
    """The same audio under a Duration of 10^300 ticks."""
    place = data.index(b"\x44\x89\x88") + 3
    return data[:place] + struct.pack(">d", 1e300) + data[place + 8 :]


def mp4_of_years(data: bytes) -> bytes:
    """The same audio under a time table that says its first sample lasts and repeats for ever."""
    place = data.index(b"stts") + 12
    return data[:place] + b"\x7f\xff\xff\xff\x7f\xff\xff\xff" + data[place + 8 :]


def mp4_of_many_samples(data: bytes) -> bytes:
    """The same audio under a table of two billion samples of one size."""
    place = data.index(b"stsz") + 8
    return data[:place] + struct.pack(">II", 64, 0x7FFFFFFF) + data[place + 8 :]


def write_absurd_files(folder: Path, make: Make) -> dict[str, FailureReason | None]:
    """Files whose headers promise the impossible, and why each is refused; None: whichever, it must be refused."""
    files: dict[str, tuple[bytes, FailureReason | None]] = {
        "bomb.flac": (silent_flac(120, 1000), FailureReason.DECOMPRESSION_BOMB),
        "rate0.wav": (wav_header(0, 1, 4000) + bytes(4000), FailureReason.NOT_AUDIO),
        "rate1.wav": (wav_header(1, 1, 400_000) + bytes(400_000), FailureReason.NOT_AUDIO),
        "rate2G.wav": (wav_header(2**31 - 1, 1, 4000) + bytes(4000), FailureReason.NOT_AUDIO),
        "rate4G.wav": (wav_header(2**32 - 1, 1, 4000) + bytes(4000), FailureReason.NOT_AUDIO),
        "channels64k.wav": (wav_header(16000, 65535, 4000) + bytes(4000), None),
        "channels1000.wav": (wav_header(16000, 1000, 500) + bytes(500), None),
        "both1G.au": (au(10**9, 10**9), None),
        "rate1G.au": (au(10**9, 1), FailureReason.NOT_AUDIO),
        "channels4G.au": (au(16000, 2**32 - 1), None),
        "rate1e300.caf": (caf(1e300, 1), None),
        "nan.caf": (caf(float("nan"), 1), None),
        "channels1G.caf": (caf(16000.0, 10**9), None),
        "packed.wav": (gzip.compress(wav_header(16000, 1, 4000) + bytes(4000)), FailureReason.NOT_AUDIO),
        "years.m4a": (mp4_of_years(make("a.m4a").read_bytes()), None),
        "samples.m4a": (mp4_of_many_samples(make("a.m4a").read_bytes()), None),
    }
    folder.mkdir()
    for name, (data, _) in files.items():
        (folder / name).write_bytes(data)
    return {name: reason for name, (_, reason) in files.items()}


def ingest(folder: Path) -> tuple[int, float]:
    """`asrlab ingest` as a process of its own: its peak memory in bytes, and its seconds."""
    began = time.monotonic()
    command = [sys.executable, "-m", "asrlab.cli.main", "ingest", "audio"]
    code, peak = run_measured(command, folder, folder / "log")
    assert code == 3, (folder / "log").read_text()
    return peak, time.monotonic() - began


def test_absurd_files_are_refused_in_little_memory_and_time(make: Make, tmp_path: Path) -> None:
    expected = write_absurd_files(tmp_path / "audio", make)
    peak, seconds = ingest(tmp_path)
    assert peak < MOST_BYTES
    assert seconds < CALL_LIMIT_S
    answer = subprocess.run(
        [sys.executable, "-m", "asrlab.cli.main", "failures", "--json"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    found = {Path(row["uri"]).name: row["reason"] for row in json.loads(answer.stdout)}
    assert found.keys() == expected.keys()
    assert {name: found[name] for name, reason in expected.items() if reason} == {
        name: reason for name, reason in expected.items() if reason
    }


def test_bomb_is_named_before_it_is_decoded_whole(tmp_path: Path) -> None:
    path = tmp_path / "weeks.flac"
    # Six weeks in the bytes of a photo.
    path.write_bytes(silent_flac(1000, 1000))
    began = time.monotonic()
    with pytest.raises(AudioError, match=r"decodes to more than 100 hours.*cut it into files") as caught:
        probe(path)
    assert caught.value.reason == FailureReason.DECOMPRESSION_BOMB
    assert time.monotonic() - began < CALL_LIMIT_S


def test_damaged_bomb_is_no_better(tmp_path: Path) -> None:
    # libsndfile gives up at the damage, and FFmpeg is asked whether the end is there.
    data = bytearray(silent_flac(120, 1000))
    data[8 + 34 + 11 * 5 + 4] ^= 0xFF
    path = tmp_path / "damaged.flac"
    path.write_bytes(data)
    with pytest.raises(AudioError) as caught:
        probe(path)
    assert caught.value.reason in {FailureReason.DECOMPRESSION_BOMB, FailureReason.DECODE_ERROR}


def test_a_day_of_silence_is_a_recording(tmp_path: Path) -> None:
    path = tmp_path / "silence.flac"
    path.write_bytes(silent_flac(24, 4000))
    assert probe(path).duration == pytest.approx(24 * HOUR_S, abs=LARGEST_BLOCK / 4000)


def test_a_week_that_takes_its_bytes_is_a_recording(tmp_path: Path) -> None:
    path = tmp_path / "week.wav"
    samples = 7 * 24 * HOUR_S * 1000
    with path.open("wb") as file:
        file.write(wav_header(1000, 1, samples))
        # Zeros that take no room on the disk; to a reader they are bytes like any other.
        file.truncate(file.tell() + samples)
    assert probe(path).num_samples == samples


def test_duration_that_a_header_invents_counts_for_nothing(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "years.mka"
    path.write_bytes(matroska_of_years(make("flac.mka").read_bytes()))
    assert probe(path).num_samples == probe(make("flac.mka")).num_samples


@pytest.mark.parametrize("rate", [655_350, 384_000])
def test_highest_rate_of_flac_is_read_in_blocks_of_bounded_size(tmp_path: Path, rate: int) -> None:
    path = tmp_path / "fast.flac"
    soundfile.write(path, np.zeros((rate, 8), np.int16), rate)
    assert (probe(path).sampling_rate, probe(path).num_channels) == (rate, 8)
    (read,) = read_spans(path, [TimeSpan(0.25, 0.75)], channel=None)
    assert read.shape == (8000,)
