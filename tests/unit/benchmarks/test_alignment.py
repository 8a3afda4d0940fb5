"""The alignment benchmark's truth holds, and the default English aligner keeps its promise on a part of it."""

import warnings
from collections.abc import Sequence

import numpy as np
import pytest

from asrlab.engines.protocol import EngineOptions
from asrlab.engines.registry import open_aligner, pick_aligner
from benchmarks.alignment import MANNERS, SAMPLING_RATE_HZ, SENTENCES, SILENCE_AROUND_S, Spoken, measure, say

MAX_MEAN_START_ERROR_MS = 70


@pytest.fixture(scope="module")
def spoken() -> Sequence[Spoken]:
    with warnings.catch_warnings():
        # onnxruntime asks the kernel for a GPU's name, protobuf deprecates its own calls.
        warnings.simplefilter("ignore")
        return [say(sentence, manner) for manner in MANNERS[:2] for sentence in SENTENCES[4:7]]


def test_the_true_words_fill_the_speech_between_the_silences(spoken: Sequence[Spoken]) -> None:
    for one in spoken:
        assert len(one.truth) == len(one.text.split())
        times = [time for span in one.truth for time in (span.start, span.end)]
        assert times == sorted(times)
        seconds = len(one.waveform) / SAMPLING_RATE_HZ
        assert times[0] >= SILENCE_AROUND_S
        assert seconds - SILENCE_AROUND_S - 0.5 < times[-1] <= seconds - SILENCE_AROUND_S
        assert np.abs(one.waveform[: round(0.2 * SAMPLING_RATE_HZ)]).max() == 0


def test_the_voice_says_the_same_twice(spoken: Sequence[Spoken]) -> None:
    again = say(spoken[0].text, MANNERS[0])
    assert again.truth == spoken[0].truth
    assert np.array_equal(again.waveform, spoken[0].waveform)


def test_the_default_english_aligner_starts_words_where_they_start(spoken: Sequence[Spoken]) -> None:
    errors = measure(open_aligner(pick_aligner("en").name, EngineOptions(device="cpu")), spoken)
    assert np.mean(np.abs(errors.starts_ms)) <= MAX_MEAN_START_ERROR_MS
    assert errors.refused == 0
    assert errors.wrong_refused == len(spoken)
