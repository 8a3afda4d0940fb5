"""Plain tables as CSV, JSON Lines or Parquet: utterances, and beside them their words and recordings.

Any table will do that names audio and has a text; the columns are those of our manifests (docs/sources.md).
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from asrlab.domain.labels import AlignedWord
from asrlab.ingest.imports.protocol import AudioName, Entry, ImportFormat
from asrlab.ingest.imports.told import interval_of, text_of, word
from asrlab.ingest.manifests.jsonl import json_lines, json_rows
from asrlab.ingest.manifests.rows import BadLine, Columns, Row, audio_named
from asrlab.ingest.manifests.tables import csv_rows, parquet_rows, tsv_rows

UTTERANCES, WORDS, RECORDINGS = "utterances", "words", "recordings"
ROWS_AT_ONCE = 2_000


def read_table(path: Path) -> Iterator[Entry | BadLine]:
    """The rows of a table; those of `utterances` with what `words` and `recordings` of its kind say of them."""
    source = str(path)
    has_others = path.stem == UTTERANCES
    recordings: dict[str, dict[str, str]] = {}
    if has_others:
        yield from _read_recordings(path.with_stem(RECORDINGS), recordings)
    words = _Words(path.with_stem(WORDS)) if has_others else None
    rows = _rows(path, source)
    while some := list(islice(rows, ROWS_AT_ONCE)):
        times = {} if words is None else words.of({_id(row) for row in some if not isinstance(row, BadLine)})
        for row in some:
            if isinstance(row, BadLine):
                yield row
                continue
            number, entry = row
            try:
                yield _entry(entry, source, number, recordings, times.get(_id(row), ()))
            except ValueError as error:
                yield BadLine(f"{source}:{number}", str(error))
        if words is not None:
            yield from words.bad_lines()
    if words is not None and (left := words.left()):
        yield BadLine(str(words.path), f"{left}: sort the words as their utterances are sorted")


def _entry(
    entry: Mapping[str, Any],
    source: str,
    number: int,
    recordings: Mapping[str, Mapping[str, str]],
    words: Sequence[Mapping[str, Any]],
) -> Entry:
    columns = Columns(entry)
    name = audio_named(columns)
    within = interval_of(columns)
    known = recordings.get(str(entry.get("recording") or ""), {})
    also = {key: value for key, value in known.items() if key not in ("content_hash", "corpus")}
    corpus = columns.text(("corpus",)) or known.get("corpus", "")
    text, content_hash = text_of(columns, source, number, within, also)
    if words and not text.words:
        text = replace(text, words=tuple(_word(each, within.shift) for each in words))
    return Entry(text, AudioName(name, content_hash=known.get("content_hash") or content_hash, corpus=corpus))


def _word(row: Mapping[str, Any], shift: float) -> AlignedWord:
    """A row of the words; CSV holds numbers as texts, and "" for none."""
    columns = Columns(row)
    start, end, score = (columns.seconds((name,)) for name in ("start", "end", "score"))
    found = word(row.get("word"), start, end, score, row.get("flags"))
    return (
        found if shift == 0 else AlignedWord(found.text, found.span.shifted(shift), found.score, found.flags)
    )


class _Words:
    """The words of utterances, drawn forward once: both tables are in one order, so few are held at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        rows = _rows(path, str(path), ("word",)) if path.is_file() else iter(())
        self._bad: list[BadLine] = []
        good = self._good(rows)
        self._groups = ((key, [row for _, row in some]) for key, some in groupby(good, key=_id))
        self._next = next(self._groups, None)

    def of(self, ids: set[str]) -> dict[str, tuple[Mapping[str, Any], ...]]:
        """The words of these utterances, which come next, in order of their positions."""
        found: dict[str, tuple[Mapping[str, Any], ...]] = {}
        while self._next is not None and self._next[0] in ids:
            key, rows = self._next
            found[key] = (*found.get(key, ()), *sorted(rows, key=_position))
            self._next = next(self._groups, None)
        return found

    def _good(self, rows: Iterator[Row | BadLine]) -> Iterator[Row]:
        for row in rows:
            if isinstance(row, BadLine):
                self._bad.append(row)
            else:
                yield row

    def bad_lines(self) -> list[BadLine]:
        """What could not be read since this was last asked."""
        bad, self._bad = self._bad, []
        return bad

    def left(self) -> str:
        """Of which utterance words are left that nobody asked for, "" for none."""
        return "" if self._next is None else f"there is no utterance {self._next[0]!r} before these words"


def _id(row: Row) -> str:
    return str(row[1].get("id") or "")


def _position(row: Mapping[str, Any]) -> float:
    try:
        return float(row.get("position") or 0)
    except (TypeError, ValueError):
        return 0.0


def _read_recordings(path: Path, found: dict[str, dict[str, str]]) -> Iterator[BadLine]:
    """Put into `found` what is said of each recording, by its key: content hash, corpus, license and metadata."""
    rows = _rows(path, str(path), ("content_hash",)) if path.is_file() else iter(())
    for row in rows:
        if isinstance(row, BadLine):
            yield row
            continue
        entry = row[1]
        said = {name: str(entry[name]) for name in ("content_hash", "corpus", "license") if entry.get(name)}
        found[str(entry.get("recording") or "")] = {**_metadata(entry.get("metadata")), **said}


def _metadata(value: object) -> dict[str, str]:
    try:
        metadata = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return {}
    return Columns(metadata).others() if isinstance(metadata, Mapping) else {}


def _rows(path: Path, source: str, wanted: tuple[str, ...] | None = None) -> Iterator[Row | BadLine]:
    readers: dict[str, Callable[..., Iterator[Row | BadLine]]] = {
        ".csv": csv_rows,
        ".tsv": tsv_rows,
        ".parquet": parquet_rows,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        return json_rows(path, source) if path.suffix.lower() == ".json" else json_lines(path, source)
    return reader(path, source) if wanted is None else reader(path, source, wanted)


FORMATS = tuple(
    ImportFormat(name, groups, read_table)
    for name, groups in (
        ("csv", (("utterances.csv",), ("*.csv", "*.tsv"))),
        ("jsonl", (("utterances.jsonl",), ("*.jsonl", "*.ndjson", "*.json"))),
        ("parquet", (("utterances.parquet",), ("*.parquet",))),
    )
)
