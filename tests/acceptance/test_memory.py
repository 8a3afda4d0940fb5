"""Labeling takes the same memory for a long recording as for a short one, measured on the whole process."""

import logging
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import soxr

from benchmarks.peak import run_measured
from tests.acceptance.conftest import Asrlab

RATE_HZ = 16_000
MINUTE_S = 60
# The promise for a recording of 20 hours.
MOST_BYTES = 600_000_000
# 400 bytes of loudness for each second, twice while the cuts are planned, and what an allocator keeps.
MOST_GROWTH_BYTES = 50_000_000
LONG_HOURS = 20
MP3_RATE_HZ = 44_100

Block = npt.NDArray[np.float32]


def minutes_of_audio(speech_file: Path, rate: int, minutes: int) -> list[Block]:
    """One block a minute: faint noise, and in the first and every 30th after it 44 s of speech."""
    samples, own_rate = soundfile.read(speech_file, dtype="float32")
    speech = soxr.resample(samples, own_rate, rate)
    noise = np.random.default_rng(1).normal(0, 1e-4, (2, MINUTE_S * rate)).astype(np.float32)
    spoken = noise[0].copy()
    spoken[5 * rate : 5 * rate + len(speech)] += speech
    return [spoken if minute % 30 == 0 else noise[minute % 2] for minute in range(minutes)]


def write_flac(path: Path, speech_file: Path, minutes: int) -> Path:
    with soundfile.SoundFile(path, "w", RATE_HZ, 1, "PCM_16") as file:
        for block in minutes_of_audio(speech_file, RATE_HZ, minutes):
            file.write(block)
    return path


def write_mp3(path: Path, speech_file: Path, minutes: int) -> Path:
    """Stereo at 44.1 kHz, half an hour of which is encoded and then repeated; MP3's frames stand alone."""
    part = path.with_name("part.mp3")
    options = {"write_xing": "0", "id3v2_version": "0"}
    with av.open(str(part), "w", options=options) as container:
        audio = container.add_stream("libmp3lame", rate=MP3_RATE_HZ, layout="stereo")
        audio.codec_context.bit_rate = 64_000
        audio.codec_context.open()
        fit = av.AudioResampler(audio.format, "stereo", MP3_RATE_HZ, audio.codec_context.frame_size)
        for block in minutes_of_audio(speech_file, MP3_RATE_HZ, 30):
            whole = av.AudioFrame.from_ndarray(np.repeat(block, 2)[None], format="flt", layout="stereo")
            whole.sample_rate = MP3_RATE_HZ
            for frame in fit.resample(whole):
                frame.pts = None
                container.mux(audio.encode(frame))
        container.mux(audio.encode(None))
    with path.open("wb") as joined:
        for _ in range(minutes // 30):
            joined.write(part.read_bytes())
    part.unlink()
    return path


def peak_of_labeling(asrlab: Asrlab, path: Path, *options: str) -> int:
    """`asrlab label` on one file: the largest process's peak of resident memory, in bytes."""
    command = asrlab.command("label", path, "--engine", "faster-whisper", *options)
    log = asrlab.folder / "measured.log"
    code, peak = run_measured(command, asrlab.folder, log, {**asrlab.environment, "OMP_NUM_THREADS": "1"})
    assert code == 0, log.read_text()
    return peak


def texts_of(asrlab: Asrlab) -> int:
    (row,) = asrlab.query("SELECT COUNT(*) AS texts FROM v_current WHERE text LIKE '%best of times%'")
    return int(row["texts"])


def test_an_hour_takes_hardly_more_memory_than_five_minutes(asrlab: Asrlab, speech_file: Path) -> None:
    few = peak_of_labeling(asrlab, write_flac(asrlab.folder / "few.flac", speech_file, 5), "--inline")
    many = peak_of_labeling(asrlab, write_flac(asrlab.folder / "many.flac", speech_file, 60), "--inline")
    assert many < MOST_BYTES
    assert many - few < MOST_GROWTH_BYTES
    # Once in the five minutes, twice in the hour.
    assert texts_of(asrlab) == 3


def test_an_hour_through_the_flow_takes_600_megabytes(asrlab: Asrlab, speech_file: Path) -> None:
    assert peak_of_labeling(asrlab, write_flac(asrlab.folder / "hour.flac", speech_file, 60)) < MOST_BYTES
    assert texts_of(asrlab) == 2


@pytest.mark.soak
@pytest.mark.parametrize(
    ("write", "options"),
    [(write_flac, ["--inline"]), (write_flac, []), (write_mp3, ["--inline"])],
    ids=["flac", "flac-flow", "mp3"],
)
def test_twenty_hours_take_600_megabytes(
    asrlab: Asrlab, speech_file: Path, write: Callable[[Path, Path, int], Path], options: list[str]
) -> None:
    path = write(
        asrlab.folder / f"long.{write.__name__.removeprefix('write_')}", speech_file, LONG_HOURS * 60
    )
    try:
        peak = peak_of_labeling(asrlab, path, *options)
    finally:
        path.unlink()
    # `pytest -m soak --log-cli-level=INFO` shows it.
    logging.getLogger(__name__).info("20 hours of %s %s: %d MB", path.suffix, options, peak // 1_000_000)
    assert peak < MOST_BYTES
    assert texts_of(asrlab) == 2 * LONG_HOURS
    assert asrlab.query("SELECT duration FROM v_recordings") == [
        {"duration": pytest.approx(LONG_HOURS * 3600, rel=1e-3)}
    ]
