"""Lhotse and csv, as torchaudio uses it, read LJSpeech's layout as it was meant."""

import csv
from pathlib import Path

import pytest
import soundfile
from hypothesis import given, settings
from lhotse.recipes import prepare_ljspeech

from asrlab.errors import OptionError
from asrlab.export.formats.ljspeech import write_ljspeech
from tests.datasets import RATE_HZ, MemoryDataSet, clipped, recording, utterance
from tests.unit.export.formats.hard_texts import HARD_TEXTS, texts

BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"


def as_torchaudio_reads(manifest: Path) -> list[list[str]]:
    with manifest.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="|", quoting=csv.QUOTE_NONE))


def written(folder: Path, *said_texts: str) -> Path:
    said = [utterance(i, i + 1, text) for i, text in enumerate(said_texts)]
    held = recording(folder / "audio", "a.wav", len(said), *said)
    (manifest,) = write_ljspeech(clipped(folder, held, folder="wavs"), folder)
    return manifest


def test_lhotse_finds_text_and_clip_of_each_line(tmp_path: Path) -> None:
    held = recording(
        tmp_path / "audio", "a.wav", 3.0, utterance(0, 1, "Zoe\u0308  said."), utterance(1, 3, '"No" & <b>')
    )
    write_ljspeech(clipped(tmp_path, held, folder="wavs"), tmp_path)
    manifests = prepare_ljspeech(tmp_path)
    supervisions = {each.id: each for each in manifests["supervisions"]}
    first, second = sorted(supervisions)
    assert (first, second) == (f"{held.key}-00000000-00001000", f"{held.key}-00001000-00003000")
    assert supervisions[first].text == "Zoe\u0308  said."
    assert supervisions[first].custom == {"normalized_text": "Zoë said."}
    assert supervisions[second].text == '"No" & <b>'
    assert [each.duration for each in manifests["recordings"]] == [1.0, 2.0]


@given(text=texts)
@settings(max_examples=50, deadline=None)
def test_any_text_comes_back_or_is_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("ljspeech")
    if "|" in text or "\0" in text or len(f"{text}.".splitlines()) > 1:
        with pytest.raises(OptionError, match=r"ljspeech can't hold the text at 0 s of .*a\.wav: it holds"):
            written(folder, text)
        assert not (folder / "metadata.csv").exists()
    else:
        manifest = written(folder, text)
        assert len(manifest.read_text(encoding="utf-8").splitlines()) == 1
        ((_, told, _),) = as_torchaudio_reads(manifest)
        assert told == text


def test_hard_texts_of_one_line_come_back(tmp_path: Path) -> None:
    fitting = [text for text in HARD_TEXTS if len(text.splitlines()) == 1]
    assert [row[1] for row in as_torchaudio_reads(written(tmp_path, *fitting))] == fitting


@pytest.mark.parametrize("character", ["|", *BREAKS])
def test_what_a_reader_would_split_at_is_refused_by_its_name(tmp_path: Path, character: str) -> None:
    name = r"\|" if character == "|" else f"U\\+{ord(character):04X}"
    with pytest.raises(OptionError, match=name):
        written(tmp_path, f"a{character}b")


def test_clips_that_are_no_mono_wav_are_refused(tmp_path: Path) -> None:
    held = recording(tmp_path / "audio", "a.wav", 1.0, utterance(0, 1, "x"))
    data = clipped(tmp_path, held, folder="wavs")
    flac = tmp_path / "wavs" / "x.flac"
    soundfile.write(flac, [0.0], RATE_HZ)

    class Flac:
        is_clipped = True

        def file(self, *_: object) -> Path:
            return flac

        def num_channels(self, *_: object) -> int:
            return 1

    with pytest.raises(OptionError, match="--clips wav"):
        write_ljspeech(MemoryDataSet(data.held, Flac()), tmp_path)  # type: ignore[arg-type]
