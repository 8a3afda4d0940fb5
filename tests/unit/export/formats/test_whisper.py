"""Whisper's own tokenizer takes each timestamp for one token, and datasets finds text and clip of each row."""

from pathlib import Path
from typing import Any

import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from transformers import WhisperTokenizer
from transformers.models.whisper.tokenization_whisper import LANGUAGES as KNOWN_TO_TRANSFORMERS

from asrlab.engines.embedded import embedded_checkpoint
from asrlab.errors import OptionError
from asrlab.export.formats.whisper import LANGUAGES, language_token, stretches, write_whisper
from asrlab.export.utterances import Utterance
from tests.datasets import RATE_HZ, clipped, recording, utterance
from tests.unit.export.formats.hard_texts import HARD_TEXTS, texts
from tests.unit.export.formats.hf_reader import load

TALK = utterance(
    1,
    6,
    "Hello world. How are you?",
    words=[
        ("Hello", 1.1, 1.5),
        ("world.", 1.5, 2.0),
        ("How", 2.5, 2.7),
        ("are", 2.7, 2.8),
        ("you?", 2.8, 3.333),
    ],
    language="en-US",
)
"""1 - [1.1 Hello world. 2.0] -- [2.5 How are you? 3.333] ----- 6 s; the clip begins at 1 s."""


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return WhisperTokenizer.from_pretrained(embedded_checkpoint(), local_files_only=True)


def rows(folder: Path, *said: Utterance) -> list[dict[str, Any]]:
    data = clipped(folder, recording(folder / "audio", "a.wav", 40.0, *said))
    (path,) = write_whisper(data, folder)
    found: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    return found


def test_a_row_has_its_text_with_and_without_timestamps(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, TALK)
    timed = "<|0.10|> Hello world.<|1.00|><|1.50|> How are you?<|2.34|>"
    assert row["text"] == TALK.text
    assert row["language"] == "en"
    assert row["duration"] == 5.0
    assert row["timestamped_text"] == timed
    assert row["whisper_transcript"] == f"<|startoftranscript|><|en|><|transcribe|>{timed}<|endoftext|>"
    assert row["segments"] == [
        {"start": 0.1, "end": 1.0, "text": "Hello world."},
        {"start": 1.5, "end": 2.34, "text": " How are you?"},
    ]
    assert soundfile.info(tmp_path / row["file_name"]).frames == 5 * RATE_HZ


def test_datasets_reads_the_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    held = recording(tmp_path, "a.wav", 10.0, utterance(0, 1, "2024-01-01"), TALK)
    write_whisper(clipped(out, held), out)
    found = load(out, tmp_path / "cache")["train"]
    assert found["text"][:] == ["2024-01-01", TALK.text]
    assert [soundfile.info(row["audio"]["path"]).duration for row in found] == [1.0, 5.0]


def test_the_tokenizer_makes_one_token_of_each_timestamp(tmp_path: Path, tokenizer: Any) -> None:
    (row,) = rows(tmp_path, TALK)
    tokens = tokenizer.convert_ids_to_tokens(
        tokenizer(row["whisper_transcript"], add_special_tokens=False).input_ids
    )
    assert tokens[:4] == ["<|startoftranscript|>", "<|en|>", "<|transcribe|>", "<|0.10|>"]
    assert [token for token in tokens if token.startswith("<|") and "." in token] == [
        "<|0.10|>",
        "<|1.00|>",
        "<|1.50|>",
        "<|2.34|>",
    ]
    assert tokens[-1] == "<|endoftext|>"


@pytest.mark.parametrize("text", [text for text in HARD_TEXTS if len(text) < 1_000])
def test_the_tokenizer_gives_a_text_back_between_its_timestamps(
    tmp_path: Path, tokenizer: Any, text: str
) -> None:
    (row,) = rows(tmp_path, utterance(0, 1, text))
    ids = tokenizer(row["timestamped_text"], add_special_tokens=False).input_ids
    first, *words, last = ids
    assert tokenizer.convert_ids_to_tokens([first, last]) == ["<|0.00|>", "<|1.00|>"]
    assert tokenizer.decode(words, clean_up_tokenization_spaces=False) == f" {text}"


