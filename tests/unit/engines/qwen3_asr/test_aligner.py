"""The aligner `qwen3`: the text's own words, inside the audio, in order; what it can't align is told."""

from pathlib import Path

import pytest

from asrlab.audio.inputs import load_waveform
from asrlab.domain.labels import FLAG_INTERPOLATED, FLAG_MISMATCH
from asrlab.domain.reasons import FailureReason
from asrlab.engines.protocol import Aligner, EngineOptions, Waveform
from asrlab.engines.qwen3_asr import aligner as aligner_module
from asrlab.engines.qwen3_asr.aligner import MAX_UNITS_PER_SECOND
from asrlab.engines.qwen3_asr.factory import qwen3_aligner
from asrlab.engines.qwen3_asr.placing import Placed
from asrlab.errors import ItemError
from asrlab.text.words import words_of

RATE_HZ = 16_000


@pytest.fixture(scope="module")
def aligner(goldens: Path) -> Aligner:
    return qwen3_aligner.open(
        EngineOptions(model=str(goldens / "checkpoints" / "aligner-orig"), device="cpu")
    )


@pytest.fixture(scope="module")
def waveform(goldens: Path) -> Waveform:
    return load_waveform(str(goldens / "audio" / "clip_12_37.flac"))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Well-known: „Über“ — it's x² !", "de"),
        ("今天我们用Python写code，版本3.5发布了！", "zh"),
        ("今日は天気がいいですね。東京へ行きます。", "Japanese"),
        ("서울특별시에서 회의가 열렸습니다, 그리고 끝났다!", "ko"),
        ("no language at all", None),
    ],
)
def test_the_words_are_the_texts_own_in_order_and_inside(
    aligner: Aligner, waveform: Waveform, text: str, language: str | None
) -> None:
    (words,) = aligner.align([waveform], [text], languages=[language])
    assert tuple(word.text for word in words) == words_of(text)
    cursor = 0.0
    for word in words:
        assert cursor <= word.span.start <= word.span.end <= len(waveform) / RATE_HZ
        cursor = word.span.end
        assert word.score is None or 0.0 <= word.score <= 1.0


def test_texts_without_words_and_no_texts(aligner: Aligner, waveform: Waveform) -> None:
    assert aligner.align([], [], languages=[]) == []
    empty, dots = aligner.align([waveform] * 2, ["", "… —"], languages=["en", "en"])
    assert empty == ()
    assert [(word.text, word.score) for word in dots] == [("…", None), ("—", None)]


def test_a_language_it_was_not_trained_for_is_told_by_reason(aligner: Aligner, waveform: Waveform) -> None:
    with pytest.raises(ItemError, match="was not trained for Hindi") as raised:
        aligner.align([waveform], ["हिन्दी"], languages=["Hindi"])
    assert raised.value.reason is FailureReason.LANGUAGE_UNSUPPORTED
    assert not qwen3_aligner.supports("hi")
    assert not qwen3_aligner.supports(None)
    assert qwen3_aligner.supports("pt-BR")


def test_audio_longer_than_it_reads_is_told(aligner: Aligner, waveform: Waveform) -> None:
    import numpy as np

    with pytest.raises(ItemError, match="reads 180 s") as raised:
        aligner.align([np.tile(waveform, 15)], ["too long"], languages=["en"])
    assert raised.value.reason is FailureReason.TOO_LONG


def test_more_text_than_anybody_says_is_flagged(aligner: Aligner, waveform: Waveform) -> None:
    text = " ".join(["word"] * (int(MAX_UNITS_PER_SECOND) + 2))
    (words,) = aligner.align([waveform[:RATE_HZ]], [text], languages=["en"])
    assert all(FLAG_MISMATCH in word.flags for word in words)


def placed(start: float, end: float, *, repaired: bool = False) -> Placed:
    return Placed("w", start, end, 0.5, repaired)


def test_repaired_words_are_flagged_and_a_text_mostly_out_of_place_is_refused() -> None:
    units = aligner_module.units_of("a b c d")
    some = [placed(0.0, 0.2), placed(0.2, 0.2, repaired=True), placed(0.4, 0.8), placed(0.8, 1.2)]
    words = aligner_module._words("a b c d", units, some, 2.0)
    assert [word.flags for word in words] == [(), (FLAG_INTERPOLATED,), (), ()]
    beyond = [placed(0.0, 0.2), *[placed(300.0, 300.0)] * 3]
    words = aligner_module._words("a b c d", units, beyond, 2.0)
    assert all(FLAG_MISMATCH in word.flags for word in words)
    assert words[-1].span.end <= 2.0
