"""Label tracks as Audacity's own reader parts them: at tabs and line breaks, with no escapes."""

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings

from asrlab.errors import OptionError
from asrlab.export.formats.audacity import write_audacity
from tests.datasets import MemoryDataSet, recording, utterance
from tests.unit.export.formats.hard_texts import texts


def labels(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="\n") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True))


def test_a_recording_has_a_track_of_its_name(tmp_path: Path) -> None:
    """0 -- [0.5 one 1.25] [1 two 2] -- 2 s."""
    held = recording(
        tmp_path, "two cities.wav", 2.0, utterance(0.5, 1.25, "one"), utterance(1, 2, ' "two" \\n ')
    )
    (path,) = write_audacity(MemoryDataSet([held]), tmp_path / "out")
    assert path.name == "two cities.txt"
    assert labels(path) == [["0.500000", "1.250000", "one"], ["1.000000", "2.000000", ' "two" \\n ']]


@given(text=texts)
@settings(max_examples=50, deadline=None)
def test_any_text_comes_back_as_it_was_or_is_refused_by_name(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    out = tmp_path_factory.mktemp("audacity")
    data = MemoryDataSet([recording(out, "a.wav", 0.01, utterance(0, 0.01, text))])
    if set(text) & set("\t\n\r\0"):
        with pytest.raises(OptionError, match=r"audacity can't hold the text at 0 s of .*a\.wav: it holds a"):
            write_audacity(data, out)
        return
    if len(text) < csv.field_size_limit():
        (path,) = write_audacity(data, out)
        assert labels(path) == [["0.000000", "0.010000", text]]


@pytest.mark.parametrize("unfit", ["\t", "\n", "\r", "\0"])
def test_what_would_end_a_field_or_a_line_is_refused(tmp_path: Path, unfit: str) -> None:
    held = recording(tmp_path, "a.wav", 1.0, utterance(0, 1, f"a{unfit}b"))
    with pytest.raises(OptionError, match="it holds a"):
        write_audacity(MemoryDataSet([held]), tmp_path)
    assert not list(tmp_path.glob("*.txt"))
