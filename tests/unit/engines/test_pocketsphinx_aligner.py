"""The aligner `pocketsphinx` on its real model and real speech: exact times, and a flag for what is not said."""

import string
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asrlab.domain.labels import FLAG_INTERPOLATED, FLAG_MISMATCH, AlignedWord
from asrlab.domain.reasons import FailureReason
from asrlab.engines import registry
from asrlab.engines.pocketsphinx import factory
from asrlab.engines.pocketsphinx.aligner import PocketsphinxAligner
from asrlab.engines.pocketsphinx.factory import pocketsphinx_aligner
from asrlab.engines.protocol import EngineOptions, Waveform
from asrlab.errors import ItemError, MissingExtraError, OptionError
from asrlab.text.words import words_of

RATE_HZ = 16_000
FIRST = "It was the best of times, it was the worst of times."
SECOND = "it was the age of wisdom, it was the age of foolishness,"


@pytest.fixture(scope="module")
def pocketsphinx() -> PocketsphinxAligner:
    opened = pocketsphinx_aligner.open(EngineOptions())
    assert isinstance(opened, PocketsphinxAligner)
    return opened


def align(
    aligner: PocketsphinxAligner, clip: Waveform, text: str, language: str | None = "en"
) -> tuple[AlignedWord, ...]:
    (words,) = aligner.align([clip], [text], languages=[language])
    return words


def refused(words: Sequence[AlignedWord]) -> bool:
    return all(FLAG_MISMATCH in word.flags for word in words)


def test_the_words_stand_where_they_are_said(
    pocketsphinx: PocketsphinxAligner, clips: Sequence[Waveform]
) -> None:
    # 0 s  0.18 "It was the best of times"  1.86  1.96 "it was the worst of times"  3.59   3.8 s
    words = align(pocketsphinx, clips[0], FIRST)
    assert [word.text for word in words] == FIRST.split()
    assert words[0].span.start == pytest.approx(0.18, abs=0.05)
    assert words[5].span.end == pytest.approx(1.86, abs=0.1)
    assert words[6].span.start == pytest.approx(1.96, abs=0.05)
    assert all(word.flags == () for word in words)
    assert np.median([word.score for word in words]) > 0.2


def test_case_punctuation_and_level_change_nothing(
    pocketsphinx: PocketsphinxAligner, clips: Sequence[Waveform]
) -> None:
    spans = [word.span for word in align(pocketsphinx, clips[0], FIRST)]
    bare = FIRST.lower().replace(",", "").replace(".", " ")
    assert [word.span for word in align(pocketsphinx, clips[0], bare)] == spans
    quiet = align(pocketsphinx, clips[0] * np.float32(1e-3), FIRST)
    assert [word.span for word in quiet] == spans


def test_a_batch_gives_what_each_gives_alone_and_again(
    pocketsphinx: PocketsphinxAligner, clips: Sequence[Waveform]
) -> None:
    pairs = [(clips[0], FIRST), (clips[1], SECOND), (clips[0], "green bicycles"), (clips[0], FIRST)]
    waveforms, texts = [clip for clip, _ in pairs], [text for _, text in pairs]
    together = pocketsphinx.align(waveforms, texts, languages=["en"] * len(pairs))
    assert together == [align(pocketsphinx, clip, text) for clip, text in pairs]
    assert together[0] == together[3]
    assert pocketsphinx.align([], [], languages=[]) == []


def test_words_of_no_dictionary_are_read_from_their_letters(
    pocketsphinx: PocketsphinxAligner, clips: Sequence[Waveform]
) -> None:
    plain = align(pocketsphinx, clips[0], FIRST)
    misspelled = align(pocketsphinx, clips[0], FIRST.replace("worst", "wurrst").replace("best", "bhest"))
    assert not refused(misspelled)
    for one, other in zip(plain, misspelled, strict=True):
        assert other.span.start == pytest.approx(one.span.start, abs=0.06)


def test_the_reading_that_was_said_is_found(
    pocketsphinx: PocketsphinxAligner, clips: Sequence[Waveform]
) -> None:
    # The voice says "it was"; the text as somebody may have typed it.
    words = align(pocketsphinx, clips[0], "It was the best of times, it was the worst - of times \u2026")
    assert [word.text for word in words if FLAG_INTERPOLATED in word.flags] == ["-", "\u2026"]
    assert [word.span.duration for word in words if FLAG_INTERPOLATED in word.flags] == [0.0, 0.0]
    assert not refused(words)


