"""The aligner `whisper` on real weights: a given text, whoever wrote it, gets times that make sense."""

import string
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asrlab.domain.reasons import FailureReason
from asrlab.engines.embedded import embedded_checkpoint
from asrlab.engines.protocol import Waveform
from asrlab.engines.whisper.aligner import WhisperAligner
from asrlab.engines.whisper.model import load_whisper
from asrlab.errors import ItemError
from asrlab.text.words import words_of

RATE_HZ = 16_000
FIRST = "It was the best of times, it was the worst of times."


def test_the_words_are_the_texts_words_in_order(aligner: WhisperAligner, clips: Sequence[Waveform]) -> None:
    (words,) = aligner.align(clips[:1], [FIRST], languages=["en"])
    assert [word.text for word in words] == FIRST.split()
    times = [time for word in words for time in (word.span.start, word.span.end)]
    assert times == sorted(times)
    assert all(word.score is not None and word.score > 0.5 for word in words)


def test_words_move_with_the_audio(aligner: WhisperAligner, clips: Sequence[Waveform]) -> None:
    shift_s = 1.5
    later = np.concatenate([np.zeros(round(shift_s * RATE_HZ), dtype=np.float32), clips[0]])
    (here,) = aligner.align(clips[:1], [FIRST], languages=["en"])
    (there,) = aligner.align([later], [FIRST], languages=["en"])
    moved = [b.span.start - a.span.start for a, b in zip(here[1:], there[1:], strict=True)]
    assert np.median(moved) == pytest.approx(shift_s, abs=0.1)


def test_the_pause_between_two_halves_belongs_to_no_word(
    aligner: WhisperAligner, clips: Sequence[Waveform]
) -> None:
    pause_s = 2.0
    joined = np.concatenate([clips[0], np.zeros(round(pause_s * RATE_HZ), dtype=np.float32), clips[0]])
    (words,) = aligner.align([joined], [f"{FIRST} {FIRST}"], languages=["en"])
    ends, start = words[len(FIRST.split()) - 1].span.end, words[len(FIRST.split())].span.start
    assert start - ends > pause_s - 0.3


def test_a_corrected_text_is_aligned_too(aligner: WhisperAligner, clips: Sequence[Waveform]) -> None:
    corrected = FIRST.replace("best", "bestest").replace(",", " -")
    (words,) = aligner.align(clips[:1], [corrected], languages=["en"])
    (plain,) = aligner.align(clips[:1], [FIRST], languages=["en"])
    assert [word.text for word in words] == corrected.split()
    assert words[-1].span.start == pytest.approx(plain[-1].span.start, abs=0.15)


def test_words_that_were_not_spoken_score_lower(aligner: WhisperAligner, clips: Sequence[Waveform]) -> None:
    right, wrong = aligner.align(
        [clips[0], clips[0]], [FIRST, "seven green bicycles hardly ever sleep"], languages=["en", "en"]
    )
    mean = [np.mean([word.score for word in words]) for words in (right, wrong)]
    assert mean[0] > mean[1] + 0.5


def test_an_empty_text_has_no_words(aligner: WhisperAligner, clips: Sequence[Waveform]) -> None:
    assert aligner.align([clips[0], clips[0]], ["", "  "], languages=[None, None]) == [(), ()]


def test_a_text_longer_than_the_decoder_is_a_failure_of_that_item(
    aligner: WhisperAligner, clips: Sequence[Waveform]
) -> None:
    with pytest.raises(ItemError, match="tokens long") as raised:
        aligner.align(clips[:1], ["word " * 500], languages=["en"])
    assert raised.value.reason is FailureReason.ALIGNMENT_FAILED


def test_a_language_the_checkpoint_does_not_know_is_said_so(
    aligner: WhisperAligner, clips: Sequence[Waveform]
) -> None:
    with pytest.raises(ItemError, match="English only") as raised:
        aligner.align(clips[:1], ["bonjour"], languages=["fr"])
    assert raised.value.reason is FailureReason.LANGUAGE_UNSUPPORTED


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    text=st.text(alphabet=string.printable + "éü中文日本ひらがな🙂", max_size=60),
    seconds=st.sampled_from([0.02, 0.05, 0.3, 1.0, 2.5]),
)
def test_any_text_on_any_clip_gives_ordered_words_inside_it(
    aligner: WhisperAligner, speech: Waveform, text: str, seconds: float
) -> None:
    clip = speech[2 * RATE_HZ : 2 * RATE_HZ + round(seconds * RATE_HZ)]
    (words,) = aligner.align([clip], [text], languages=["en"])
    assert [word.text for word in words] == list(words_of(text))
    last = 0.0
    for word in words:
        assert last <= word.span.start <= word.span.end <= seconds
        assert word.score is None or 0.0 <= word.score <= 1.0
        last = word.span.end


@pytest.mark.parametrize(("first", "second"), [(0, 1), (1, 0), (0, 0)])
def test_a_pause_falls_between_the_two_words_it_parts(
    aligner: WhisperAligner, clips: Sequence[Waveform], first: int, second: int
) -> None:
    # Without punctuation, so that nothing but the audio says where the pause is; transformers' own token times
    # are one token late here.
    phrases = [
        "it was the best of times it was the worst of times",
        "it was the age of wisdom it was the age of foolishness",
    ]
    pause = np.zeros(2 * RATE_HZ, dtype=np.float32)
    joined = np.concatenate([clips[first], pause, clips[second]])
    (words,) = aligner.align([joined], [f"{phrases[first]} {phrases[second]}"], languages=["en"])
    before, after = words[len(phrases[first].split()) - 1], words[len(phrases[first].split())]
    assert before.span.end <= len(clips[first]) / RATE_HZ + 0.1
    assert after.span.start >= len(clips[first]) / RATE_HZ + 1.9


def test_background_noise_before_the_first_word_belongs_to_no_word(
    aligner: WhisperAligner, speech: Waveform
) -> None:
    # 0 s  background  1.2 s  "It was the best …"
    (words,) = aligner.align([speech[: round(4.8 * RATE_HZ)]], [FIRST], languages=["en"])
    assert words[0].span.start > 0.5
    assert words[1].span.start == pytest.approx(1.38, abs=0.2)


def test_a_special_token_in_a_text_is_plain_text(aligner: WhisperAligner, clips: Sequence[Waveform]) -> None:
    text = "It was <|endoftext|> the best"
    (words,) = aligner.align(clips[:1], [text], languages=["en"])
    assert [word.text for word in words] == text.split()
    assert len(aligner._loaded.text_tokens("<|endoftext|>")) > 1


def test_engine_and_aligner_share_one_copy_of_the_weights() -> None:
    path = embedded_checkpoint()
    fast, attentive = (load_whisper(path, "cpu", "auto", attention) for attention in ("sdpa", "eager"))
    assert fast.model.config._attn_implementation == "sdpa"
    assert attentive.model.config._attn_implementation == "eager"
    pairs = zip(fast.model.parameters(), attentive.model.parameters(), strict=True)
    assert all(ours is theirs for ours, theirs in pairs)
