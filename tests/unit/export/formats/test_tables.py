"""pandas and DuckDB read the tables as they were meant, whichever the file type."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pandas
import pytest
from hypothesis import given, settings
from pyarrow import parquet

from asrlab.export.formats.tables import FORMATS
from tests.datasets import MemoryDataSet, clipped, recording, utterance
from tests.unit.export.formats.hard_texts import HARD_TEXTS, texts

BY_NAME = {form.name: form for form in FORMATS}
READERS = {"csv": "read_csv", "parquet": "read_parquet", "jsonl": "read_json"}
form_names = pytest.mark.parametrize("name", list(BY_NAME))


def rows(name: str, path: Path, order: str) -> list[dict[str, Any]]:
    """As DuckDB reads them, by the type it finds."""
    found = duckdb.sql(f"SELECT * FROM {READERS[name]}('{path}') ORDER BY {order}")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


@form_names
def test_three_tables_tell_all_that_is_known(tmp_path: Path, name: str) -> None:
    """0 -- [1 hello 1.4 world 2] -- 3 s."""
    said = utterance(
        1, 2, "hello world", words=[("hello", 1, 1.4), ("world", 1.4, 2)], channel=1, speaker="anna"
    )
    held = replace(
        recording(tmp_path, "a.wav", 3.0, said, channels=2), license="CC0", metadata='{"room": "2"}'
    )
    written = BY_NAME[name].write(MemoryDataSet([held]), tmp_path / "out")
    assert [path.name for path in written] == [
        f"{table}.{name}" for table in ("utterances", "words", "recordings")
    ]
    key = f"{held.key}-00001000-00002000-c1"
    (told,) = rows(name, written[0], "start")
    assert told == {
        "id": key,
        "recording": held.key,
        "audio": str(tmp_path / "a.wav"),
        "offset": 1.0,
        "start": 1.0,
        "end": 2.0,
        "duration": 1.0,
        "channel": 1,
        "text": "hello world",
        "language": "en",
        "speaker": "anna",
        "confidence": 0.75,
        "origin": "engine",
        "engine": "fake",
        "flags": None,
        "verdict": None,
        "context": None,
    }
    first, second = rows(name, written[1], "position")
    assert first == {
        "id": key,
        "position": 0,
        "word": "hello",
        "start": 1.0,
        "end": 1.4,
        "score": 0.5,
        "flags": None,
    }
    assert (second["word"], second["start"], second["end"]) == ("world", 1.4, 2.0)
    (audio,) = rows(name, written[2], "duration")
    # From JSON Lines DuckDB makes a value of JSON's own.
    assert json.loads(audio.pop("metadata")) == {"room": "2"}
    assert audio == {
        "recording": held.key,
        "content_hash": held.source.content_hash,
        "audio": str(tmp_path / "a.wav"),
        "duration": 3.0,
        "sampling_rate": 16_000,
        "num_channels": 2,
        "corpus": "default",
        "license": "CC0",
    }


@form_names
def test_the_tables_join(tmp_path: Path, name: str) -> None:
    held = [
        recording(tmp_path, f"{each}.wav", 1.0, utterance(0, 1, each, words=[(each, 0, 1)]))
        for each in ("a", "b")
    ]
    utterances, words, recordings = (
        f"{READERS[name]}('{path}')" for path in BY_NAME[name].write(MemoryDataSet(held), tmp_path / "out")
    )
    found = duckdb.sql(
        f"SELECT text, word FROM {utterances} JOIN {words} USING (id) JOIN {recordings} USING (recording) ORDER BY text"
    ).fetchall()
    assert found == [("a", "a"), ("b", "b")]


@form_names
def test_a_clip_is_named_where_it_lies(tmp_path: Path, name: str) -> None:
    held = recording(tmp_path / "audio", "a.wav", 2.0, utterance(1, 2, "x"))
    utterances, _, recordings = BY_NAME[name].write(clipped(tmp_path, held), tmp_path)
    (told,) = rows(name, utterances, "start")
    assert (told["audio"], told["offset"], told["start"]) == (
        f"clips/{held.key}-00001000-00002000.wav",
        0.0,
        1.0,
    )
    assert rows(name, recordings, "duration")[0]["audio"] is None


@form_names
def test_duckdb_reads_hard_texts_as_they_were(tmp_path: Path, name: str) -> None:
    said = [utterance(index, index + 1, text) for index, text in enumerate(HARD_TEXTS)]
    held = recording(tmp_path, "a.wav", len(said), *said)
    utterances, *_ = BY_NAME[name].write(MemoryDataSet([held]), tmp_path / "out")
    assert [row["text"] for row in rows(name, utterances, "start")] == list(HARD_TEXTS)


def by_pandas(name: str, path: Path) -> "pandas.DataFrame":
    if name == "csv":
        return pandas.read_csv(path, keep_default_na=False, dtype=str)
    return pandas.read_parquet(path) if name == "parquet" else pandas.read_json(path, lines=True, dtype=False)


@form_names
@given(text=texts)
@settings(max_examples=30, deadline=None)
def test_any_text_comes_back_from_pandas(
    tmp_path_factory: pytest.TempPathFactory, name: str, text: str
) -> None:
    out = tmp_path_factory.mktemp("tables")
    said = utterance(0, 0.01, text, speaker=text, words=[(text, 0, 0.01)])
    held = recording(out, "a.wav", 0.01, said)
    utterances, words, _ = BY_NAME[name].write(MemoryDataSet([held]), out)
    (row,) = by_pandas(name, utterances).to_dict("records")
    assert (row["text"], row["speaker"]) == (text, text)
    assert list(by_pandas(name, words)["word"]) == [text]


def test_a_row_is_one_line_of_json_to_any_reader(tmp_path: Path) -> None:
    said = [utterance(index, index + 1, text) for index, text in enumerate(HARD_TEXTS)]
    held = recording(tmp_path, "a.wav", len(said), *said)
    utterances, *_ = BY_NAME["jsonl"].write(MemoryDataSet([held]), tmp_path / "out")
    lines = utterances.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["text"] for line in lines] == list(HARD_TEXTS)


def test_a_formula_is_a_text_like_any_other(tmp_path: Path) -> None:
    held = recording(tmp_path, "a.wav", 1.0, utterance(0, 1, "=1+1"))
    utterances, *_ = BY_NAME["csv"].write(MemoryDataSet([held]), tmp_path / "out")
    assert b",=1+1," in utterances.read_bytes()


def test_csv_lines_end_as_rfc_4180_has_it(tmp_path: Path) -> None:
    held = recording(tmp_path, "a.wav", 1.0, utterance(0, 1, "a\rb\nc"))
    utterances, *_ = BY_NAME["csv"].write(MemoryDataSet([held]), tmp_path / "out")
    header, rest = utterances.read_bytes().split(b"\r\n", 1)
    assert header.startswith(b"id,recording,audio")
    assert b'"a\rb\nc"' in rest
    assert rest.endswith(b"\r\n")


def test_a_column_has_its_type_even_when_nothing_is_known(tmp_path: Path) -> None:
    said = utterance(0, 1, "x", language=None)._replace(confidence=None)
    written = BY_NAME["parquet"].write(
        MemoryDataSet([recording(tmp_path, "a.wav", 1.0, said)]), tmp_path / "out"
    )
    kinds = {field.name: str(field.type) for field in parquet.read_schema(written[0])}
    assert (kinds["language"], kinds["confidence"], kinds["channel"]) == ("string", "double", "int32")
    assert parquet.read_table(written[1]).num_rows == 0


@form_names
def test_files_are_equal_bytes_whenever_they_are_written(tmp_path: Path, name: str) -> None:
    held = recording(tmp_path, "a.wav", 1.0, utterance(0, 1, "x", words=[("x", 0, 1)]))
    once, again = (BY_NAME[name].write(MemoryDataSet([held]), tmp_path / folder) for folder in ("1", "2"))
    assert [path.read_bytes() for path in once] == [path.read_bytes() for path in again]
