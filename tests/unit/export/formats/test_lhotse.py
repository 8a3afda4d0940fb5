"""Lhotse itself reads what we write for it: it loads, validates, cuts and hears the right samples."""

from dataclasses import replace
from pathlib import Path
from typing import BinaryIO
from unittest.mock import patch

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from lhotse import CutSet, MonoCut, MultiCut, RecordingSet, SupervisionSet
from lhotse.qa import validate, validate_recordings_and_supervisions

from asrlab.export.formats.lhotse import FORMATS, write_lhotse, write_shar
from asrlab.export.utterances import LabeledRecording
from tests.datasets import RATE_HZ, MemoryDataSet, clipped, recording, utterance
from tests.unit.export.conftest import everything
from tests.unit.export.formats.hard_texts import texts

FILES = ["cuts.jsonl.gz", "recordings.jsonl.gz", "supervisions.jsonl.gz"]


def loaded(folder: Path) -> tuple[RecordingSet, SupervisionSet, CutSet]:
    recordings = RecordingSet.from_file(folder / "recordings.jsonl.gz")
    supervisions = SupervisionSet.from_file(folder / "supervisions.jsonl.gz")
    validate(recordings, read_data=True)
    validate(supervisions)
    validate_recordings_and_supervisions(recordings, supervisions, read_data=True)
    cuts = CutSet.from_file(folder / "cuts.jsonl.gz")
    validate(cuts, read_data=True)
    return recordings, supervisions, cuts


def written(data: MemoryDataSet, folder: Path) -> tuple[RecordingSet, SupervisionSet, CutSet]:
    write_lhotse(data, folder)
    return loaded(folder)


def shar(folder: Path) -> list[MonoCut | MultiCut]:
    """The cuts with their audio; Lhotse itself leaves the archives open."""
    opened: list[BinaryIO] = []

    def noted_open(path: Path, mode: str) -> BinaryIO:
        opened.append(path.open("rb"))
        return opened[-1]

    with patch("lhotse.shar.readers.tar.open_best", noted_open):
        cuts = list(CutSet.from_shar(in_dir=folder / "shar"))
    for file in opened:
        file.close()
    return cuts


def samples_of(held: LabeledRecording, first: int, end: int) -> np.ndarray:
    """Float32, (channels, samples)."""
    samples, _ = soundfile.read(held.source.uri, dtype="float32", always_2d=True)
    return samples[first:end].T


def hello_and_bye(folder: Path) -> LabeledRecording:
    """0 ---- [1 hello 1.4 world 2] ---- [2.5 bye 3] ---- 4 s."""
    return recording(
        folder,
        "a b.wav",
        4.0,
        utterance(1, 2, "Hello, world", words=[("Hello,", 1, 1.4), ("world", 1.4, 2)], speaker="anna"),
        utterance(2.5, 3, "bye", language=None),
    )


def test_lhotse_reads_texts_places_and_words(tmp_path: Path) -> None:
    held = hello_and_bye(tmp_path)
    recordings, supervisions, _ = written(MemoryDataSet([held]), tmp_path / "out")
    first, second = supervisions
    assert (first.text, first.start, first.end, first.language, first.speaker) == (
        "Hello, world",
        1.0,
        2.0,
        "en",
        "anna",
    )
    assert first.alignment is not None
    assert [(item.symbol, item.start, item.end, item.score) for item in first.alignment["word"]] == [
        ("Hello,", 1.0, 1.4, 0.5),
        ("world", 1.4, 2.0, 0.5),
    ]
    assert (second.language, second.alignment, second.confidence) == (None, None, 0.75)
    assert [one.id for one in recordings] == [held.key] == [first.recording_id]
    assert [each.id for each in supervisions] == [held.key_of(each) for each in held.utterances]


def test_a_cut_is_what_lhotse_makes_of_its_supervision(tmp_path: Path) -> None:
    recordings, supervisions, cuts = written(MemoryDataSet([hello_and_bye(tmp_path)]), tmp_path / "out")
    trimmed = CutSet.from_manifests(recordings, supervisions).trim_to_supervisions()
    for ours, theirs in zip(cuts, trimmed, strict=True):
        assert replace(ours, id=theirs.id) == theirs


