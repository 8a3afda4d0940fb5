"""Files named as the audio is: short enough for a file system, and no two of them one."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from asrlab.domain.audio import AudioSource
from asrlab.errors import OptionError
from asrlab.export.formats.protocol import refuse
from asrlab.export.stems import FileStems, write_each
from asrlab.export.utterances import LabeledRecording
from tests.datasets import MemoryDataSet, recording, utterance

NAMES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=120),
    st.sampled_from(["talk", "Talk", "\u00e9", "e\u0301", "stra\u00dfe", "STRASSE", "x" * 300, "\x07", ".."]),
)
HASHES = st.text("0123456789abcdef", min_size=64, max_size=64)


def at(uri: str, content_hash: str = "0" * 64) -> LabeledRecording:
    return LabeledRecording(1, AudioSource(uri, 1, 1, content_hash, 10, 10, 1), "default", None, "{}", ())


def stems_of(*recordings: LabeledRecording) -> list[str]:
    stems = FileStems(recordings)
    return [stems.of(each) for each in recordings]


def test_a_file_is_named_as_its_audio_and_only_one_of_a_shared_name_has_its_key_too() -> None:
    assert stems_of(
        at("/a/talk.wav", "a" * 64), at("/b/Talk.flac", "b" * 64), at("/b/other.x.wav", "c" * 64)
    ) == [f"talk.{'a' * 16}", f"Talk.{'b' * 16}", "other.x"]


def test_a_file_that_looks_like_another_with_its_key_gets_one_too() -> None:
    stems = stems_of(
        at("/a/talk.wav", "a" * 64), at("/b/talk.wav", "b" * 64), at(f"/talk.{'a' * 16}.wav", "c" * 64)
    )
    assert len(set(stems)) == 3


@pytest.mark.parametrize(
    ("uri", "stem"),
    [
        ("https://host.example/a/my%20talk.mp3?token=1/2", "my talk"),
        ("s3://bucket/a/talk?.wav", "talk?"),
        ("zip://in/talk.wav::s3://bucket/all.zip", "talk"),
        ("/a/two cities.wav", "two cities"),
        ("/a/noise", "noise"),
    ],
)
def test_the_name_is_that_of_the_file_itself(uri: str, stem: str) -> None:
    assert stems_of(at(uri)) == [stem]


@given(st.lists(st.tuples(NAMES, HASHES), max_size=8, unique_by=lambda pair: pair[1][:16]))
@example([("\x07", "a" * 64), ("a" * 16, "b" * 64)])
@settings(max_examples=50, deadline=None)
def test_no_two_files_share_a_name_and_any_file_system_takes_it(named: list[tuple[str, str]]) -> None:
    stems = stems_of(*(at(f"/a/{name}.wav", digest) for name, digest in named))
    assert len({unicodedata.normalize("NFC", stem).casefold() for stem in stems}) == len(named)
    assert all(stem and len(stem.encode()) < 240 for stem in stems)
    assert not any(
        character == "/" or unicodedata.category(character) == "Cc" for stem in stems for character in stem
    )


def test_a_refused_recording_leaves_no_half_file(tmp_path: Path) -> None:
    held = recording(tmp_path, "a.wav", 1.0, utterance(0, 1, "x"))
    out = tmp_path / "out"
    with pytest.raises(OptionError, match=r"form can't hold the text at 0 s of .*a\.wav: why"):
        write_each(
            MemoryDataSet([held]), out, ".txt", lambda each: refuse("form", each, each.utterances[0], "why")
        )
    assert not out.exists() or list(out.iterdir()) == []
