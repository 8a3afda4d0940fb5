"""pympi reads our annotation documents; the rules of ELAN's schema hold."""

import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path
from typing import Any

import pympi
import pytest
from hypothesis import given, settings

from asrlab.errors import OptionError
from asrlab.export.formats.eaf import write_eaf
from asrlab.export.utterances import LabeledRecording
from tests.datasets import MemoryDataSet, clipped, recording, utterance
from tests.unit.export.formats.hard_texts import texts


def a_talk(folder: Path) -> LabeledRecording:
    """0 -- [0.5 hello 0.9 world 1.5] -- [1.2 yes bob 2] -- 2.5 s."""
    return recording(
        folder,
        "two cities.wav",
        2.5,
        utterance(0.5, 1.5, "hello world", words=[("hello", 0.5, 0.9), ("world", 0.9, 1.5)], speaker="anna"),
        utterance(1.2, 2, "yes", speaker="bob & co"),
    )


def written(folder: Path, *held: LabeledRecording, **options: Any) -> Path:
    return next(iter(write_eaf(replace(MemoryDataSet(held), **options), folder)))


def test_pympi_finds_a_tier_of_each_voice_and_one_of_its_words(tmp_path: Path) -> None:
    path = written(tmp_path, a_talk(tmp_path))
    assert path.name == "two cities.eaf"
    read = pympi.Elan.Eaf(str(path))
    assert {tier: read.get_annotation_data_for_tier(tier) for tier in read.get_tier_names()} == {
        "anna": [(500, 1500, "hello world")],
        "anna - words": [(500, 900, "hello"), (900, 1500, "world")],
        "bob & co": [(1200, 2000, "yes")],
    }
    assert read.get_parameters_for_tier("anna - words") == {
        "LINGUISTIC_TYPE_REF": "word",
        "PARENT_REF": "anna",
        "PARTICIPANT": "anna",
        "TIER_ID": "anna - words",
    }
    assert read.get_child_tiers_for("anna") == ["anna - words"]


def test_the_document_names_its_audio(tmp_path: Path) -> None:
    (media,) = pympi.Elan.Eaf(str(written(tmp_path, a_talk(tmp_path)))).get_linked_files()
    assert media == {"MEDIA_URL": f"file://{tmp_path}/two cities.wav", "MIME_TYPE": "audio/x-wav"}


def test_a_relative_path_is_relative_for_elan_too(tmp_path: Path) -> None:
    held = a_talk(tmp_path)
    near = replace(held, source=replace(held.source, uri="audio/x.flac"))
    (media,) = pympi.Elan.Eaf(str(written(tmp_path, near, is_portable=True))).get_linked_files()
    assert media == {
        "MEDIA_URL": "audio/x.flac",
        "RELATIVE_MEDIA_URL": "./audio/x.flac",
        "MIME_TYPE": "audio/*",
    }


def test_a_url_stays_one(tmp_path: Path) -> None:
    held = a_talk(tmp_path)
    far = replace(held, source=replace(held.source, uri="https://host.example/a.mp3?a=1&b=2"))
    (media,) = pympi.Elan.Eaf(str(written(tmp_path, far))).get_linked_files()
    assert media == {"MEDIA_URL": "https://host.example/a.mp3?a=1&b=2", "MIME_TYPE": "audio/mpeg"}


def test_with_clips_only_no_audio_is_named(tmp_path: Path) -> None:
    (path,) = write_eaf(clipped(tmp_path / "out", a_talk(tmp_path)), tmp_path / "out")
    assert pympi.Elan.Eaf(str(path)).get_linked_files() == []


def test_every_reference_has_its_one_target_and_time_goes_forward(tmp_path: Path) -> None:
    root = ElementTree.parse(written(tmp_path, a_talk(tmp_path))).getroot()
    slots = {each.get("TIME_SLOT_ID"): int(each.get("TIME_VALUE", "")) for each in root.iter("TIME_SLOT")}
    assert list(slots.values()) == sorted(slots.values())
    annotations = list(root.iter("ALIGNABLE_ANNOTATION"))
    used = [each.get(name) for each in annotations for name in ("TIME_SLOT_REF1", "TIME_SLOT_REF2")]
    assert sorted(used, key=str) == sorted(slots, key=str)
    assert len({each.get("ANNOTATION_ID") for each in annotations}) == len(annotations) == 4
    assert root.findtext("HEADER/PROPERTY[@NAME='lastUsedAnnotationId']") == "4"
    types = {each.get("LINGUISTIC_TYPE_ID") for each in root.iter("LINGUISTIC_TYPE")}
    assert {each.get("LINGUISTIC_TYPE_REF") for each in root.iter("TIER")} == types


def test_a_document_tells_no_time_of_writing(tmp_path: Path) -> None:
    held = a_talk(tmp_path)
    once, again = (written(tmp_path / name, held).read_bytes() for name in ("once", "again"))
    assert once == again
    assert b'DATE="1970-01-01T00:00:00+00:00"' in once


def is_xml(character: str) -> bool:
    return character in "\t\n\r" or (character >= " " and character not in "\ufffe\uffff")


@given(text=texts, word=texts, speaker=texts)
@settings(max_examples=40, deadline=None)
def test_any_text_comes_back_as_it_was_or_is_refused_by_name(
    tmp_path_factory: pytest.TempPathFactory, text: str, word: str, speaker: str
) -> None:
    out = tmp_path_factory.mktemp("eaf")
    said = utterance(0.001, 0.01, text, words=[(word, 0.002, 0.01)], speaker=speaker)
    held = recording(out, "a.wav", 0.02, said)
    if not all(map(is_xml, text + word + speaker)):
        with pytest.raises(OptionError, match=r"eaf can't hold the text at 0\.001 s of .*a\.wav: XML has no"):
            written(out, held)
        return
    read = pympi.Elan.Eaf(str(written(out, held)))
    assert read.get_annotation_data_for_tier(speaker) == [(1, 10, text)]
    assert read.get_annotation_data_for_tier(f"{speaker} - words") == [(2, 10, word)]
    assert read.get_parameters_for_tier(speaker)["PARTICIPANT"] == speaker


@pytest.mark.parametrize("unfit", ["\0", "\x1b", "\ufffe"])
def test_what_is_no_xml_is_refused(tmp_path: Path, unfit: str) -> None:
    held = recording(tmp_path, "a.wav", 1.0, utterance(0, 1, f"a{unfit}b"))
    with pytest.raises(OptionError, match=rf"XML has no character U\+{ord(unfit):04X}"):
        written(tmp_path, held)
