"""Qwen3-ASR's format: each line's clip holds exactly the samples of its segment."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asrlab.audio.read import read_spans
from asrlab.domain.time import TimeSpan
from asrlab.errors import UserError
from asrlab.export import export
from asrlab.export.qwen3_asr import LANGUAGES, language_name
from tests.factories import RATE_HZ, tone, write_tone
from tests.unit.export.conftest import Corpus, Said, everything


def entries(manifest: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]


def test_a_line_has_a_clip_and_a_text_behind_its_language(corpus: Corpus, tmp_path: Path) -> None:
    path = write_tone(tmp_path / "a.wav", 3.0)
    corpus.label(
        path, Said(0.1, 1, "It was"), Said(1, 2.5, "你好", language="zh"), Said(2.5, 3, "?", language=None)
    )
    manifest, count = export(corpus.catalog, "qwen3-asr", tmp_path / "out")
    assert (manifest.name, count) == ("train.jsonl", 3)
    read = entries(manifest)
    assert [entry["text"] for entry in read] == [
        "language English<asr_text>It was",
        "language Chinese<asr_text>你好",
        "language None<asr_text>?",
    ]
    assert all(list(entry) == ["audio", "text"] and Path(entry["audio"]).is_absolute() for entry in read)


def test_a_clip_of_16_bit_16_khz_audio_is_equal_bit_for_bit(corpus: Corpus, tmp_path: Path) -> None:
    samples = np.random.default_rng(0).integers(-32768, 32768, 2 * RATE_HZ).astype(np.int16)
    path = tmp_path / "a.wav"
    soundfile.write(path, samples, RATE_HZ)
    corpus.label(path, Said(0.301, 1.507, "x"))
    manifest, _ = export(corpus.catalog, "qwen3-asr", tmp_path / "out")
    clip, rate = soundfile.read(entries(manifest)[0]["audio"], dtype="int16")
    assert rate == RATE_HZ
    assert np.array_equal(clip, samples[301 * 16 : 1507 * 16])


@pytest.mark.parametrize(("name", "rate_hz"), [("a.wav", 44_100), ("a.flac", 8_000), ("a.ogg", 48_000)])
def test_a_clip_is_what_the_engine_heard(corpus: Corpus, tmp_path: Path, name: str, rate_hz: int) -> None:
    path = tmp_path / name
    stereo = np.stack([tone(2.0, 200, rate_hz), tone(2.0, 300, rate_hz)], axis=1)
    soundfile.write(path, stereo, rate_hz)
    corpus.label(path, Said(0.25, 1.001, "all"), Said(1.2, 2.0, "right", channel=1))
    manifest, _ = export(corpus.catalog, "qwen3-asr", tmp_path / "out")
    heard = [
        *read_spans(path, [TimeSpan(0.25, 1.001)], channel=None),
        *read_spans(path, [TimeSpan(1.2, 2.0)], channel=1),
    ]
    for entry, expected in zip(entries(manifest), heard, strict=True):
        clip, rate = soundfile.read(entry["audio"], dtype="float32")
        assert rate == RATE_HZ
        assert len(clip) == len(expected)
        assert np.abs(clip - expected).max() <= 1 / 32768


def test_a_repeated_export_rewrites_no_clip_and_mends_a_cut_one(corpus: Corpus, tmp_path: Path) -> None:
    for rate_hz in (RATE_HZ, 44_100, 11_025):
        path = tmp_path / f"{rate_hz}.wav"
        soundfile.write(path, tone(1.7, rate_hz=rate_hz), rate_hz)
        corpus.label(path, Said(0.0, 0.777, "one"), Said(0.777, 1.7, "two"))
    manifest, _ = export(corpus.catalog, "qwen3-asr", tmp_path / "out")
    before = everything(tmp_path / "out")
    clips = sorted((tmp_path / "out" / "clips").iterdir())
    assert len(clips) == 6
    marks = [(path.stat().st_ino, path.stat().st_mtime_ns) for path in clips]
    export(corpus.catalog, "qwen3-asr", tmp_path / "out")
    assert [(path.stat().st_ino, path.stat().st_mtime_ns) for path in clips] == marks
    clips[0].write_bytes(clips[0].read_bytes()[:1000])
    export(corpus.catalog, "qwen3-asr", tmp_path / "out")
    assert everything(tmp_path / "out") == before
    assert manifest.is_file()


def test_stale_clips_and_what_a_killed_export_left_are_swept(corpus: Corpus, tmp_path: Path) -> None:
    path = write_tone(tmp_path / "a.wav", 2.0)
    corpus.label(path, Said(0, 1, "one"), Said(1, 2, "two"))
    manifest, _ = export(corpus.catalog, "qwen3-asr", tmp_path / "out")
    clips = manifest.parent / "clips"
    stale = Path(entries(manifest)[1]["audio"])
    (clips / f".{stale.name}.ab12_x9z").write_bytes(b"half")
    (clips / "mine.wav").write_bytes(b"mine")
    export(corpus.catalog, "qwen3-asr", tmp_path / "out", "text = 'one'")
    left = {Path(entry["audio"]).name for entry in entries(manifest)}
    assert stale.name not in left
    assert {path.name for path in clips.iterdir()} == left | {"mine.wav"}


def test_audio_that_changed_leaves_the_old_export_as_it_was(corpus: Corpus, tmp_path: Path) -> None:
    for name in ("a", "b"):
        corpus.label(write_tone(tmp_path / f"{name}.wav", 1.0, 200 + ord(name)), Said(0, 1, name))
    export(corpus.catalog, "qwen3-asr", tmp_path / "out", "text = 'a'")
    before = everything(tmp_path / "out")
    write_tone(tmp_path / "b.wav", 2.0, 500)
    with pytest.raises(UserError, match=r"b\.wav holds other audio") as raised:
        export(corpus.catalog, "qwen3-asr", tmp_path / "out")
    assert len(str(raised.value).splitlines()) == 1
    assert everything(tmp_path / "out") == before


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("en", "English"),
        ("EN-us", "English"),
        ("pt_BR", "Portuguese"),
        ("English", "English"),
        ("macedonian", "Macedonian"),
        ("yue", "Cantonese"),
        ("zh-yue", "Cantonese"),
        ("zh-Hant-TW", "Chinese"),
        ("uk", "None"),
        ("", "None"),
        (None, "None"),
    ],
)
def test_a_language_has_the_models_own_name(given: str | None, expected: str) -> None:
    assert language_name(given) == expected


def test_the_model_knows_thirty_languages() -> None:
    assert len(set(LANGUAGES.values())) == 30
