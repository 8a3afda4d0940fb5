"""What every engine and every aligner promises, asked of all that are installed: ours and a plug-in of others.

Real weights (the embedded ones) hear real speech. Clips are short and few: each costs Whisper a 30 s window.

    clips   |- speech 2.4 s -|- speech 1.5 s -|- noise 1 s -|- silence 1 s -|- 50 ms -|- 30 s -|
"""

import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from asrlab.domain.labels import AlignedWord, Hypothesis
from asrlab.engines.embedded import embedded_checkpoint
from asrlab.engines.openai_api.endpoint import Endpoint, use_endpoint
from asrlab.engines.protocol import Aligner, Engine, EngineInfo, EngineOptions, Waveform
from asrlab.engines.registry import aligner_factory, engine_factory, installed
from asrlab.text.words import words_of
from tests.random_checkpoints import random_checkpoint

RATE_HZ = 16_000
CHECKPOINTS = Path(__file__).parents[2] / "goldens" / "qwen3_asr" / "checkpoints"
# What has no embedded weights runs on tiny random ones in the true architecture.
MODELS = {"qwen3-asr": "asr-orig", "qwen3": "aligner-hf"}
RANDOM = tempfile.TemporaryDirectory(prefix="asrlab-random-")
ENGINES = [entry.name for entry in installed() if entry.kind == "engine" and entry.error is None]
ALIGNERS = [entry.name for entry in installed() if entry.kind == "aligner" and entry.error is None]
TEXT = "It was the best of times"
# What a model may be unsure of by: the sums of another batch are not rounded alike.
CONFIDENCE_TOLERANCE = 0.02
FINISH_REASONS = ("stop", "length")


def options_of(name: str) -> EngineOptions:
    if name == "openai":
        return EngineOptions(model=str(embedded_checkpoint()))
    if name == "ctc":
        return EngineOptions(model=str(random_checkpoint("wav2vec2", Path(RANDOM.name))), device="cpu")
    model = str(CHECKPOINTS / MODELS[name]) if name in MODELS else None
    return EngineOptions(model=model, device="cpu")


@dataclass(frozen=True, slots=True)
class Heard:
    """An engine, and what it said of `clips` in one call."""

    engine: Engine
    hypotheses: list[Hypothesis]


@dataclass(frozen=True, slots=True)
class Placed:
    """An aligner, and where it put the words of `texts` in one call."""

    aligner: Aligner
    words: list[tuple[AlignedWord, ...]]


@pytest.fixture(scope="module")
def clips(speech: Waveform) -> list[Waveform]:
    random = np.random.default_rng(7)
    return [
        speech[round(1.2 * RATE_HZ) : round(3.6 * RATE_HZ)],
        speech[round(4.8 * RATE_HZ) : round(6.3 * RATE_HZ)],
        random.normal(0, 0.05, RATE_HZ).astype(np.float32),
        np.zeros(RATE_HZ, dtype=np.float32),
        speech[2 * RATE_HZ : 2 * RATE_HZ + 800],
        speech[: 30 * RATE_HZ],
    ]


@pytest.fixture(scope="module")
def texts(clips: list[Waveform]) -> list[str]:
    long = f"{TEXT}, it was the worst of times, it was the age of wisdom"
    return [TEXT, "", "nobody says this", "nor this", "hi there", long]


@pytest.fixture(scope="module", params=ENGINES)
def heard(request: pytest.FixtureRequest, clips: list[Waveform]) -> Heard:
    if request.param == "openai":
        use_endpoint(Endpoint(url=request.getfixturevalue("served")))
    engine = engine_factory(request.param).open(options_of(request.param))
    return Heard(engine, engine.transcribe(clips, language=None, context=""))


@pytest.fixture(scope="module", params=ALIGNERS)
def placed(request: pytest.FixtureRequest, clips: list[Waveform], texts: list[str]) -> Placed:
    aligner = aligner_factory(request.param).open(options_of(request.param))
    return Placed(aligner, aligner.align(clips, texts, languages=["en"] * len(clips)))


def test_our_engines_and_the_plugins_are_asked() -> None:
    assert {"fake", "faster-whisper", "openai", "qwen3-asr", "transformers", "whisper"} <= set(ENGINES)
    assert {"ctc", "fake", "faster-whisper", "qwen3", "whisper"} <= set(ALIGNERS)


# --- engines


def test_each_clip_has_one_hypothesis(heard: Heard, clips: list[Waveform]) -> None:
    assert len(heard.hypotheses) == len(clips)


def test_a_hypothesis_is_whole(heard: Heard) -> None:
    for hypothesis in heard.hypotheses:
        assert hypothesis.text == hypothesis.text.strip()
        assert hypothesis.finish_reason in FINISH_REASONS
        assert (hypothesis.language is None) == (hypothesis.language_tag is None)
        assert hypothesis.confidence is None or 0.0 <= hypothesis.confidence <= 1.0
        assert all(0.0 <= word.confidence <= 1.0 for word in hypothesis.words)
        if hypothesis.words:
            assert tuple(word.text for word in hypothesis.words) == words_of(hypothesis.text)


def test_the_order_of_the_answers_is_that_of_the_clips_and_they_are_the_same_every_time(
    heard: Heard, clips: list[Waveform]
) -> None:
    # Backwards, another length comes first: an engine that sorts must sort back.
    chosen = [3, 1, 0]
    again = heard.engine.transcribe([clips[i] for i in chosen], language=None, context="")
    assert_same(again, [heard.hypotheses[i] for i in chosen])


