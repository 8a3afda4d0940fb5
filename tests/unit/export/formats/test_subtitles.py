"""Independent parsers read our subtitles: the times to the millisecond, the text as it was."""

import html
from itertools import pairwise
from pathlib import Path

import pysubs2
import pytest
import webvtt
from hypothesis import given, settings
from hypothesis import strategies as st

from asrlab.domain.time import TimeSpan
from asrlab.errors import OptionError
from asrlab.export.cues import Cue, laid_out, split_cues
from asrlab.export.formats.subtitles import FORMATS, recording_cues, srt_text, vtt_text
from asrlab.export.utterances import LabeledRecording
from asrlab.ingest.sidecars import read_sidecar
from tests.datasets import MemoryDataSet, recording, utterance
from tests.unit.export.formats.hard_texts import texts

WRITE = {form.name: form.write for form in FORMATS}
TRICKY = [
    "a <b>bold</b> word",
    "5 < 6 & 7 > 6",
    "&amp; &lt;i&gt;",
    "look --> there",
    "{\\an8}up there",
    "1",
    "2 00:00:01,000 --> 00:00:02,000 x",
    "WEBVTT",
    "NOTE this is said",
    "STYLE",
    "back\\Nslash \\h",
    "日本語。",
]
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=120)


def joined(text: str) -> str:
    return "".join(text.replace("\u2060", "").split())


def read_srt(text: str) -> list[tuple[int, int, str]]:
    events = pysubs2.SSAFile.from_string(text, format_="srt")
    # Its plain text leaves out whatever stands in braces; a line break is \\N.
    return [(event.start, event.end, event.text.replace("\\N", "\n")) for event in events]


def read_vtt(text: str) -> list[tuple[int, int, str]]:
    captions = webvtt.from_string(text)
    return [(_ms(each.start), _ms(each.end), html.unescape(each.text)) for each in captions]


def _ms(clock: str) -> int:
    hours, minutes, seconds = clock.split(":")
    return (int(hours) * 60 + int(minutes)) * 60_000 + round(float(seconds) * 1000)


@pytest.mark.parametrize("text", TRICKY)
def test_a_tricky_text_is_read_as_it_was(text: str) -> None:
    cues = split_cues(text, TimeSpan(3600.5, 3605.25))
    expected = [(cue.span.start_ms, cue.span.end_ms, joined("".join(cue.lines))) for cue in cues]
    for read in (read_srt(srt_text(cues)), read_vtt(vtt_text(cues))):
        assert [(start, end, joined(text)) for start, end, text in read] == expected


@given(ANY_TEXT)
@settings(max_examples=50, deadline=None)
def test_any_text_keeps_the_structure_of_the_file(text: str) -> None:
    cues = laid_out([split_cues(text, TimeSpan(1, 3))], 5000)
    after = Cue(TimeSpan(10, 11), ("the end",))
    for read in (read_srt(srt_text([*cues, after])), read_vtt(vtt_text([*cues, after]))):
        assert [(start, end) for start, end, _ in read] == [
            (cue.span.start_ms, cue.span.end_ms) for cue in [*cues, after]
        ]
        assert read[-1][2] == "the end"


@given(text=texts, speaker=st.one_of(st.none(), texts))
@settings(max_examples=30, deadline=None)
def test_any_text_is_shown_word_for_word_or_refused(
    tmp_path_factory: pytest.TempPathFactory, text: str, speaker: str | None
) -> None:
    said = utterance(0, 60, text[:2000], speaker=speaker and speaker[:50])
    held = recording(tmp_path_factory.mktemp("subtitles"), "a.wav", 0.01, said)
    controls = {character for character in said.text + (said.speaker or "") if is_control(character)}
    if controls:
        with pytest.raises(OptionError, match="is a control character"):
            recording_cues("srt", held)
        return
    cues = recording_cues("srt", held)
    for read in (read_srt(srt_text(cues)), read_vtt(vtt_text(cues))):
        assert "".join(joined(shown) for _, _, shown in read) == joined(said.text)


def is_control(character: str) -> bool:
    return (character < " " or "\x7f" <= character <= "\x9f") and not character.isspace()


def two_cities(folder: Path) -> LabeledRecording:
    """Sixty words of 0.2 s from 0.5 s on, then [14 The end. 15]."""
    long = ("It was the best of times, it was the worst of times. " * 5).strip()
    words = [(word, 0.5 + 0.2 * index, 0.7 + 0.2 * index) for index, word in enumerate(long.split())]
    return recording(
        folder, "two cities.wav", 20.0, utterance(0.5, 13, long, words=words), utterance(14, 15, "The end.")
    )


