"""Praat itself reads our TextGrids, and so do praatio and our own ingest."""

from pathlib import Path
from typing import Any

import parselmouth
import pytest
from hypothesis import given, settings
from parselmouth.praat import call
from praatio import textgrid as praatio

from asrlab.errors import OptionError
from asrlab.export.formats.textgrid import write_textgrid
from asrlab.export.utterances import LabeledRecording
from asrlab.ingest.sidecars import read_sidecar
from tests.datasets import MemoryDataSet, recording, utterance
from tests.unit.export.formats.hard_texts import texts

Intervals = list[tuple[float, float, str]]


def praat(path: Path) -> tuple[float, dict[str, Intervals]]:
    """The end, and the intervals with text of each tier, as Praat sees them."""
    grid: Any = parselmouth.read(str(path))
    found: dict[str, Intervals] = {}
    for tier in range(1, call(grid, "Get number of tiers") + 1):
        intervals = [
            (
                call(grid, "Get start time of interval", tier, number),
                call(grid, "Get end time of interval", tier, number),
                call(grid, "Get label of interval", tier, number),
            )
            for number in range(1, call(grid, "Get number of intervals", tier) + 1)
        ]
        assert [intervals[0][0], intervals[-1][1]] == [0.0, grid.xmax]
        found[call(grid, "Get tier name", tier)] = [each for each in intervals if each[2]]
    return grid.xmax, found


def written(folder: Path, held: LabeledRecording) -> Path:
    (path,) = write_textgrid(MemoryDataSet([held]), folder)
    return path


def a_talk(folder: Path) -> LabeledRecording:
    """0 -- [0.5 hello 0.9 "world" 1.5] -- [1.2 yes bob 2] -- 2.5 s."""
    return recording(
        folder,
        "two cities.wav",
        2.5,
        utterance(
            0.5, 1.5, 'hello "world"', words=[("hello", 0.5, 0.9), ('"world"', 0.9, 1.5)], speaker="anna"
        ),
        utterance(1.2, 2, "yes", speaker="bob"),
    )


def test_praat_sees_a_tier_of_each_voice_and_one_of_its_words(tmp_path: Path) -> None:
    path = written(tmp_path, a_talk(tmp_path))
    assert path.name == "two cities.TextGrid"
    assert praat(path) == (
        2.5,
        {
            "anna": [(0.5, 1.5, 'hello "world"')],
            "anna - words": [(0.5, 0.9, "hello"), (0.9, 1.5, '"world"')],
            "bob": [(1.2, 2.0, "yes")],
        },
    )


def test_praatio_reads_the_same(tmp_path: Path) -> None:
    grid = praatio.openTextgrid(str(written(tmp_path, a_talk(tmp_path))), includeEmptyIntervals=False)
    assert grid.maxTimestamp == 2.5
    assert {tier.name: [tuple(each) for each in tier.entries] for tier in grid.tiers} == {
        "anna": [(0.5, 1.5, 'hello "world"')],
        "anna - words": [(0.5, 0.9, "hello"), (0.9, 1.5, '"world"')],
        "bob": [(1.2, 2.0, "yes")],
    }


def test_praat_would_write_the_same_bytes(tmp_path: Path) -> None:
    path = written(tmp_path, a_talk(tmp_path))
    parselmouth.read(str(path)).save(str(tmp_path / "praat.TextGrid"))
    assert (tmp_path / "praat.TextGrid").read_bytes() == path.read_bytes()


def test_ingest_reads_utterances_and_speakers_back(tmp_path: Path) -> None:
    read = read_sidecar(written(tmp_path, a_talk(tmp_path)), "x")
    assert [(each.start, each.end, each.text, each.speaker) for each in read] == [
        (0.5, 1.5, 'hello "world"', "anna"),
        (1.2, 2.0, "yes", "bob"),
    ]


def test_who_is_not_known_has_the_tier_segments(tmp_path: Path) -> None:
    said = utterance(0, 1, "hello", words=[("hello", 0, 1)])
    path = written(tmp_path, recording(tmp_path, "a.wav", 1.0, said))
    assert list(praat(path)[1]) == ["segments", "words"]
    assert [(each.text, each.speaker) for each in read_sidecar(path, "x")] == [("hello", None)]


def test_the_grid_ends_with_the_audio_though_an_utterance_is_rounded_up(tmp_path: Path) -> None:
    """1.00075 s of audio, an utterance of [0.2, 1.001]."""
    held = recording(tmp_path, "a.wav", 1.00075, utterance(0.2, 1.001, "x"))
    end, tiers = praat(written(tmp_path, held))
    assert end == held.source.duration == 1.00075
    assert tiers == {"segments": [(0.2, 1.00075, "x")]}


def test_words_of_no_length_have_one_in_praat(tmp_path: Path) -> None:
    said = utterance(0, 1, "a b", words=[("a", 0.5, 0.5), ("b", 0.5, 0.5)])
    _, tiers = praat(written(tmp_path, recording(tmp_path, "a.wav", 1.0, said)))
    assert tiers["words"] == [(0.5, 0.501, "a"), (0.501, 0.502, "b")]


@given(text=texts, word=texts, speaker=texts)
@settings(max_examples=40, deadline=None)
def test_praat_reads_any_text_as_it_was_or_it_is_refused_by_name(
    tmp_path_factory: pytest.TempPathFactory, text: str, word: str, speaker: str
) -> None:
    out = tmp_path_factory.mktemp("textgrid")
    speaker = speaker[:50]
    said = utterance(0.001, 0.01, text, words=[(word, 0.002, 0.01)], speaker=speaker)
    held = recording(out, "a.wav", 0.02, said)
    if set(text + word + speaker) & set("\0\r"):
        with pytest.raises(
            OptionError, match=r"textgrid can't hold the text at 0\.001 s of .*a\.wav: .* holds a"
        ):
            written(out, held)
        return
    _, tiers = praat(written(out, held))
    assert tiers == {speaker: [(0.001, 0.01, text)], f"{speaker} - words": [(0.002, 0.01, word)]}


@pytest.mark.parametrize("unfit", ["\0", "\r"])
def test_what_praat_would_change_is_refused(tmp_path: Path, unfit: str) -> None:
    held = recording(tmp_path, "a.wav", 1.0, utterance(0, 1, f"a{unfit}b"))
    with pytest.raises(OptionError, match="holds a"):
        written(tmp_path, held)
