"""The engine and aligner `faster-whisper` on real weights, held against their siblings on transformers."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import WhisperFeatureExtractor

from asrlab.domain.reasons import FailureReason
from asrlab.engines.faster_whisper.aligner import FasterWhisperAligner
from asrlab.engines.faster_whisper.engine import FasterWhisperEngine
from asrlab.engines.faster_whisper.factory import faster_whisper_aligner, faster_whisper_engine
from asrlab.engines.protocol import EngineOptions, Waveform
from asrlab.engines.whisper.aligner import WhisperAligner
from asrlab.engines.whisper.engine import WhisperEngine
from asrlab.errors import ItemError, OptionError
from asrlab.text.words import words_of

RATE_HZ = 16_000
EXACT = EngineOptions(device="cpu", compute_type="float32")
FIRST = "It was the best of times, it was the worst of times."


@pytest.fixture(scope="module")
def exact() -> FasterWhisperEngine:
    """In float32, to be compared with transformers."""
    opened = faster_whisper_engine.open(EXACT)
    assert isinstance(opened, FasterWhisperEngine)
    return opened


@pytest.fixture(scope="module")
def fast() -> FasterWhisperEngine:
    opened = faster_whisper_engine.open(EngineOptions(device="cpu"))
    assert isinstance(opened, FasterWhisperEngine)
    return opened


@pytest.fixture(scope="module")
def placer() -> FasterWhisperAligner:
    opened = faster_whisper_aligner.open(EXACT)
    assert isinstance(opened, FasterWhisperAligner)
    return opened


def test_text_and_confidence_are_those_of_the_engine_on_transformers(
    exact: FasterWhisperEngine, engine: WhisperEngine, clips: Sequence[Waveform]
) -> None:
    ours = exact.transcribe(clips, language=None, context="")
    theirs = engine.transcribe(clips, language=None, context="")
    assert [h.raw_text for h in ours] == [h.raw_text for h in theirs]
    for one, other in zip(ours, theirs, strict=True):
        assert one.confidence == pytest.approx(other.confidence, abs=2e-3)
        assert [word.text for word in one.words] == [word.text for word in other.words]


@pytest.mark.parametrize("samples", [0, 800, 59_200, 479_900, 480_000])
def test_features_are_those_of_the_clip_padded_to_the_window(
    exact: FasterWhisperEngine, speech: Waveform, samples: int
) -> None:
    theirs = WhisperFeatureExtractor()(
        speech[RATE_HZ : RATE_HZ + samples], sampling_rate=RATE_HZ, return_tensors="np"
    ).input_features[0]
    ours = exact._loaded._features(speech[RATE_HZ : RATE_HZ + samples])
    assert np.abs(ours - theirs).max() < 1e-4


def test_int8_hears_the_same_words(fast: FasterWhisperEngine, clips: Sequence[Waveform]) -> None:
    (first,) = fast.transcribe(clips[:1], language="English", context="")
    assert (first.text, first.language, first.language_tag) == (FIRST, "English", "en")
    assert (first.finish_reason, first.flags) == ("stop", ())


def test_context_reaches_the_decoder(fast: FasterWhisperEngine, clips: Sequence[Waveform]) -> None:
    plain, told = (
        fast.transcribe(clips[:1], language="en", context=context)[0] for context in ("", "IT WAS THE WORST")
    )
    assert plain.confidence != told.confidence
    assert "times" in told.text.lower()


def test_the_longest_context_leaves_room_for_the_text(
    fast: FasterWhisperEngine, clips: Sequence[Waveform]
) -> None:
    (told,) = fast.transcribe(clips[:1], language="en", context="times " * 400)
    assert told.finish_reason in ("stop", "length")


def test_a_text_cut_by_the_budget_is_flagged(
    fast: FasterWhisperEngine, clips: Sequence[Waveform], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asrlab.engines.faster_whisper.engine.MAX_NEW_TOKENS", 5)
    (hypothesis,) = fast.transcribe(clips[:1], language="en", context="")
    assert (hypothesis.text, hypothesis.finish_reason) == ("It was the best of", "length")
    assert hypothesis.flags == ("truncated",)


def test_out_of_memory_halves_the_batch(
    fast: FasterWhisperEngine, clips: Sequence[Waveform], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = fast.transcribe(clips[:2], language="en", context="")
    whole = fast._run_batch

    def small_device(waveforms: list[Waveform], tag: str | None, context: str) -> object:
        if len(waveforms) > 1:
            raise RuntimeError("CUDA failed with error out of memory")
        return whole(waveforms, tag, context)

    monkeypatch.setattr(fast, "_run_batch", small_device)
    found = fast.transcribe(clips[:2], language="en", context="")
    assert [h.text for h in found] == [h.text for h in expected]


def test_what_does_not_fit_or_is_no_number_is_refused(
    fast: FasterWhisperEngine, placer: FasterWhisperAligner
) -> None:
    with pytest.raises(ValueError, match=r"30\.1 s"):
        fast.transcribe([np.zeros(round(30.1 * RATE_HZ), dtype=np.float32)], language=None, context="")
    with pytest.raises(ItemError, match="NaN"):
        fast.transcribe([np.full(RATE_HZ, np.nan, dtype=np.float32)], language=None, context="")
    with pytest.raises(ItemError, match="NaN"):
        placer.align([np.full(RATE_HZ, np.nan, dtype=np.float32)], ["hi"], languages=["en"])


def test_an_english_model_refuses_other_languages(
    fast: FasterWhisperEngine, placer: FasterWhisperAligner, clips: Sequence[Waveform]
) -> None:
    with pytest.raises(OptionError, match="English only"):
        fast.transcribe(clips[:1], language="fr", context="")
    with pytest.raises(OptionError, match="English only"):
        faster_whisper_engine.check_language(EngineOptions(), "French")
    faster_whisper_engine.check_language(EngineOptions(), "en-GB")
    with pytest.raises(ItemError, match="English only") as raised:
        placer.align(clips[:1], ["bonjour"], languages=["fr"])
    assert raised.value.reason is FailureReason.LANGUAGE_UNSUPPORTED


def test_words_are_where_the_aligner_on_transformers_puts_them(
    placer: FasterWhisperAligner, aligner: WhisperAligner, clips: Sequence[Waveform]
) -> None:
    texts = [FIRST, "it was the age of wisdom - it was the AGE of foolishness"]
    languages = ["en", None]
    ours = placer.align(clips[:2], texts, languages=languages)
    theirs = aligner.align(clips[:2], texts, languages=languages)
    for one, other in zip(ours, theirs, strict=True):
        assert [word.text for word in one] == [word.text for word in other]
        for a, b in zip(one, other, strict=True):
            assert a.span.start == pytest.approx(b.span.start, abs=0.021)
            assert a.span.end == pytest.approx(b.span.end, abs=0.021)


def test_a_text_longer_than_the_decoder_is_a_failure_of_that_item(
    placer: FasterWhisperAligner, clips: Sequence[Waveform]
) -> None:
    with pytest.raises(ItemError, match="tokens long") as raised:
        placer.align(clips[:1], ["word " * 500], languages=["en"])
    assert raised.value.reason is FailureReason.ALIGNMENT_FAILED
    (words,) = placer.align(clips[:1], ["a " * 440], languages=["en"])
    assert len(words) == 440


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    text=st.text(alphabet="ab -<|>endoftx,.'\n\x00éü中文日本ひらがな🙂", max_size=40),
    seconds=st.sampled_from([0.0, 0.02, 0.05, 0.3, 2.5]),
)
def test_any_text_on_any_clip_gives_ordered_words_inside_it(
    placer: FasterWhisperAligner, speech: Waveform, text: str, seconds: float
) -> None:
    clip = speech[2 * RATE_HZ : 2 * RATE_HZ + round(seconds * RATE_HZ)]
    (words,) = placer.align([clip], [text], languages=["en"])
    assert [word.text for word in words] == list(words_of(text))
    last = 0.0
    for word in words:
        assert last <= word.span.start <= word.span.end <= seconds
        assert word.score is None or 0.0 <= word.score <= 1.0
        last = word.span.end


def test_a_special_token_in_a_text_is_plain_text(
    placer: FasterWhisperAligner, clips: Sequence[Waveform]
) -> None:
    text = "It was <|endoftext|> the best"
    (words,) = placer.align(clips[:1], [text], languages=["en"])
    assert [word.text for word in words] == text.split()


@pytest.mark.parametrize("device", ["toaster", "mps", "cpu:0", "cuda:x", "cuda:99"])
def test_a_device_that_is_not_there_is_a_users_error(device: str) -> None:
    with pytest.raises(OptionError, match="use"):
        faster_whisper_engine.open(EngineOptions(device=device))


def test_a_compute_type_that_does_not_run_here_is_a_users_error() -> None:
    with pytest.raises(OptionError, match=r"int4.*use auto, .*int8"):
        faster_whisper_engine.open(EngineOptions(device="cpu", compute_type="int4"))


def test_another_compute_type_has_another_fingerprint_and_another_batch_has_not() -> None:
    keys = [
        faster_whisper_engine.describe(options).fingerprint
        for options in (EngineOptions(), EXACT, EngineOptions(batch_seconds=30.0, device="cpu"))
    ]
    assert keys[0] == keys[2] != keys[1]


def test_neither_naming_nor_running_the_engine_loads_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from asrlab.engines.faster_whisper.factory import faster_whisper_engine as f; "
        "from asrlab.engines.protocol import EngineOptions as O; f.describe(O()); "
        "assert 'ctranslate2' not in sys.modules; f.open(O(device='cpu')); sys.exit('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