def test_a_clip_alone_is_heard_as_in_its_batch(heard: Heard, clips: list[Waveform]) -> None:
    for index in (0, 2):
        assert_same(
            heard.engine.transcribe([clips[index]], language=None, context=""), [heard.hypotheses[index]]
        )


def test_no_clips_give_no_hypotheses(heard: Heard) -> None:
    assert heard.engine.transcribe([], language=None, context="") == []


def test_a_clip_without_a_sample_is_no_accident(heard: Heard) -> None:
    (hypothesis,) = heard.engine.transcribe([np.zeros(0, dtype=np.float32)], language=None, context="")
    assert hypothesis.confidence is None or math.isfinite(hypothesis.confidence)


def test_waveforms_are_left_as_they_are(heard: Heard, clips: list[Waveform]) -> None:
    clip = clips[4].copy()
    clip.flags.writeable = False
    heard.engine.transcribe([clip], language="en", context="times")
    assert np.array_equal(clip, clips[4])


def test_what_an_engine_is_is_known_before_it_is_opened(heard: Heard) -> None:
    info = heard.engine.info
    assert_complete(info)
    assert engine_factory(info.name).describe(options_of(info.name)) == info


def test_a_closed_engine_leaves_the_next_one_whole(heard: Heard, clips: list[Waveform]) -> None:
    opened = engine_factory(heard.engine.info.name).open(options_of(heard.engine.info.name))
    opened.close()
    opened.close()
    next_one = engine_factory(heard.engine.info.name).open(options_of(heard.engine.info.name))
    assert_same(next_one.transcribe(clips[1:2], language=None, context=""), heard.hypotheses[1:2])


# --- aligners


def test_each_word_of_each_text_has_a_place(placed: Placed, texts: list[str]) -> None:
    assert [[word.text for word in words] for words in placed.words] == [text.split() for text in texts]


def test_words_are_in_order_and_inside_their_clip(placed: Placed, clips: list[Waveform]) -> None:
    for words, clip in zip(placed.words, clips, strict=True):
        times = [time for word in words for time in (word.span.start, word.span.end)]
        assert times == sorted(times)
        assert all(0.0 <= time <= len(clip) / RATE_HZ for time in times)
        assert all(word.score is None or 0.0 <= word.score <= 1.0 for word in words)


def test_words_are_placed_the_same_alone_in_another_order_and_every_time(
    placed: Placed, clips: list[Waveform], texts: list[str]
) -> None:
    chosen = [3, 1, 0]
    again = placed.aligner.align(
        [clips[i] for i in chosen], [texts[i] for i in chosen], languages=["en"] * len(chosen)
    )
    alone = [placed.aligner.align([clips[i]], [texts[i]], languages=["en"])[0] for i in chosen]
    assert_placed_alike(again, [placed.words[i] for i in chosen])
    assert_placed_alike(alone, [placed.words[i] for i in chosen])


def test_no_clips_have_no_words(placed: Placed) -> None:
    assert placed.aligner.align([], [], languages=[]) == []


def test_an_empty_text_has_no_words(placed: Placed, clips: list[Waveform]) -> None:
    assert placed.aligner.align(clips[:2], ["", "  "], languages=[None, "en"]) == [(), ()]


def test_what_an_aligner_is_is_known_before_it_is_opened(placed: Placed) -> None:
    info = placed.aligner.info
    assert_complete(info)
    assert aligner_factory(info.name).describe(options_of(info.name)) == info


def test_a_closed_aligner_leaves_the_next_one_whole(placed: Placed, clips: list[Waveform]) -> None:
    opened = aligner_factory(placed.aligner.info.name).open(options_of(placed.aligner.info.name))
    opened.close()
    opened.close()
    next_one = aligner_factory(placed.aligner.info.name).open(options_of(placed.aligner.info.name))
    assert_placed_alike(next_one.align(clips[:1], [TEXT], languages=["en"]), placed.words[:1])


def assert_same(found: Sequence[Hypothesis], expected: Sequence[Hypothesis]) -> None:
    assert [hypothesis.raw_text for hypothesis in found] == [hypothesis.raw_text for hypothesis in expected]
    for one, other in zip(found, expected, strict=True):
        assert (one.text, one.language_tag, one.finish_reason) == (
            other.text,
            other.language_tag,
            other.finish_reason,
        )
        assert one.confidence == pytest.approx(other.confidence, abs=CONFIDENCE_TOLERANCE)


def assert_placed_alike(
    found: Sequence[tuple[AlignedWord, ...]], expected: Sequence[tuple[AlignedWord, ...]]
) -> None:
    for one, other in zip(found, expected, strict=True):
        assert [word.text for word in one] == [word.text for word in other]
        for a, b in zip(one, other, strict=True):
            # One frame: the path through another batch's sums may turn a frame earlier.
            assert a.span.start == pytest.approx(b.span.start, abs=0.021)
            assert a.span.end == pytest.approx(b.span.end, abs=0.021)


def assert_complete(info: EngineInfo) -> None:
    assert info.name
    assert info.checkpoint
    assert info.revision
    assert info.code_version
    assert len(info.fingerprint) >= 16
