"""Lhotse itself reads what we write for it: it loads, validates, cuts and hears the right samples."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from lhotse import CutSet, RecordingSet, SupervisionSet
from lhotse.qa import validate, validate_recordings_and_supervisions

from asrlab.export import export
from tests.factories import RATE_HZ, tone, write_tone
from tests.unit.export.conftest import Corpus, Said, everything


def loaded(folder: Path) -> tuple[RecordingSet, SupervisionSet]:
    recordings = RecordingSet.from_file(folder / "recordings.jsonl.gz")
    supervisions = SupervisionSet.from_file(folder / "supervisions.jsonl.gz")
    validate(recordings, read_data=True)
    validate(supervisions)
    validate_recordings_and_supervisions(recordings, supervisions, read_data=True)
    return recordings, supervisions


def test_lhotse_reads_texts_places_and_words(corpus: Corpus, tmp_path: Path) -> None:
    """0 ---- [1 hello 1.4 world 2] ---- [2.5 bye 3] ---- 4 s."""
    path = write_tone(tmp_path / "a b.wav", 4.0)
    corpus.label(
        path,
        Said(1, 2, "Hello, world", (("Hello,", 0.0, 0.4), ("world", 0.4, 1.0))),
        Said(2.5, 3, "bye", language=None),
    )
    folder, count = export(corpus.catalog, "lhotse", tmp_path / "out")
    recordings, supervisions = loaded(folder)
    assert count == len(supervisions) == 2
    first, second = supervisions
    assert (first.text, first.start, first.end, first.language) == ("Hello, world", 1.0, 2.0, "en")
    assert [(item.symbol, item.start, item.end, item.score) for item in first.alignment["word"]] == [
        ("Hello,", 1.0, 1.4, 0.5),
        ("world", 1.4, 2.0, 0.5),
    ]
    assert (second.language, second.alignment) == (None, None)
    assert {recording.id for recording in recordings} == {first.recording_id}


def test_cut_to_a_supervision_lhotse_hears_its_samples(corpus: Corpus, tmp_path: Path) -> None:
    path = write_tone(tmp_path / "a.wav", 2.0)
    corpus.label(path, Said(0.25, 1.125, "one"))
    folder, _ = export(corpus.catalog, "lhotse", tmp_path / "out")
    (cut,) = CutSet.from_manifests(*loaded(folder)).trim_to_supervisions()
    samples, _ = soundfile.read(path, dtype="float32")
    assert np.array_equal(cut.load_audio()[0], samples[RATE_HZ // 4 : RATE_HZ * 9 // 8])


def test_channels_are_those_of_the_segment_or_all(corpus: Corpus, tmp_path: Path) -> None:
    path = tmp_path / "call.flac"
    soundfile.write(path, np.stack([tone(2.0, 200), tone(2.0, 300)], axis=1), RATE_HZ)
    corpus.label(path, Said(0, 1, "both"), Said(1, 2, "left", channel=0), Said(1, 2, "right", channel=1))
    folder, _ = export(corpus.catalog, "lhotse", tmp_path / "out")
    recordings, supervisions = loaded(folder)
    assert {each.text: each.channel for each in supervisions} == {"both": [0, 1], "left": 0, "right": 1}
    assert recordings[0].channel_ids == [0, 1]
    cuts = CutSet.from_manifests(recordings, supervisions).trim_to_supervisions(
        keep_overlapping=False, keep_all_channels=False
    )
    heard = {cut.supervisions[0].text: cut.load_audio() for cut in cuts}
    both, _ = soundfile.read(path, dtype="float32", always_2d=True)
    assert np.array_equal(heard["right"][0], both[RATE_HZ:, 1])


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 44_100, 48_000])
def test_nothing_reaches_past_the_last_sample(corpus: Corpus, tmp_path: Path, rate_hz: int) -> None:
    samples = tone(1.0, rate_hz=rate_hz)[: -rate_hz // 1500]
    path = tmp_path / "a.wav"
    soundfile.write(path, samples, rate_hz)
    end = round(len(samples) / rate_hz, 3)
    corpus.label(path, Said(0, end, "x", (("x", 0.0, end),)))
    folder, _ = export(corpus.catalog, "lhotse", tmp_path / "out")
    recordings, supervisions = loaded(folder)
    assert supervisions[0].end <= recordings[0].duration
    assert supervisions[0].alignment["word"][0].end <= recordings[0].duration


def test_a_repeated_export_gives_equal_bytes(corpus: Corpus, tmp_path: Path) -> None:
    for name in ("b", "a"):
        corpus.label(write_tone(tmp_path / f"{name}.wav", 1.0, 200 + ord(name)), Said(0, 1, name))
    once, _ = export(corpus.catalog, "lhotse", tmp_path / "once")
    again, _ = export(corpus.catalog, "lhotse", tmp_path / "again")
    assert everything(once) == everything(again)
    assert sorted(everything(once)) == ["recordings.jsonl.gz", "supervisions.jsonl.gz"]
