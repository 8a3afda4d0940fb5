"""The NeMo manifest line by line: any text comes back as it was."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrlab.catalog.selection import LabeledSegment
from asrlab.domain.time import TimeSpan
from asrlab.export.files import json_line, written_whole
from asrlab.export.nemo import manifest_entry, write_nemo


def labeled(text: str, start: float = 1.5, end: float = 3.25) -> LabeledSegment:
    return LabeledSegment("/audio/ä b.wav", TimeSpan(start, end), text, "en", 1, 2, 3, None, None, "default")


def test_the_fields_are_those_that_nemo_reads_and_the_ids() -> None:
    assert manifest_entry(labeled("hello")) == {
        "audio_filepath": "/audio/ä b.wav",
        "offset": 1.5,
        "duration": 1.75,
        "text": "hello",
        "lang": "en",
        "recording_id": 1,
        "segment_id": 2,
        "transcript_id": 3,
    }


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_text_is_one_line_and_comes_back(text: str) -> None:
    line = json_line(manifest_entry(labeled(text)))
    assert len(line.splitlines()) == 1
    assert json.loads(line)["text"] == text


@given(st.integers(0, 10**8), st.integers(1, 30_000))
def test_offset_and_duration_are_whole_milliseconds(start_ms: int, length_ms: int) -> None:
    segment = labeled("x", start_ms / 1000, (start_ms + length_ms) / 1000)
    entry = json.loads(json_line(manifest_entry(segment)))
    assert round(entry["offset"] * 1000) == start_ms
    assert round(entry["duration"] * 1000) == length_ms
    assert len(str(entry["duration"]).partition(".")[2]) <= 3


def test_a_manifest_that_breaks_off_leaves_the_old_one_and_no_litter(tmp_path: Path) -> None:
    write_nemo([labeled("old")], tmp_path)

    def breaking() -> object:
        yield labeled("new")
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        write_nemo(breaking(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.jsonl"]
    assert "old" in (tmp_path / "manifest.jsonl").read_text()


def test_a_whole_file_may_be_read_by_others(tmp_path: Path) -> None:
    with written_whole(tmp_path / "deep" / "file.txt") as file:
        file.write("x")
    assert (tmp_path / "deep" / "file.txt").stat().st_mode & 0o444 == 0o444
