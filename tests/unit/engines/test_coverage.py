"""Speech that a text does not speak of, on real speech with real aligners."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrlab.domain.labels import AlignedWord
from asrlab.domain.time import TimeSpan
from asrlab.engines.coverage import MAX_UNCOVERED, has_speech, speech_in, uncovered_seconds
from asrlab.engines.protocol import EngineOptions, Waveform
from asrlab.engines.registry import aligner_factory

RATE_HZ = 16_000
TEXT = (
    "It was the best of times. It was the worst of times. It was the age of wisdom. It was the age of foolishness. "
    "It was the epoch of belief."
)
spans = st.lists(st.integers(0, 20_000), max_size=16, unique=True).map(
    lambda cuts: [TimeSpan.from_ms(a, b) for a, b in zip(sorted(cuts)[::2], sorted(cuts)[1::2], strict=False)]
)


def word(start: float, end: float, text: str = "word") -> AlignedWord:
    return AlignedWord(text, TimeSpan(start, end))


@pytest.fixture(scope="module")
def clip(speech: Waveform) -> Waveform:
    return speech[round(1.0 * RATE_HZ) : round(10.6 * RATE_HZ)]


@pytest.mark.parametrize("name", ["pocketsphinx", "whisper", "faster-whisper"])
def test_a_text_that_leaves_a_sentence_out_is_seen(name: str, clip: Waveform) -> None:
    aligner = aligner_factory(name).open(EngineOptions(device="cpu"))
    speech = speech_in(clip)
    sentences = TEXT.split(". ")
    shorter = ". ".join(sentences[:2]) + "."
    for text, is_whole in ((TEXT, True), (shorter, False)):
        (words,) = aligner.align([clip], [text], languages=["en"])
        assert (uncovered_seconds(speech, words) <= MAX_UNCOVERED) is is_whole


@given(spans, spans)
def test_it_is_between_nothing_and_all_of_the_speech(speech: list[TimeSpan], words: list[TimeSpan]) -> None:
    total = sum(span.duration for span in speech)
    placed = [AlignedWord("word", span) for span in words]
    assert 0.0 <= uncovered_seconds(speech, placed) <= total + 1e-6
    assert uncovered_seconds(speech, []) == pytest.approx(total)
    assert uncovered_seconds(speech, placed[1:]) >= uncovered_seconds(speech, placed) - 1e-6


@given(spans)
def test_it_is_what_is_left_when_milliseconds_are_crossed_out(speech: list[TimeSpan]) -> None:
    words = [word(0.5, 0.9), word(2.0, 9.0, "stretched"), word(9.0, 9.4, "12")]
    left = {ms for span in speech for ms in range(span.start_ms, span.end_ms)}
    for first, end in ((300, 1100), (1800, 2000 + 200 + 900 + 200), (8800, 9600)):
        left -= set(range(first, end))
    assert uncovered_seconds(speech, words) == pytest.approx(len(left) / 1000)


def test_speech_is_told_from_silence_and_noise(clip: Waveform) -> None:
    assert has_speech(clip)
    assert not has_speech(np.zeros(5 * RATE_HZ, dtype=np.float32))
    noise = np.random.default_rng(1).normal(0, 0.05, 5 * RATE_HZ).astype(np.float32)
    assert not has_speech(noise)
    assert not has_speech(clip[:0])
