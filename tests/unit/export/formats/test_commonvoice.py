"""Lhotse's recipe for Common Voice and pandas without quotes read the TSV and its clips as they were meant."""

import csv
import hashlib
from dataclasses import replace
from pathlib import Path

import pandas
import pytest
from hypothesis import given, settings
from lhotse.recipes import commonvoice as lhotse_commonvoice

from asrlab.errors import OptionError
from asrlab.export.formats.commonvoice import COLUMNS, write_commonvoice
from tests.datasets import clipped, recording, utterance
from tests.unit.export.formats.hard_texts import HARD_TEXTS, texts


def lines(manifest: Path) -> list[dict[str, str]]:
    with manifest.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def written(folder: Path, *said_texts: str) -> Path:
    said = [utterance(i, i + 1, text) for i, text in enumerate(said_texts)]
    (manifest,) = write_commonvoice(
        clipped(folder, recording(folder / "audio", "a.wav", len(said), *said)), folder
    )
    return manifest


def test_a_line_has_the_columns_of_common_voice(tmp_path: Path) -> None:
    said = utterance(1, 2, 'So "it" is.', speaker="Anna B", language="cy")._replace(verdict="accepted")
    held = replace(
        recording(tmp_path / "audio", "a.wav", 2.0, said),
        metadata='{"gender": "female", "age": 30, "room": "2"}',
    )
    (manifest,) = write_commonvoice(clipped(tmp_path, held), tmp_path)
    assert manifest == tmp_path / "validated.tsv"
    (line,) = lines(manifest)
    assert tuple(line) == COLUMNS
    assert line == {
        "client_id": "Anna_B_a6b0e8",
        "path": f"{held.key}-00001000-00002000.wav",
        "sentence_id": hashlib.sha256(b'So "it" is.').hexdigest(),
        "sentence": 'So "it" is.',
        "sentence_domain": "",
        "up_votes": "1",
        "down_votes": "0",
        "age": "",
        "gender": "female",
        "accents": "",
        "variant": "",
        "locale": "cy",
        "segment": "",
    }


@pytest.mark.parametrize(
    ("verdict", "votes"), [("corrected", ("1", "0")), ("rejected", ("0", "1")), (None, ("0", "0"))]
)
def test_a_review_is_a_vote(tmp_path: Path, verdict: str | None, votes: tuple[str, str]) -> None:
    held = recording(tmp_path / "audio", "a.wav", 1.0, utterance(0, 1, "x")._replace(verdict=verdict))
    (line,) = lines(*write_commonvoice(clipped(tmp_path, held), tmp_path))
    assert (line["up_votes"], line["down_votes"]) == votes


def test_an_unknown_voice_is_that_of_its_recording_and_channel(tmp_path: Path) -> None:
    said = (utterance(0, 1, "x"), utterance(1, 2, "y", channel=1))
    held = recording(tmp_path / "audio", "a.wav", 2.0, *said, channels=2)
    found = lines(*write_commonvoice(clipped(tmp_path, held), tmp_path))
    assert [line["client_id"] for line in found] == [held.key, f"{held.key}_c1"]


def test_lhotse_finds_text_speaker_and_clip(tmp_path: Path) -> None:
    held = recording(
        tmp_path / "audio", "a.wav", 3.0, utterance(0, 1, '"open'), utterance(1, 3, "x", speaker="anna")
    )
    (manifest,) = write_commonvoice(clipped(tmp_path, held), tmp_path)
    # What prepare_commonvoice does with each line; it would start a process for them.
    pairs = [lhotse_commonvoice._parse_utterance(tmp_path, "en", line) for line in lines(manifest)]
    assert [(one.text, one.speaker) for _, one in pairs] == [('"open', held.key), ("x", "anna")]
    assert [clip.duration for clip, _ in pairs] == [1.0, 2.0]


@given(text=texts)
@settings(max_examples=50, deadline=None)
def test_any_text_comes_back_or_is_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("commonvoice")
    if "\t" in text or "\0" in text or len(f"{text}.".splitlines()) > 1:
        with pytest.raises(
            OptionError, match=r"at 0 s of .*a\.wav: it holds a tab or line break \(U\+00|U\+20"
        ):
            written(folder, text)
        assert not (folder / "validated.tsv").exists()
    else:
        (line,) = lines(written(folder, text))
        assert line["sentence"] == text


def test_pandas_reads_hard_texts_as_they_were(tmp_path: Path) -> None:
    fitting = [text for text in HARD_TEXTS if len(text.splitlines()) == 1 and "\t" not in text]
    table = pandas.read_csv(
        written(tmp_path, *fitting), sep="\t", quoting=csv.QUOTE_NONE, keep_default_na=False
    )
    assert list(table["sentence"]) == fitting
