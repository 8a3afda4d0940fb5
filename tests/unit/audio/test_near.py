"""Reading on from a place: the same sound as a full decode there, whatever the format."""

import gc
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from asrlab.audio import near
from asrlab.audio.decode import open_audio
from asrlab.audio.near import blocks_from, frames_from, look_ahead
from asrlab.errors import AudioError

Make = Callable[[str], Path]
Samples = npt.NDArray[np.float32]

# Nobody hears a sound come so much too early or late.
MAX_LAG_S = 0.005
# Matroska rounds its times to milliseconds.
TO_THE_SAMPLE = (
    "16.wav",
    "a.flac",
    "24.flac",
    "vorbis.ogg",
    "a.opus",
    "cbr.mp3",
    "vbr.mp3",
    "lame.mp3",
    "a.m4a",
)


def decoded(path: Path) -> tuple[Samples, int]:
    with open_audio(path) as stream:
        return np.concatenate(list(stream.blocks()))[:, 0], stream.facts.sampling_rate


def read_from(path: Path, frame: int) -> Samples:
    with frames_from(path, frame) as found:
        blocks = list(found.blocks)
        return np.concatenate(blocks)[:, 0] if blocks else np.zeros(0, dtype=np.float32)


def lag_of(part: Samples, whole: Samples, at: int, most: int) -> int:
    """By how many samples `part` is away from where it lies in `whole`, nearest first."""
    length = min(4000, len(part) - most, len(whole) - at - most)
    inner = part[most : most + length]
    lags = sorted(range(-most, most + 1), key=abs)
    errors = [float(np.abs(whole[at + most + lag :][:length] - inner).mean()) for lag in lags]
    return lags[int(np.argmin(errors))]


@pytest.mark.parametrize("second", [0.0, 0.2, 0.9, 1.5])
def test_the_sound_is_where_a_full_decode_has_it(healthy: Path, second: float) -> None:
    whole, rate = decoded(healthy)
    at = round(second * rate)
    part = read_from(healthy, at)
    assert abs(lag_of(part, whole, at, round(MAX_LAG_S * rate))) <= MAX_LAG_S * rate / 2
    assert abs(len(part) - (len(whole) - at)) <= MAX_LAG_S * rate


@pytest.mark.parametrize("name", TO_THE_SAMPLE)
def test_where_the_file_tells_its_times_it_is_the_sample(make: Make, name: str) -> None:
    whole, rate = decoded(make(name))
    at = round(1.234 * rate)
    part = read_from(make(name), at)
    assert lag_of(part, whole, at, 200) == 0


def test_behind_the_end_there_is_nothing(make: Make) -> None:
    for name in ("16.wav", "cbr.mp3", "vorbis.ogg"):
        assert len(read_from(make(name), 10_000_000)) == 0


def test_streams_joined_into_one_file_are_one_sound(make: Make, tmp_path: Path) -> None:
    joined = tmp_path / "joined.opus"
    joined.write_bytes(make("a.opus").read_bytes() * 2)
    whole, rate = decoded(joined)
    at = round(2.5 * rate)
    assert np.array_equal(read_from(joined, at), whole[at:])


def test_a_long_file_is_not_read_through_for_its_end(tmp_path: Path) -> None:
    path = tmp_path / "long.mp3"
    rate = 16_000
    noise = (0.2 * np.random.default_rng(1).standard_normal(rate * 120)).astype(np.float32)
    soundfile.write(path, noise, rate, format="MP3", subtype="MPEG_LAYER_III")
    at = 115 * rate
    with frames_from(path, at) as found:
        first = next(found.blocks)
    assert len(first) <= 6 * rate
    whole, _ = decoded(path)
    assert lag_of(first[:, 0], whole, at, 100) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="counts what the system read")
def test_a_jump_reads_no_minutes_however_long_the_file_is(tmp_path: Path) -> None:
    minute, path, rate = tmp_path / "minute.mp3", tmp_path / "long.mp3", 16_000
    noise = (0.2 * np.random.default_rng(1).standard_normal(rate * 60)).astype(np.float32)
    soundfile.write(minute, noise, rate, format="MP3", subtype="MPEG_LAYER_III")
    path.write_bytes(minute.read_bytes() * 180)
    look_ahead(path, 179 * 60 * rate)
    for second in range(30, 179 * 60, 900):
        before = bytes_read()
        with frames_from(path, second * rate) as found:
            next(found.blocks)
        # A minute has 226 kB.
        assert bytes_read() - before < 150_000


def bytes_read() -> int:
    return int(Path("/proc/self/io").read_text().split()[1])


def test_a_reader_who_pauses_holds_no_stream(healthy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near, "PIECE_S", 0.25)
    whole, rate = decoded(healthy)
    at = round(0.2 * rate)
    reader = blocks_from(healthy, at)
    parts = [next(reader)]
    # Meanwhile another reads the same file elsewhere.
    read_from(healthy, round(1.1 * rate))
    parts += reader
    part = np.concatenate(parts)[:, 0]
    assert abs(len(part) - (len(whole) - at)) <= MAX_LAG_S * rate
    end = len(part) - rate
    for place in (0, end):
        lag = lag_of(part[place:], whole, at + place, round(MAX_LAG_S * rate))
        assert abs(lag) <= MAX_LAG_S * rate / 2


def test_what_lies_before_a_break_is_heard(tmp_path: Path) -> None:
    path, rate = tmp_path / "broken.m4a", 16_000
    noise = (0.2 * np.random.default_rng(1).standard_normal((1, rate * 90))).astype(np.float32)
    with av.open(str(path), "w") as container:
        audio = container.add_stream("aac", rate=rate, layout="mono")
        sound = av.AudioFrame.from_ndarray(noise, format="flt", layout="mono")
        sound.sample_rate = rate
        container.mux([*audio.encode(sound), *audio.encode(None)])
    data = bytearray(path.read_bytes())
    broken = len(data) * 3 // 4
    data[broken : broken + 400] = bytes(400)
    path.write_bytes(data)
    heard: list[int] = []
    with pytest.raises(AudioError, match=r"broken\.m4a breaks off"):
        heard.extend(len(block) for block in blocks_from(path, 0))
    assert 50 * rate < sum(heard) < 70 * rate


def test_a_file_that_was_left_open_is_read_from_anywhere_as_if_opened_anew(healthy: Path) -> None:
    whole, rate = decoded(healthy)
    for second in (1.5, 0.0, 0.9, 0.1, 1.2):
        at = round(second * rate)
        with frames_from(healthy, at) as found:
            # A listener who goes away in the middle.
            first = next(found.blocks)[:, 0]
        assert abs(lag_of(first, whole, at, round(MAX_LAG_S * rate))) <= MAX_LAG_S * rate / 2


def test_a_listener_that_the_garbage_collector_found_leaves_no_closed_file(healthy: Path) -> None:
    whole, rate = decoded(healthy)
    at = round(0.9 * rate)

    def listening() -> Iterator[Samples]:
        with frames_from(healthy, at) as found:
            yield from (block[:, 0] for block in found.blocks)

    for _ in range(3):
        listener = listening()
        next(listener)
        # What a server's answer that was broken off looks like: part of a circle, finalized in any order.
        circle: list[object] = [listener]
        circle.append(circle)
        del listener, circle
        gc.collect()
        part = read_from(healthy, at)
        assert abs(lag_of(part, whole, at, round(MAX_LAG_S * rate))) <= MAX_LAG_S * rate / 2