def test_a_recording_has_one_file_of_its_name_with_its_cues_in_order(tmp_path: Path) -> None:
    other = recording(tmp_path, "other.wav", 1.0, utterance(0, 1, "other"))
    data = MemoryDataSet([two_cities(tmp_path), other])
    assert sorted(path.name for path in WRITE["srt"](data, tmp_path)) == ["other.srt", "two cities.srt"]
    read = pysubs2.load(str(tmp_path / "two cities.srt"))
    text = "".join(each.text for each in two_cities(tmp_path).utterances)
    assert joined("".join(event.text.replace("\\N", " ") for event in read)) == joined(text)
    assert all(before.end <= after.start for before, after in pairwise(read))
    assert (read[0].start, read[-1].start) == (500, 14_000)
    assert {event.start for event in read[:-1]} <= {500 + 200 * index for index in range(60)}
    WRITE["vtt"](data, tmp_path)
    captions = webvtt.read(str(tmp_path / "two cities.vtt"))
    assert [(_ms(each.start), _ms(each.end)) for each in captions] == [(e.start, e.end) for e in read]


def test_channels_are_voices_and_may_speak_at_once(tmp_path: Path) -> None:
    """[0 left 3] on channel 0 over [1 right 4] on channel 1."""
    said = (utterance(0, 3, "left", channel=0), utterance(1, 4, "right", channel=1))
    WRITE["vtt"](MemoryDataSet([recording(tmp_path, "call.wav", 4.0, *said, channels=2)]), tmp_path)
    captions = webvtt.read(str(tmp_path / "call.vtt"))
    assert [(each.voice, each.text, each.start, each.end) for each in captions] == [
        ("Channel 1", "left", "00:00:00.000", "00:00:03.000"),
        ("Channel 2", "right", "00:00:01.000", "00:00:04.000"),
    ]


def test_overlapping_texts_of_one_voice_keep_their_times(tmp_path: Path) -> None:
    """[1 the longer one 5] over [1.2 the shorter one 4]."""
    said = (
        utterance(1, 5, "the longer one", speaker="ana"),
        utterance(1.2, 4, "the shorter one", speaker="ana"),
    )
    data = MemoryDataSet([recording(tmp_path, "a.wav", 6.0, *said)])
    (srt,), (vtt,) = (WRITE[form](data, tmp_path) for form in ("srt", "vtt"))
    expected = [(1000, 5000, "the longer one"), (1200, 4000, "the shorter one")]
    assert read_srt(srt.read_text(encoding="utf-8")) == expected
    assert read_vtt(vtt.read_text(encoding="utf-8")) == expected


@pytest.mark.parametrize("form", ["srt", "vtt"])
def test_a_repeated_export_gives_equal_bytes(tmp_path: Path, form: str) -> None:
    data = MemoryDataSet([two_cities(tmp_path)])
    once, again = (WRITE[form](data, tmp_path / name)[0].read_bytes() for name in ("once", "again"))
    assert once == again


@pytest.mark.parametrize("form", ["srt", "vtt"])
def test_ingest_reads_the_text_and_its_times_back(tmp_path: Path, form: str) -> None:
    (path,) = WRITE[form](MemoryDataSet([two_cities(tmp_path)]), tmp_path)
    read = read_sidecar(path, "x")
    assert " ".join(each.text for each in read) == " ".join(
        each.text for each in two_cities(tmp_path).utterances
    )
    assert (read[0].start, read[-1].start) == (0.5, 14.0)


def test_what_was_kept_from_being_markup_is_not_kept_apart_twice() -> None:
    cues = split_cues("a <b>, {c} --> \\d", TimeSpan(0, 1))
    once = srt_text(cues)
    ((_, _, read),) = read_srt(once)
    assert srt_text(split_cues(read, TimeSpan(0, 1))) == once


@pytest.mark.parametrize(("text", "speaker"), [("a\x07b", None), ("a", "anna\x1b")])
def test_a_control_character_is_refused(tmp_path: Path, text: str, speaker: str | None) -> None:
    held = recording(tmp_path, "a.wav", 1.0, utterance(0, 1, text, speaker=speaker))
    with pytest.raises(OptionError, match=r"vtt can't hold .*: U\+00.. is a control character"):
        WRITE["vtt"](MemoryDataSet([held]), tmp_path)
