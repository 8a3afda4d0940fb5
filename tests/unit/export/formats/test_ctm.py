"""Lhotse reads the words' times; lines are sorted as sclite's manual sorts them."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from lhotse import SupervisionSegment, SupervisionSet

from asrlab.errors import OptionError
from asrlab.export.formats.ctm import write_ctm
from asrlab.export.utterances import LabeledRecording
from tests.datasets import MemoryDataSet, recording, utterance
from tests.unit.export.formats.hard_texts import texts


def aligned(path: Path, held: LabeledRecording) -> list[tuple[str, float, float, float | None]]:
    """What Lhotse finds in the utterances of a recording of one channel: word, start, duration, score."""
    segments = [
        SupervisionSegment(str(index), held.key, each.start, each.duration, channel=1)
        for index, each in enumerate(held.utterances)
    ]
    read = SupervisionSet.from_segments(segments).with_alignment_from_ctm(path, match_channel=True)
    return [
        (word.symbol, word.start, word.duration, word.score)
        for each in read
        for word in each.alignment["word"]
    ]


def test_lhotse_aligns_the_words_that_we_mean(tmp_path: Path) -> None:
    """0 -- [1 hello 1.4 world 2] -- 3 s."""
    said = utterance(1, 2, "hello world.", words=[("hello", 1, 1.4), ("world.", 1.4, 2)])
    held = recording(tmp_path, "a.wav", 3.0, said)
    (path,) = write_ctm(MemoryDataSet([held]), tmp_path)
    assert path.name == "hyp.ctm"
    assert aligned(path, held) == [("hello", 1.0, 0.4, 0.5), ("world.", 1.4, 0.6, 0.5)]
    assert path.read_text().splitlines()[0] == f"{held.key} 1 1.000 0.400 hello 0.5000"


def test_a_word_without_a_score_has_no_confidence(tmp_path: Path) -> None:
    said = utterance(0, 1, "x")._replace(timed=(("x", 0, 1000, None, ""),))
    held = recording(tmp_path, "a.wav", 1.0, said)
    (path,) = write_ctm(MemoryDataSet([held]), tmp_path)
    assert path.read_text() == f"{held.key} 1 0.000 1.000 x\n"


def test_lines_are_sorted_by_recording_channel_and_time(tmp_path: Path) -> None:
    """On each of 11 channels [0 a 5 b 6] over [1 c 2 d 3]."""
    said = [
        each
        for channel in range(11)
        for each in (
            utterance(0, 6, "a b", words=[("a", 0, 1), ("b", 5, 6)], channel=channel),
            utterance(1, 3, "c d", words=[("c", 1, 2), ("d", 2, 3)], channel=channel),
        )
    ]
    held = [
        recording(tmp_path, f"{name}.wav", 6.0, *said, channels=11, rate_hz=1000) for name in ("a", "b", "c")
    ]
    (path,) = write_ctm(MemoryDataSet(held), tmp_path)
    command = ["sort", "-s", "-k1,1", "-k2,2", "-k3,3n", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, env={"LC_ALL": "C"})
    assert done.stdout == path.read_bytes()
    assert len(done.stdout.splitlines()) == 3 * 11 * 4


def test_words_that_begin_together_stay_as_they_are_said(tmp_path: Path) -> None:
    said = utterance(0, 1, "z a", words=[("z", 0, 0), ("a", 0, 1)])
    held = recording(tmp_path, "a.wav", 1.0, said)
    (path,) = write_ctm(MemoryDataSet([held]), tmp_path)
    assert [line.split()[4] for line in path.read_text().splitlines()] == ["z", "a"]


def test_an_utterance_without_times_is_refused(tmp_path: Path) -> None:
    held = recording(tmp_path, "a.wav", 2.0, utterance(1.5, 2, "no times"))
    with pytest.raises(OptionError, match=r"at 1\.5 s of .*a\.wav: its words have no times.*asrlab align"):
        write_ctm(MemoryDataSet([held]), tmp_path)
    assert not list(tmp_path.glob("*ctm*"))


@pytest.mark.parametrize("word", ["<ALT_BEGIN>", "<alt>", "<ALT_END>"])
def test_a_symbol_of_sclites_own_is_refused(tmp_path: Path, word: str) -> None:
    held = recording(tmp_path, "a.wav", 1.0, utterance(0, 1, word, words=[(word, 0, 1)]))
    with pytest.raises(OptionError, match="is a symbol of its own to sclite"):
        write_ctm(MemoryDataSet([held]), tmp_path)


@given(text=texts)
@settings(max_examples=40, deadline=None)
def test_any_word_is_one_of_a_line_and_white_space_parts_it(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    out = tmp_path_factory.mktemp("ctm")
    text = text[:2000]
    said = utterance(0, 10, text, words=[(text, 0, 8), (";;", 8, 9), ("end", 9, 10)])
    held = recording(out, "a.wav", 0.01, said)
    (path,) = write_ctm(MemoryDataSet([held]), out)
    read = aligned(path, held)
    assert [word for word, *_ in read] == [*text.split(), ";;", "end"]
    assert sum(duration for _, _, duration, _ in read) == pytest.approx(10)
