"""The aligner `ctc` on a model that was taught to hear tones, and on what it must refuse.

clip   …A…|…B…B…|…C…A      each letter a tone of 120 ms, each … 80 ms of silence, words parted by 160 ms
"""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

from asrlab.domain.labels import FLAG_INTERPOLATED, FLAG_MISMATCH
from asrlab.engines.ctc.factory import ctc_aligner
from asrlab.engines.ctc.tokens import tokens_of_words
from asrlab.engines.protocol import Aligner, EngineOptions, Waveform
from asrlab.errors import CheckpointError, OptionError

RATE_HZ = 16_000
FRAME = 320
TONES_HZ = {"A": 400.0, "B": 900.0, "C": 2000.0}
TONE, GAP = round(0.12 * RATE_HZ), round(0.08 * RATE_HZ)
PAD, DELIMITER = 0, 4
SPECIAL = ["<pad>", "<s>", "</s>", "<unk>"]


def sung(text: str) -> tuple[Waveform, list[tuple[float, float]], list[int]]:
    """Audio of a text, where each of its words is, and the token of each frame."""
    parts: list[Waveform] = []
    tokens: list[int] = []
    letters: list[tuple[int, int]] = []
    words: list[tuple[float, float]] = []

    def add(part: Waveform, token: int) -> None:
        parts.append(part)
        tokens.extend([token] * len(part))

    for word in text.split():
        if parts:
            add(np.zeros(2 * GAP, dtype=np.float32), DELIMITER)
        for letter in word.upper():
            add(np.zeros(GAP, dtype=np.float32), PAD)
            letters.append((len(tokens), len(tokens) + TONE))
            times = np.arange(TONE) / RATE_HZ
            tone = 0.3 * np.sin(2 * np.pi * TONES_HZ[letter] * times)
            add(tone.astype(np.float32), DELIMITER + 1 + "ABC".index(letter))
        first, last = letters[-len(word)][0], letters[-1][1]
        words.append((first / RATE_HZ, last / RATE_HZ))
    add(np.zeros(GAP, dtype=np.float32), PAD)
    return np.concatenate(parts), words, tokens[FRAME // 2 :: FRAME]


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wav2vec2 of 30,000 weights that tells three tones, silence and the pause between words apart."""
    path = tmp_path_factory.mktemp("taught")
    vocabulary = {token: index for index, token in enumerate([*SPECIAL, "|", *"ABC"])}
    (path / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    transformers.Wav2Vec2CTCTokenizer(str(path / "vocab.json")).save_pretrained(path)
    transformers.Wav2Vec2FeatureExtractor(return_attention_mask=False).save_pretrained(path)
    torch.manual_seed(5)
    config = transformers.Wav2Vec2Config(
        vocab_size=len(vocabulary),
        pad_token_id=PAD,
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        conv_dim=(32,) * 7,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=2,
        hidden_dropout=0.0,
        activation_dropout=0.0,
        attention_dropout=0.0,
        feat_proj_dropout=0.0,
        final_dropout=0.0,
        layerdrop=0.0,
        apply_spec_augment=False,
    )
    model = transformers.Wav2Vec2ForCTC(config)
    extractor = transformers.Wav2Vec2FeatureExtractor(return_attention_mask=False)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    random = np.random.default_rng(5)
    for _ in range(150):
        text = " ".join("".join(random.choice(list("ABC"), random.integers(1, 4))) for _ in range(4))
        waveform, _, tokens = sung(text)
        inputs = extractor(waveform, sampling_rate=RATE_HZ, return_tensors="pt")
        logits = model(**inputs).logits[0]
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor(tokens)[: len(logits)])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval().save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def aligner(taught: Path) -> Aligner:
    return ctc_aligner.open(EngineOptions(model=str(taught), device="cpu"))


@pytest.mark.parametrize("text", ["A BB CA", "cab abc", "B", "AAA BBB CCC", "c a b a c"])
def test_words_are_found_where_they_are(aligner: Aligner, text: str) -> None:
    waveform, truth, _ = sung(text)
    (words,) = aligner.align([waveform], [text], languages=["en"])
    assert [word.text for word in words] == text.split()
    for word, (start, end) in zip(words, truth, strict=True):
        assert word.span.start == pytest.approx(start, abs=0.045)
        assert word.span.end == pytest.approx(end, abs=0.045)
        assert word.score is not None
        assert word.score > 0.5
        assert word.flags == ()


def test_a_word_without_letters_stands_at_its_neighbour(aligner: Aligner) -> None:
    waveform, truth, _ = sung("AB CA")
    (words,) = aligner.align([waveform], ["AB, – 17 CA!"], languages=[None])
    assert [word.text for word in words] == ["AB,", "–", "17", "CA!"]
    for word in words[1:3]:
        assert word.flags == (FLAG_INTERPOLATED,)
        assert word.score is None
        assert word.span.start == word.span.end == words[0].span.end
    assert words[3].span.start == pytest.approx(truth[1][0], abs=0.045)


def test_another_text_is_flagged(aligner: Aligner) -> None:
    waveform, _, _ = sung("AAA AAA")
    (words,) = aligner.align([waveform], ["CBC BCB"], languages=[None])
    assert all(FLAG_MISMATCH in word.flags for word in words)


def test_a_text_longer_than_the_audio_is_refused(aligner: Aligner) -> None:
    waveform, _, _ = sung("AB")
    (words,) = aligner.align([waveform], ["ABC " * 40], languages=[None])
    assert all(word.flags == (FLAG_INTERPOLATED, FLAG_MISMATCH) for word in words)
    assert words[-1].span.end == pytest.approx(len(waveform) / RATE_HZ, abs=0.002)


def test_texts_of_another_script_are_refused(aligner: Aligner) -> None:
    waveform, _, _ = sung("AB")
    (words,) = aligner.align([waveform], ["今天 天气"], languages=["zh"])
    assert len(words) == 4
    assert all(FLAG_MISMATCH in word.flags for word in words)


def test_a_vocabulary_of_capitals_or_small_letters_is_met(taught: Path) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(taught)
    assert tokens_of_words(tokenizer, ["cab,", "A", "x", "7"]) == [[7, 5, 6], [5], [], []]


@pytest.mark.parametrize("name", ["parakeet-ctc", "wav2vec2"])
def test_any_ctc_model_places_every_word(
    name: str, checkpoints: Callable[[str], Path], speech: Waveform
) -> None:
    aligner = ctc_aligner.open(EngineOptions(model=str(checkpoints(name)), device="cpu"))
    text = "It was the best of times"
    clip = speech[: 4 * RATE_HZ]
    (words,) = aligner.align([clip], [text], languages=["en"])
    assert [word.text for word in words] == text.split()
    times = [time for word in words for time in (word.span.start, word.span.end)]
    assert times == sorted(times)
    assert times[-1] <= 4.0


def test_a_model_must_be_given_and_must_be_ctc(checkpoints: Callable[[str], Path]) -> None:
    with pytest.raises(OptionError, match="--aligner-model"):
        ctc_aligner.describe(EngineOptions())
    with pytest.raises(CheckpointError, match="is a moonshine model"):
        ctc_aligner.describe(EngineOptions(model=str(checkpoints("moonshine"))))


def test_it_is_never_picked_by_itself() -> None:
    assert not ctc_aligner.supports("en")
