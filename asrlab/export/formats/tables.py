"""Plain tables for pandas, DuckDB and spreadsheets: utterances, words and recordings as CSV, JSON Lines or Parquet.

CSV is RFC 4180: lines end in CR LF, and what lies between quotes is kept as it is. Nothing is put before texts that a
spreadsheet would take for a formula.
"""

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from json.encoder import encode_basestring, encode_basestring_ascii
from pathlib import Path
from typing import NamedTuple

from asrlab.domain.time import MS_PER_SECOND
from asrlab.export.files import UNICODE_LINE_BREAKS, written_whole
from asrlab.export.formats.protocol import AudioNeed, DataSet, Format
from asrlab.export.parquet import parquet_written_whole
from asrlab.export.utterances import LabeledRecording, Utterance

GROUP_ROWS = 20_000

_LINE_BREAK = re.compile(f"[{UNICODE_LINE_BREAKS}]")

Row = tuple[object, ...]
AddRow = Callable[[Row], object]


class Table(NamedTuple):
    """A table's name and its columns with their types, as Arrow names them."""

    name: str
    columns: tuple[tuple[str, str], ...]


UTTERANCES = Table(
    "utterances",
    (
        ("id", "string"),
        ("recording", "string"),
        ("audio", "string"),
        ("offset", "float64"),
        ("start", "float64"),
        ("end", "float64"),
        ("duration", "float64"),
        ("channel", "int32"),
        ("text", "string"),
        ("language", "string"),
        ("speaker", "string"),
        ("confidence", "float64"),
        ("origin", "string"),
        ("engine", "string"),
        ("flags", "string"),
        ("verdict", "string"),
        ("context", "string"),
    ),
)
WORDS = Table(
    "words",
    (
        ("id", "string"),
        ("position", "int32"),
        ("word", "string"),
        ("start", "float64"),
        ("end", "float64"),
        ("score", "float64"),
        ("flags", "string"),
    ),
)
RECORDINGS = Table(
    "recordings",
    (
        ("recording", "string"),
        ("content_hash", "string"),
        ("audio", "string"),
        ("duration", "float64"),
        ("sampling_rate", "int32"),
        ("num_channels", "int32"),
        ("corpus", "string"),
        ("license", "string"),
        ("metadata", "string"),
    ),
)
Opener = Callable[[Path, Table], AbstractContextManager[AddRow]]


def write_tables(suffix: str, opened: Opener, data: DataSet, folder: Path) -> list[Path]:
    """Write `utterances`, `words` and `recordings`; `id` and `recording` join them. All times are the recording's."""
    targets = [folder / f"{table.name}.{suffix}" for table in (UTTERANCES, WORDS, RECORDINGS)]
    with ExitStack() as stack:
        add_utterance, add_word, add_recording = (
            stack.enter_context(opened(target, table))
            for target, table in zip(targets, (UTTERANCES, WORDS, RECORDINGS), strict=True)
        )
        for recording in data.recordings():
            add_recording(_recording_row(data, recording))
            for utterance in recording.utterances:
                row = _utterance_row(data, recording, utterance)
                add_utterance(row)
                for word in _word_rows(row[0], utterance):
                    add_word(word)
    return targets


@contextmanager
def _csv(target: Path, table: Table) -> Iterator[AddRow]:
    with written_whole(target) as file:
        # With another end of line a lone CR would go without quotes.
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([name for name, _ in table.columns])
        yield writer.writerow


@contextmanager
def _jsonl(target: Path, table: Table) -> Iterator[AddRow]:
    # Put together by hand: `json.dumps` of the same takes four times as long, and there is a row a word.
    form = "{" + ", ".join(f'"{name}": %s' for name, _ in table.columns) + "}\n"
    with written_whole(target) as file:
        yield lambda row: file.write(form % tuple(map(_json, row)))


def _json(value: object) -> str:
    """A text, a finite number or None as JSON, in one line for readers that break lines as Unicode does too."""
    if isinstance(value, str):
        return (encode_basestring_ascii if _LINE_BREAK.search(value) else encode_basestring)(value)
    return "null" if value is None else repr(value)


@contextmanager
def _parquet(target: Path, table: Table) -> Iterator[AddRow]:
    with parquet_written_whole(target, table.columns, group_rows=GROUP_ROWS) as rows:
        yield lambda row: rows.add(row, sum(len(value) for value in row if isinstance(value, str)))


def _utterance_row(data: DataSet, recording: LabeledRecording, utterance: Utterance) -> Row:
    path, offset = data.audio.place(recording, utterance)
    start, end = utterance.start_ms, utterance.end_ms
    return (
        recording.key_of(utterance),
        recording.key,
        path,
        offset,
        start / MS_PER_SECOND,
        end / MS_PER_SECOND,
        (end - start) / MS_PER_SECOND,
        utterance.channel,
        utterance.text,
        utterance.language,
        utterance.speaker,
        utterance.confidence,
        utterance.origin,
        utterance.engine,
        utterance.flags or None,
        utterance.verdict,
        utterance.context,
    )


def _word_rows(key: object, utterance: Utterance) -> Iterator[Row]:
    for position, (word, start, end, score, flags) in enumerate(utterance.timed):
        yield key, position, word, start / MS_PER_SECOND, end / MS_PER_SECOND, score, flags or None


def _recording_row(data: DataSet, recording: LabeledRecording) -> Row:
    """No audio with clips, which are the utterances'."""
    source = recording.source
    return (
        recording.key,
        source.content_hash,
        None if data.audio.is_clipped else data.audio.whole(recording),
        source.duration,
        source.sampling_rate,
        source.num_channels,
        recording.corpus,
        recording.license,
        recording.metadata,
    )


_OPENERS: dict[str, Opener] = {"csv": _csv, "parquet": _parquet, "jsonl": _jsonl}
_SUMMARIES = {"csv": "tables as CSV", "parquet": "tables as Parquet", "jsonl": "tables as JSON Lines"}

FORMATS = tuple(
    Format(name, _SUMMARIES[name], partial(write_tables, name, opened), AudioNeed.REFERENCE, words=True)
    for name, opened in _OPENERS.items()
)