@given(text=texts)
@settings(max_examples=40, deadline=None)
def test_any_text_comes_back_or_is_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    (row,) = rows(tmp_path_factory.mktemp("whisper"), utterance(0, 0.5, text))
    assert row["text"] == "".join(part["text"] for part in row["segments"]) == text
    assert row["timestamped_text"] == f"<|0.00|> {text}<|0.50|>"


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b.", "c?", "什"]), st.integers(0, 2500), st.integers(0, 2500)),
        max_size=8,
    )
)
@settings(max_examples=50, deadline=None)
def test_timestamps_never_go_back_and_lose_no_text(given_words: list[tuple[str, int, int]]) -> None:
    words, now = [], 0
    for word, pause, length in given_words:
        words.append((word, (now + pause) / 1000, (now + pause + length) / 1000))
        now += pause + length // 2
    text = " ".join(word for word, _, _ in words) or "x"
    parts = stretches(utterance(0, 30, text, words=words))
    times = [time for part in parts for time in (part.start, part.end)]
    assert times == sorted(times)
    assert all(0 <= part.start < part.end <= 1500 for part in parts)
    assert "".join(part.text for part in parts) == text


@pytest.mark.parametrize(
    ("words", "spans"),
    [
        ([("a", 0, 1), ("b", 1.99, 3)], [(0, 150)]),
        ([("a", 0, 1), ("b", 2.0, 3)], [(0, 50), (100, 150)]),
        ([("a.", 0, 1), ("b", 1.29, 3)], [(0, 150)]),
        ([("a.", 0, 1), ("b", 1.3, 3)], [(0, 50), (65, 150)]),
        ([("other", 0, 1)], [(0, 200)]),
        ([], [(0, 200)]),
    ],
)
def test_a_stretch_ends_at_a_pause(
    words: list[tuple[str, float, float]], spans: list[tuple[int, int]]
) -> None:
    text = " ".join(word for word, _, _ in words) if len(words) > 1 else "a b"
    parts = stretches(utterance(0, 4, text, words=words))
    assert [(part.start, part.end) for part in parts] == spans


def test_a_language_without_spaces_begins_without_one(tmp_path: Path) -> None:
    chinese, unknown = rows(
        tmp_path, utterance(0, 1, "什么", language="cmn-Hans"), utterance(1, 2, "x", language=None)
    )
    assert chinese["timestamped_text"] == "<|0.00|>什么<|1.00|>"
    assert chinese["whisper_transcript"].startswith("<|startoftranscript|><|zh|>")
    assert (unknown["language"], unknown["whisper_transcript"]) == (None, None)


@pytest.mark.parametrize("token", ["<|endoftext|>", "<|0.00|>", "<|en|>"])
def test_a_token_of_whispers_own_is_refused_by_name(tmp_path: Path, token: str) -> None:
    with pytest.raises(OptionError, match=r"at 3 s of .*a\.wav: it holds <\|.*\|>, a token"):
        rows(tmp_path, utterance(3, 4, f"a {token} b"))
    assert not (tmp_path / "metadata.parquet").exists()


def test_what_whisper_does_not_hear_at_once_is_refused_by_name(tmp_path: Path) -> None:
    assert rows(tmp_path / "30", utterance(0, 30, "x"))[0]["timestamped_text"] == "<|0.00|> x<|30.00|>"
    with pytest.raises(OptionError, match=r"a\.wav: it takes 30\.001 s.*--max-seconds 30"):
        rows(tmp_path / "31", utterance(0, 30.001, "x"))


def test_two_tables_of_one_data_set_are_equal_bytes(tmp_path: Path) -> None:
    held = recording(tmp_path, "a.wav", 10.0, TALK)
    (once,), (again,) = (
        write_whisper(clipped(tmp_path / name, held), tmp_path / name) for name in ("1", "2")
    )
    assert once.read_bytes() == again.read_bytes()


def test_the_languages_are_those_of_the_tokenizer() -> None:
    assert set(KNOWN_TO_TRANSFORMERS) == LANGUAGES
    assert language_token("nb-NO") == "no"
    assert language_token("English") is None