@pytest.mark.parametrize("text", ["seven green bicycles hardly ever sleep", "\u4e2d\u6587", "42 4711 1999"])
def test_a_text_that_is_not_said_is_refused_by_a_flag(
    pocketsphinx: PocketsphinxAligner, clips: Sequence[Waveform], text: str
) -> None:
    words = align(pocketsphinx, clips[0], text)
    assert [word.text for word in words] == list(words_of(text))
    assert refused(words)


def test_speech_played_backwards_is_refused(
    pocketsphinx: PocketsphinxAligner, clips: Sequence[Waveform]
) -> None:
    assert refused(align(pocketsphinx, clips[0][::-1].copy(), FIRST))


@pytest.mark.parametrize("seconds", [0.0, 0.05, 1.0, 30.0])
def test_silence_is_refused_whatever_its_length(pocketsphinx: PocketsphinxAligner, seconds: float) -> None:
    words = align(pocketsphinx, np.zeros(round(seconds * RATE_HZ), dtype=np.float32), FIRST)
    assert refused(words)
    assert words[-1].span.end <= seconds


def test_noise_is_refused(pocketsphinx: PocketsphinxAligner) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 3 * RATE_HZ).astype(np.float32)
    assert refused(align(pocketsphinx, noise, FIRST))


def test_thirty_seconds_are_one_search(pocketsphinx: PocketsphinxAligner, speech: Waveform) -> None:
    text = f"{FIRST} {SECOND}"
    words = align(pocketsphinx, speech[: 30 * RATE_HZ], text)
    assert len(words) == len(text.split())
    assert words[0].span.start == pytest.approx(1.18, abs=0.05)


def test_an_empty_text_has_no_words(pocketsphinx: PocketsphinxAligner, clips: Sequence[Waveform]) -> None:
    assert align(pocketsphinx, clips[0], "") == ()
    assert align(pocketsphinx, clips[0], "  ", "fr") == ()


def test_another_language_is_a_failure_of_that_item(
    pocketsphinx: PocketsphinxAligner, clips: Sequence[Waveform]
) -> None:
    with pytest.raises(ItemError, match="knows English") as raised:
        align(pocketsphinx, clips[0], "bonjour", "fr")
    assert raised.value.reason is FailureReason.LANGUAGE_UNSUPPORTED


@pytest.mark.parametrize("language", ["en", "en-GB", "English", None])
def test_english_goes_by_many_names(
    pocketsphinx: PocketsphinxAligner, clips: Sequence[Waveform], language: str | None
) -> None:
    assert len(align(pocketsphinx, clips[0], FIRST, language)) == len(FIRST.split())


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    text=st.text(alphabet=string.printable + "\u00e9\u00fc\u4e2d\u6587\U0001f642", max_size=60)
    | st.sampled_from([FIRST, "$5.30 AT&T 1999", "U.S. NASA's x-ray 3:05"]),
    seconds=st.sampled_from([0.02, 0.05, 0.3, 1.0, 2.5]),
)
def test_any_text_on_any_clip_gives_ordered_words_inside_it(
    pocketsphinx: PocketsphinxAligner, speech: Waveform, text: str, seconds: float
) -> None:
    clip = speech[2 * RATE_HZ : 2 * RATE_HZ + round(seconds * RATE_HZ)]
    words = align(pocketsphinx, clip, text)
    assert [word.text for word in words] == list(words_of(text))
    last = 0.0
    for word in words:
        assert last <= word.span.start <= word.span.end <= seconds
        assert word.score is None or 0.0 <= word.score <= 1.0
        last = word.span.end


def test_it_is_described_by_its_weights_and_what_reads_for_it() -> None:
    info = pocketsphinx_aligner.describe(EngineOptions())
    assert len(info.revision) == 64
    assert set(info.parameters) == {"pocketsphinx", "hama", "num2words"}
    assert info == pocketsphinx_aligner.describe(EngineOptions(device="cuda"))


def test_a_model_of_ones_own_is_refused() -> None:
    with pytest.raises(OptionError, match="--aligner-model"):
        pocketsphinx_aligner.describe(EngineOptions(model="somewhere"))


def test_without_its_extra_it_says_so_and_is_never_picked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factory, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"asrlab\[pocketsphinx\]"):
        pocketsphinx_aligner.describe(EngineOptions())
    assert registry.pick_aligner("en").name == "whisper"