def test_lhotse_hears_the_samples_of_a_cut(tmp_path: Path) -> None:
    held = recording(tmp_path, "a.wav", 2.0, utterance(0.25, 1.125, "one"))
    _, _, cuts = written(MemoryDataSet([held]), tmp_path / "out")
    (cut,) = cuts
    assert np.array_equal(cut.load_audio(), samples_of(held, RATE_HZ // 4, RATE_HZ * 9 // 8))


def test_lhotse_hears_the_samples_of_a_word(tmp_path: Path) -> None:
    held = hello_and_bye(tmp_path)
    _, _, cuts = written(MemoryDataSet([held]), tmp_path / "out")
    _, world = next(iter(cuts)).trim_to_alignments("word", max_pause=-1.0)
    assert world.supervisions[0].text == "world"
    assert np.array_equal(world.load_audio(), samples_of(held, RATE_HZ * 14 // 10, RATE_HZ * 2))


def test_channels_are_those_of_the_utterance_or_all(tmp_path: Path) -> None:
    held = recording(
        tmp_path,
        "call.wav",
        2.0,
        utterance(0, 1, "both"),
        utterance(1, 2, "left", channel=0),
        utterance(1, 2, "right", channel=1),
        channels=2,
    )
    recordings, supervisions, cuts = written(MemoryDataSet([held]), tmp_path / "out")
    assert {each.text: each.channel for each in supervisions} == {"both": [0, 1], "left": 0, "right": 1}
    assert next(iter(recordings)).channel_ids == [0, 1]
    heard = {cut.supervisions[0].text: cut for cut in cuts}
    assert {text: type(cut) for text, cut in heard.items()} == {
        "both": MultiCut,
        "left": MonoCut,
        "right": MonoCut,
    }
    whole = samples_of(held, 0, 2 * RATE_HZ)
    assert np.array_equal(heard["both"].load_audio(), whole[:, :RATE_HZ])
    assert np.array_equal(heard["right"].load_audio()[0], whole[1, RATE_HZ:])


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 44_100, 48_000])
def test_nothing_reaches_past_the_last_sample(tmp_path: Path, rate_hz: int) -> None:
    num_samples = rate_hz - rate_hz // 1500
    end = round(num_samples / rate_hz, 3)
    said = utterance(0, end, "x", words=[("x", 0, end)])
    held = recording(tmp_path, "a.wav", num_samples / rate_hz, said, rate_hz=rate_hz)
    recordings, supervisions, cuts = written(MemoryDataSet([held]), tmp_path / "out")
    (whole,), (supervision,), (cut,) = recordings, supervisions, cuts
    assert max(supervision.end, cut.end) <= whole.duration
    assert supervision.alignment is not None
    assert supervision.alignment["word"][0].end <= whole.duration


def test_a_clip_is_a_recording_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = hello_and_bye(tmp_path)
    out = tmp_path / "out"
    data = clipped(out, held)
    monkeypatch.chdir(out)
    recordings, supervisions, cuts = written(data, out)
    keys = [held.key_of(each) for each in held.utterances]
    assert [one.id for one in recordings] == [each.recording_id for each in supervisions] == keys
    first, _ = supervisions
    assert (first.start, first.end, first.channel) == (0.0, 1.0, 0)
    assert first.alignment is not None
    assert [(item.start, item.end) for item in first.alignment["word"]] == [(0.0, 0.4), (0.4, 1.0)]
    assert np.array_equal(next(iter(cuts)).load_audio(), samples_of(held, RATE_HZ, 2 * RATE_HZ))


def test_lhotse_reads_shar_archives_with_their_audio(tmp_path: Path) -> None:
    held = hello_and_bye(tmp_path)
    out = tmp_path / "out"
    write_shar(clipped(out, held), out)
    first, second = shar(out)
    for cut in (first, second):
        validate(cut, read_data=True)
    assert [cut.id for cut in (first, second)] == [held.key_of(each) for each in held.utterances]
    (supervision,) = first.supervisions
    assert (supervision.text, supervision.start, supervision.end) == ("Hello, world", 0.0, 1.0)
    assert [(item.symbol, item.start, item.end) for item in supervision.alignment["word"]] == [
        ("Hello,", 0.0, 0.4),
        ("world", 0.4, 1.0),
    ]
    assert np.array_equal(first.load_audio(), samples_of(held, RATE_HZ, 2 * RATE_HZ))
    assert np.array_equal(second.load_audio(), samples_of(held, RATE_HZ * 5 // 2, RATE_HZ * 3))


def test_shar_cuts_are_those_that_lhotse_itself_would_write(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_shar(clipped(out, hello_and_bye(tmp_path)), out)
    ours = shar(out)
    for cut in ours:
        cut.custom = None  # Where it was read from, which Lhotse can't write.
    (tmp_path / "theirs" / "shar").mkdir(parents=True)
    CutSet.from_cuts(ours).to_shar(tmp_path / "theirs" / "shar", fields={"recording": "wav"}, shard_size=10)
    theirs = shar(tmp_path / "theirs")
    for cut, other in zip(ours, theirs, strict=True):
        other.custom = None
        assert np.array_equal(cut.load_audio(), other.load_audio())
        for each in (cut, other):
            each.recording.sources = []
        assert cut == other


def test_no_cut_is_dropped_and_only_the_last_shard_is_smaller(tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = [utterance(index / 10, (index + 1) / 10, str(index)) for index in range(5)]
    paths = write_shar(replace(clipped(out, recording(tmp_path, "a.wav", 1.0, *said)), shard_size=2), out)
    assert [path.name for path in paths if path.suffix == ".tar"] == [
        f"recording.{number:06}.tar" for number in range(3)
    ]
    assert [cut.supervisions[0].text for cut in shar(out)] == list("01234")


def test_shards_of_a_former_export_are_not_read_again(tmp_path: Path) -> None:
    out = tmp_path / "out"
    data = clipped(out, recording(tmp_path, "a.wav", 1.0, utterance(0, 0.5, "x"), utterance(0.5, 1, "y")))
    write_shar(replace(data, shard_size=1), out)
    (out / "shar" / ".cuts.000000.jsonl.gz.k1ll3d").write_bytes(b"half")
    write_shar(data, out)
    assert [cut.supervisions[0].text for cut in shar(out)] == ["x", "y"]


@given(text=texts)
@settings(max_examples=40, deadline=None)
def test_any_text_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    out = tmp_path_factory.mktemp("lhotse")
    said = utterance(0, 0.01, text, speaker=text, words=[(text, 0, 0.01)])
    data = clipped(out, recording(out, "a.wav", 0.01, said))
    write_lhotse(data, out)
    write_shar(data, out)
    (supervision,) = SupervisionSet.from_file(out / "supervisions.jsonl.gz")
    found = [
        supervision,
        *(cut.supervisions[0] for cut in [*CutSet.from_file(out / "cuts.jsonl.gz"), *shar(out)]),
    ]
    assert [(each.text, each.speaker) for each in found] == [(text, text)] * 3
    assert [each.alignment["word"][0].symbol for each in found if each.alignment] == [text] * 3


def test_a_repeated_export_gives_equal_bytes(tmp_path: Path) -> None:
    held = [recording(tmp_path, f"{name}.wav", 1.0, utterance(0, 1, name)) for name in "ba"]
    for folder in ("once", "again"):
        write_lhotse(MemoryDataSet(held), tmp_path / folder)
        write_shar(clipped(tmp_path / folder, *held), tmp_path / folder)
    once, again = everything(tmp_path / "once"), everything(tmp_path / "again")
    assert once == again
    assert [name for name in sorted(once) if "/" not in name] == FILES


def test_the_variants_are_named_as_the_command_asks_for_them() -> None:
    assert [(form.name, form.variant) for form in FORMATS] == [("lhotse", ""), ("lhotse", "shar")]
