"""Independent parsers read our subtitles: the times to the millisecond, the text as it was."""

import html
import unicodedata
from itertools import pairwise
from pathlib import Path

import numpy as np
import pysubs2
import pytest
import soundfile
import webvtt
from hypothesis import given, settings
from hypothesis import strategies as st

from asrlab.domain.audio import AudioSource
from asrlab.domain.time import TimeSpan
from asrlab.export import export
from asrlab.export.cues import Cue, laid_out, split_cues
from asrlab.export.subtitles import file_stems, srt_text, vtt_text
from tests.factories import RATE_HZ, tone, write_tone
from tests.unit.export.conftest import Corpus, Said, everything

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


def source(uri: str, content_hash: str = "0" * 64) -> AudioSource:
    return AudioSource(uri, 1, 1, content_hash, 10, 10, 1)


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
@settings(deadline=None)
def test_any_text_keeps_the_structure_of_the_file(text: str) -> None:
    cues = laid_out(split_cues(text, TimeSpan(1, 3)), 5000)
    after = Cue(TimeSpan(10, 11), ("the end",))
    for read in (read_srt(srt_text([*cues, after])), read_vtt(vtt_text([*cues, after]))):
        assert [(start, end) for start, end, _ in read] == [
            (cue.span.start_ms, cue.span.end_ms) for cue in [*cues, after]
        ]
        assert read[-1][2] == "the end"


def test_a_recording_has_one_file_of_its_name_with_its_cues_in_order(corpus: Corpus, tmp_path: Path) -> None:
    long = "It was the best of times, it was the worst of times. " * 4
    words = tuple((word, 0.2 * index, 0.2 * index + 0.2) for index, word in enumerate(long.split()))
    corpus.label(
        write_tone(tmp_path / "two cities.wav", 20.0), Said(0.5, 12, long, words), Said(14, 15, "The end.")
    )
    corpus.label(write_tone(tmp_path / "other.wav", 1.0), Said(0, 1, "other"))
    folder, count = export(corpus.catalog, "srt", tmp_path / "out")
    assert count == 3
    assert sorted(everything(folder)) == ["other.srt", "two cities.srt"]
    read = pysubs2.load(str(folder / "two cities.srt"))
    assert joined("".join(event.text.replace("\\N", " ") for event in read)) == joined(long + "The end.")
    assert all(before.end <= after.start for before, after in pairwise(read))
    assert (read[0].start, read[-1].start) == (500, 14_000)
    starts = {round(500 + 200 * index) for index in range(len(words))}
    assert {event.start for event in read[:-1]} <= starts
    folder, _ = export(corpus.catalog, "vtt", tmp_path / "vtt")
    captions = webvtt.read(str(folder / "two cities.vtt"))
    assert [(_ms(each.start), _ms(each.end)) for each in captions] == [(e.start, e.end) for e in read]


def test_channels_are_voices_and_may_speak_at_once(corpus: Corpus, tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    soundfile.write(path, np.stack([tone(4.0, 200), tone(4.0, 300)], axis=1), RATE_HZ)
    corpus.label(path, Said(0, 3, "left", channel=0), Said(1, 4, "right", channel=1))
    folder, _ = export(corpus.catalog, "vtt", tmp_path / "out")
    captions = webvtt.read(str(folder / "call.vtt"))
    assert [(each.voice, each.text, each.start, each.end) for each in captions] == [
        ("Channel 1", "left", "00:00:00.000", "00:00:03.000"),
        ("Channel 2", "right", "00:00:01.000", "00:00:04.000"),
    ]


def test_a_repeated_export_gives_equal_bytes(corpus: Corpus, tmp_path: Path) -> None:
    corpus.label(write_tone(tmp_path / "a.wav", 2.0), Said(0, 1, "one"), Said(1, 2, "two"))
    folder, _ = export(corpus.catalog, "srt", tmp_path / "out")
    before = everything(folder)
    export(corpus.catalog, "srt", folder)
    assert everything(folder) == before


def test_files_of_one_name_get_names_of_their_own() -> None:
    stems = file_stems(
        [
            source("/a/talk.wav", "a" * 64),
            source("/b/Talk.flac", "b" * 64),
            source("/b/talk.aaaaaaaa.wav", "c" * 64),
            source("/b/other.wav", "d" * 64),
        ]
    )
    assert len({stem.casefold() for stem in stems}) == 4
    assert stems[3] == "other"


@given(st.lists(st.tuples(ANY_TEXT, st.text("0123456789abcdef", min_size=64, max_size=64)), max_size=8))
def test_no_two_files_share_a_name(named: list[tuple[str, str]]) -> None:
    unique = {digest: name for name, digest in named}
    stems = file_stems([source(f"/a/{name}.wav", digest) for digest, name in unique.items()])
    assert len({unicodedata.normalize("NFC", stem).casefold() for stem in stems}) == len(unique)
    assert all(len(stem.encode()) < 240 and "/" not in stem for stem in stems)
