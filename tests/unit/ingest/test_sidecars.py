"""Texts beside the audio, as the tools that write them do."""

from pathlib import Path

import pysubs2
import pytest
from praatio import textgrid

from asrlab.ingest.sidecars import ANY_SIDECAR, read_sidecar, sidecar_names

Said = list[tuple[float, float | None, str | None, str | None]]


def said(path: Path) -> Said:
    return [(r.start, r.end, r.text, r.speaker) for r in read_sidecar(path, str(path))]


def write_textgrid(path: Path, form: str = "short_textgrid", **tiers: list[tuple[float, float, str]]) -> Path:
    grid = textgrid.Textgrid()
    for name, entries in tiers.items():
        grid.addTier(textgrid.IntervalTier(name.replace("__", " - "), entries, 0, 60))
    grid.save(str(path), format=form, includeBlankSpaces=True)
    return path


@pytest.mark.parametrize("name", ["a.txt", "a.lab"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_text_is_of_the_whole_recording(tmp_path: Path, name: str, encoding: str) -> None:
    path = tmp_path / name
    path.write_text("Grüße,\n  zweite Zeile\n", encoding=encoding)
    assert said(path) == [(0.0, None, "Grüße, zweite Zeile", None)]


@pytest.mark.parametrize("name", ["a.txt", "a.lab", "a.srt"])
def test_an_empty_file_says_nothing(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(" \n")
    assert said(path) == []


def test_labels_with_times_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.lab"
    path.write_text("0 3600000 sil\n3600000 7200000 ah\n")
    with pytest.raises(ValueError, match="HTK"):
        said(path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"caf\xe9")
    with pytest.raises(ValueError, match="UTF-8"):
        said(path)


@pytest.mark.parametrize(("name", "form"), [("a.srt", "srt"), ("a.vtt", "vtt")])
def test_cues_of_subtitles(tmp_path: Path, name: str, form: str) -> None:
    path = tmp_path / name
    cues = pysubs2.SSAFile()
    cues.append(pysubs2.SSAEvent(start=1500, end=2250, text=r"Hello\Nthere"))
    cues.append(pysubs2.SSAEvent(start=3_600_000, end=3_601_000, text=r"{\i1}late{\i0}"))
    cues.save(str(path), format_=form)
    assert said(path) == [(1.5, 2.25, "Hello there", None), (3600.0, 3601.0, "late", None)]


@pytest.mark.parametrize("content", ["no cue at all", "1\n00:00:02,000 --> 00:00:01,000\nbackwards\n"])
def test_subtitles_that_are_none_are_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.srt"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"no subtitles|does not end after"):
        said(path)


@pytest.mark.parametrize("form", ["short_textgrid", "long_textgrid"])
def test_a_tier_of_sentences(tmp_path: Path, form: str) -> None:
    path = write_textgrid(
        tmp_path / "a.TextGrid",
        form,
        sentences=[(0.5, 2.0, "first one"), (3.0, 4.5, "second")],
        words=[(0.5, 1.0, "first"), (1.0, 2.0, "one")],
        phones=[(0.5, 0.7, "F")],
    )
    assert said(path) == [(0.5, 2.0, "first one", None), (3.0, 4.5, "second", None)]


def test_several_tiers_are_speakers(tmp_path: Path) -> None:
    path = write_textgrid(tmp_path / "a.TextGrid", ann=[(0.0, 2.0, "hi")], bob=[(1.5, 3.0, "hello")])
    assert said(path) == [(0.0, 2.0, "hi", "ann"), (1.5, 3.0, "hello", "bob")]


def test_words_alone_become_utterances_at_pauses(tmp_path: Path) -> None:
    words = [(0.0, 0.4, "one"), (0.5, 0.9, "two"), (2.0, 2.5, "three")]
    path = write_textgrid(tmp_path / "a.TextGrid", words=words, phones=[(0.0, 0.1, "W")])
    assert said(path) == [(0.0, 0.9, "one two", None), (2.0, 2.5, "three", None)]
    long = [(float(i), i + 0.9, f"w{i}") for i in range(50)]
    for start, end, _, _ in said(write_textgrid(tmp_path / "b.TextGrid", words=long)):
        assert end is not None
        assert end - start <= 30


def test_word_tiers_of_several_speakers(tmp_path: Path) -> None:
    path = write_textgrid(
        tmp_path / "a.TextGrid", ann__words=[(0.0, 0.4, "hi")], bob__words=[(1.0, 1.4, "hello")]
    )
    assert said(path) == [(0.0, 0.4, "hi", "ann"), (1.0, 1.4, "hello", "bob")]


def test_a_file_that_is_no_textgrid_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.TextGrid"
    for content in ("hello", 'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n1\n<exists>\n3\n'):
        path.write_text(content)
        with pytest.raises(ValueError, match=r"no TextGrid|no tier"):
            said(path)


def test_where_sidecars_are_looked_for() -> None:
    assert sidecar_names("/c/a.wav", "txt") == ["/c/a.txt", "/c/a.wav.txt"]
    assert sidecar_names("/c/a.wav", "TextGrid")[:2] == ["/c/a.TextGrid", "/c/a.textgrid"]
    assert sidecar_names("s3://b/a", "srt") == ["s3://b/a.srt", "s3://b/a.srt"]
    kinds = [name.rpartition(".")[2] for name in sidecar_names("/c/a.wav", ANY_SIDECAR)]
    assert list(dict.fromkeys(kinds)) == ["TextGrid", "textgrid", "srt", "vtt", "lab", "txt"]
