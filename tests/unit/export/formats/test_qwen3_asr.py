"""The fine-tuning format of Qwen3-ASR: clips beside JSON Lines, a text behind its language."""

import json
from pathlib import Path

import pytest
import soundfile
from hypothesis import given, settings

from asrlab.export.formats.qwen3_asr import LANGUAGES, TEXT_MARK, language_name, write_qwen3_asr
from tests.datasets import RATE_HZ, clipped, recording, utterance
from tests.unit.export.formats.hard_texts import texts


def entries(folder: Path) -> list[dict[str, str]]:
    lines = (folder / "train.jsonl").read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


def test_a_line_has_a_clip_and_a_text_behind_its_language(tmp_path: Path) -> None:
    one = recording(
        tmp_path / "audio",
        "a.wav",
        3.0,
        utterance(0, 1, "It was.", language="en-US", context="Dickens"),
        utterance(1, 2.5, "什么", language="zh"),
        utterance(2.5, 3, "?", language=None),
    )
    (manifest,) = write_qwen3_asr(clipped(tmp_path, one), tmp_path)
    assert manifest == tmp_path / "train.jsonl"
    found = entries(tmp_path)
    assert [entry["text"] for entry in found] == [
        "language English<asr_text>It was.",
        "language Chinese<asr_text>什么",
        "language None<asr_text>?",
    ]
    assert [entry.get("prompt") for entry in found] == ["Dickens", None, None]
    lengths = [soundfile.info(tmp_path / entry["audio"]).frames for entry in found]
    assert lengths == [RATE_HZ, 1.5 * RATE_HZ, 0.5 * RATE_HZ]


@settings(max_examples=30, deadline=None)
@given(text=texts)
def test_every_text_comes_through(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("out")
    write_qwen3_asr(clipped(folder, recording(folder / "audio", "a.wav", 1.0, utterance(0, 1, text))), folder)
    (entry,) = entries(folder)
    assert entry["text"].partition(TEXT_MARK)[2] == text


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("en", "English"),
        ("pt-BR", "Portuguese"),
        ("zh-yue-HK", "Cantonese"),
        ("yue", "Cantonese"),
        ("zh_CN", "Chinese"),
        ("german", "German"),
        ("xx", "None"),
        ("", "None"),
        (None, "None"),
    ],
)
def test_a_language_has_the_models_name(language: str | None, name: str) -> None:
    assert language_name(language) == name


def test_the_model_knows_thirty_languages() -> None:
    assert len(set(LANGUAGES.values())) == 30
