"""The lengths that headers announce, read from the bytes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asrlab.audio.headers import shortfall
from asrlab.audio.mp3 import announced_samples
from asrlab.audio.ogg import is_chained
from asrlab.audio.probe import probe
from asrlab.domain.reasons import FailureReason
from asrlab.errors import AudioError

Make = Callable[[str], Path]


@pytest.mark.parametrize("name", ["cbr.mp3", "vbr.mp3", "lame.mp3"])
def test_tagged_mp3_announces_its_samples_within_a_frame(make: Make, name: str) -> None:
    announced = announced_samples(make(name))
    assert announced is not None
    assert 0 <= probe(make(name)).num_samples - announced <= 1152


@pytest.mark.parametrize("name", ["untagged.mp3", "a.aac", "16.wav"])
def test_file_without_a_tag_announces_nothing(make: Make, name: str) -> None:
    assert announced_samples(make(name)) is None


def test_fraunhofer_tag_announces_its_frames(tmp_path: Path) -> None:
    # MPEG-1 layer III, 128 kbit/s, 44.1 kHz, stereo; the tag lies 32 bytes behind the header.
    frame = b"\xff\xfb\x90\x00" + bytes(32) + b"VBRI" + bytes(10) + (1000).to_bytes(4, "big") + bytes(400)
    (tmp_path / "a.mp3").write_bytes(frame)
    assert announced_samples(tmp_path / "a.mp3") == (1000 - 4) * 1152


def test_healthy_file_lacks_nothing(healthy: Path) -> None:
    assert shortfall(healthy) is None


def test_recording_that_was_never_finished_says_so(make: Make, tmp_path: Path) -> None:
    data = make("a.m4a").read_bytes()
    path = tmp_path / "crashed.m4a"
    path.write_bytes(data[: data.index(b"moov") - 4])
    assert shortfall(path) == "its index (moov) was never written"


def test_ogg_inside_a_page_is_no_page(make: Make, tmp_path: Path) -> None:
    # A tag that holds the word must not be taken for the last page.
    path = tmp_path / "a.ogg"
    path.write_bytes(make("vorbis.ogg").read_bytes() + b"OggS is not a page here")
    assert shortfall(path) is None


@pytest.mark.parametrize(("times", "chained"), [(1, False), (2, True)])
def test_joined_streams_are_seen(make: Make, tmp_path: Path, times: int, chained: bool) -> None:
    path = tmp_path / "a.ogg"
    path.write_bytes(make("a.opus").read_bytes() * times)
    assert is_chained(path) is chained


def test_stump_of_any_length_is_refused_as_a_file(healthy: Path, tmp_path: Path) -> None:
    path = tmp_path / healthy.name
    # Without a header every byte is sound: of such a codec only nothing at all is refused.
    longest = 1 if path.suffix == ".g722" else 80
    for length in range(0, longest, 7):
        path.write_bytes(healthy.read_bytes()[:length])
        announced_samples(path)
        is_chained(path)
        with pytest.raises(AudioError):
            probe(path)


@pytest.mark.parametrize("samples", [100, 8000])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.9, 1.0])
def test_a_short_flac_that_is_cut_anywhere_is_cut_off_and_not_unknown(
    tmp_path: Path, samples: int, share: float
) -> None:
    path = tmp_path / "a.flac"
    noise = np.random.default_rng(0).normal(size=samples) * 0.1
    soundfile.write(path, noise, 16_000)
    assert probe(path).num_samples == samples
    data = path.read_bytes()
    path.write_bytes(data[: round(share * (len(data) - 1))])
    with pytest.raises(AudioError) as raised:
        probe(path)
    assert raised.value.reason == FailureReason.TRUNCATED
