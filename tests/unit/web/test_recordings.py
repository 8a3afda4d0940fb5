"""Audio by ranges of its bytes, waveforms, and what is said in a stretch."""

import io
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from asrlab.catalog import Catalog
from asrlab.forget.stage import forget, plan_forgetting
from asrlab.ingest import ingest_files
from asrlab.web.ranges import requested_range
from tests.factories import RATE_HZ, tone
from tests.unit.web.conftest import Page, Reviewed

AUDIO = "/api/recordings/1/audio"


def ask(page: Page, path: str, **headers: str) -> Any:
    return page.client.get(path, headers=headers)


def ingested(catalog: Catalog, path: Path, samples: np.ndarray, **options: str) -> str:
    """A further recording's place in the API."""
    soundfile.write(path, samples, RATE_HZ, **options)
    (recording_id,) = ingest_files(catalog, [str(path)], "default")
    return f"/api/recordings/{recording_id}"


def test_a_wav_is_sent_as_it_lies_whole_or_in_part(page: Page, reviewed: Reviewed) -> None:
    data = reviewed.audio.read_bytes()
    whole = ask(page, AUDIO)
    assert (whole.status_code, whole.content, whole.headers["accept-ranges"]) == (200, data, "bytes")
    assert whole.headers["content-type"] == "audio/wav"
    part = ask(page, AUDIO, Range="bytes=100-199")
    assert (part.status_code, part.content) == (206, data[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(data)}"
    assert ask(page, AUDIO, Range="bytes=-10").content == data[-10:]
    outside = ask(page, AUDIO, Range=f"bytes={len(data)}-")
    assert (outside.status_code, list(outside.json())) == (416, ["error"])
    assert ask(page, AUDIO, Range=f"bytes={'9' * 5000}-").status_code == 200


@pytest.fixture
def opus(page: Page, reviewed: Reviewed, tmp_path: Path) -> str:
    path = tmp_path / "a.ogg"
    return ingested(reviewed.catalog, path, tone(6.0), format="OGG", subtype="VORBIS") + "/audio"


def test_what_browsers_play_inexactly_is_a_wav_in_any_range(page: Page, opus: str) -> None:
    whole = ask(page, opus)
    assert (whole.status_code, whole.headers["content-type"]) == (200, "audio/wav")
    samples, rate = soundfile.read(io.BytesIO(whole.content))
    assert (len(samples), rate) == (6 * RATE_HZ, RATE_HZ)
    size = len(whole.content)
    part = ask(page, opus, Range="bytes=40-47")
    assert (part.status_code, part.content) == (206, whole.content[40:48])
    assert part.headers["content-range"] == f"bytes 40-47/{size}"
    assert ask(page, opus, Range=f"bytes={size}-").status_code == 416
    assert ask(page, opus, Range=f"bytes={size}-").headers["content-range"] == f"bytes */{size}"
    head = page.client.head(opus)
    assert (head.status_code, int(head.headers["content-length"]), head.content) == (200, size, b"")


def test_a_range_of_what_has_changed_is_the_whole(page: Page, opus: str) -> None:
    tag = ask(page, opus).headers["etag"]
    assert ask(page, opus, Range="bytes=0-9", **{"If-Range": tag}).status_code == 206
    assert ask(page, opus, Range="bytes=0-9", **{"If-Range": '"other"'}).status_code == 200


def test_a_channel_is_heard_alone(page: Page, reviewed: Reviewed, tmp_path: Path) -> None:
    both = np.stack([tone(1.0), np.zeros(RATE_HZ, np.float32)], axis=1)
    place = ingested(reviewed.catalog, tmp_path / "both.wav", both)
    for channel, loudest in ((0, 0.3), (1, 0.0)):
        heard, _ = soundfile.read(io.BytesIO(page.get(f"{place}/audio", channel=channel).content))
        assert np.abs(heard).max() == pytest.approx(loudest, abs=0.01)
    assert page.get(f"{place}/audio", channel=2).status_code == 404
    assert page.get(f"{place}/peaks", channel=2).status_code == 404
    assert page.get(f"{place}/peaks", channel=1, pixels=2).json()["max"] == [0.0, 0.0]


def remove(path: Path) -> None:
    path.unlink()


def replace_by_other(path: Path) -> None:
    path.write_bytes(path.read_bytes()[::-1])


def cut_off(path: Path) -> None:
    os.truncate(path, 50)


@pytest.mark.parametrize("harm", [remove, replace_by_other, cut_off])
def test_audio_that_is_gone_or_other_is_an_error_without_its_place(
    page: Page, reviewed: Reviewed, harm: Callable[[Path], None]
) -> None:
    harm(reviewed.audio)
    for path in (AUDIO, f"{AUDIO}?channel=0", "/api/recordings/1/peaks"):
        answer = ask(page, path)
        assert answer.status_code == 404
        assert str(reviewed.audio.parent) not in answer.text


def test_there_is_no_audio_but_of_recordings(page: Page) -> None:
    for wanted, status in (("99", 404), ("0", 422), ("-1", 422), ("x", 422), (str(1 << 40), 422)):
        assert ask(page, f"/api/recordings/{wanted}/audio").status_code == status


def test_a_waveform_is_drawn_in_the_pixels_asked_for(page: Page) -> None:
    drawn = page.get("/api/recordings/1/peaks", start=1, end=3, pixels=4).json()
    assert (drawn["start_s"], drawn["end_s"], drawn["pixels"], drawn["is_complete"]) == (1, 3, 4, True)
    assert drawn["max"] == [0.3] * 4
    assert drawn["min"] == [-0.3] * 4
    assert page.get("/api/recordings/1/peaks", start=8, end=90).json()["end_s"] == 10.0
    assert page.get("/api/recordings/1/peaks", start=90, end=91).json()["max"] == []
    assert page.get("/api/recordings/1/peaks", start=3, end=1).status_code == 422
    assert page.get("/api/recordings/1/peaks", pixels=100_000).status_code == 422


def test_a_long_recording_is_outlined_once_and_meanwhile_says_so(
    page: Page, reviewed: Reviewed, tmp_path: Path, cache: Path
) -> None:
    place = ingested(reviewed.catalog, tmp_path / "long.wav", np.tile(tone(1.0), 300)) + "/peaks"
    ends = time.monotonic() + 20
    while not (drawn := page.get(place, pixels=3).json())["is_complete"]:
        assert time.monotonic() < ends
        time.sleep(0.02)
    assert drawn["max"] == [0.3] * 3
    while not (kept := list(cache.rglob("*.npy"))):
        assert time.monotonic() < ends
        time.sleep(0.02)
    (tmp_path / "long.wav").unlink()
    assert page.get(place, start=100, end=290, pixels=1).json()["max"] == [0.3]
    forget(reviewed.catalog, plan_forgetting(reviewed.catalog, ["2"], []))
    assert not kept[0].exists()


def test_a_long_recording_that_can_t_be_read_is_an_error_until_it_is_back(
    page: Page, reviewed: Reviewed, tmp_path: Path
) -> None:
    path, away = tmp_path / "long.wav", tmp_path / "away.wav"
    place = ingested(reviewed.catalog, path, np.tile(tone(1.0), 150)) + "/peaks"
    path.rename(away)
    ends = time.monotonic() + 20
    while page.get(place).status_code != 404:
        assert time.monotonic() < ends
        time.sleep(0.02)
    away.rename(path)
    while not page.get(place).json().get("is_complete"):
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_what_is_said_in_a_stretch(page: Page) -> None:
    said = page.get("/api/recordings/1/segments", start=3, end=4.5).json()["segments"]
    assert [(one["segment_id"], one["text"]) for one in said] == [(1, "hello world")]
    assert page.get("/api/recordings/1/segments", start=4, end=3).status_code == 422
    assert page.get("/api/recordings/99/segments", start=0, end=3).json() == {"segments": []}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("bytes=0-", (0, 100)),
        ("bytes=10-19", (10, 20)),
        ("bytes=90-1000", (90, 100)),
        ("bytes=-30", (70, 100)),
        ("bytes=-1000", (0, 100)),
        ("bytes=20-10", None),
        ("bytes=-", None),
        ("bytes=0-1,5-6", None),
        ("lines=0-1", None),
        ("bytes=x-y", None),
        ("bytes=²-", None),
        (f"bytes={'9' * 5000}-", None),
    ],
)
def test_a_range_is_read_as_the_standard_says(header: str | None, expected: tuple[int, int] | None) -> None:
    assert requested_range(header, 100) == expected


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_a_range_outside_is_told_as_such(header: str) -> None:
    with pytest.raises(ValueError, match="outside"):
        requested_range(header, 100)
