"""From one row of a table, its columns named as the field names them, to an audio file and what is said of it."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from asrlab.domain.reference import Prompt, Reference
from asrlab.domain.time import Seconds
from asrlab.text.languages import language_tag

AUDIO_COLUMNS = (
    *("audio_filepath", "audio", "audio_path", "audio_file", "path", "file", "file_name", "filename"),
    *("file_path", "filepath", "wav", "wav_path", "uri", "url"),
)
TEXT_COLUMNS = ("text", "transcript", "transcription", "sentence")
LANGUAGE_COLUMNS = ("language", "lang", "locale")
CONTEXT_COLUMNS = ("context",)
SPEAKER_COLUMNS = ("speaker", "speaker_id", "spk", "client_id")
LICENSE_COLUMNS = ("license", "licence")
START_COLUMNS = ("offset", "start", "start_s", "start_time")
END_COLUMNS = ("end", "end_s", "end_time")
DURATION_COLUMNS = ("duration", "duration_s")
MAX_SHOWN = 60
MAX_SECONDS: Seconds = 1e9
"""Of 30 years; what is longer is no place in a recording."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that names audio. audio: as it is written there."""

    audio: str
    reference: Reference


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that can't be used. place: the manifest with its line."""

    place: str
    why: str


Row = tuple[int, Mapping[str, Any]]
"""A row as it is, with its number: the line it ends in, or its place from 1."""


def lines_of(rows: Iterable[Row | BadLine], source: str) -> Iterator[Line | BadLine]:
    """What each row says."""
    for row in rows:
        yield row if isinstance(row, BadLine) else _line_of(row[1], source, row[0])


def _line_of(row: Mapping[str, Any], source: str, number: int) -> Line | BadLine:
    """What a row says; a column that has no meaning here becomes metadata."""
    place = f"{source}:{number}"
    columns = Columns(row)
    try:
        audio = audio_named(columns)
        start = columns.seconds(START_COLUMNS)
        duration, end = columns.seconds(DURATION_COLUMNS), columns.seconds(END_COLUMNS)
        if end is None and duration is not None:
            end = (start or 0.0) + duration
        if end is not None and end <= (start or 0.0):
            raise ValueError(f"the interval {start or 0:g}–{end:g} s is empty")
        language = columns.text(LANGUAGE_COLUMNS)
        reference = Reference(
            source=source,
            place=place,
            start=start or 0.0,
            end=end,
            text=columns.text(TEXT_COLUMNS),
            prompt=Prompt(
                language if language is None else language_tag(language) or language,
                columns.text(CONTEXT_COLUMNS),
            ),
            speaker=columns.text(SPEAKER_COLUMNS),
            license=columns.text(LICENSE_COLUMNS),
            metadata=MappingProxyType(columns.others()),
        )
    except ValueError as error:
        return BadLine(place, str(error))
    return Line(audio, reference)


def audio_named(columns: "Columns") -> str:
    """The path or URL that the columns name; raises ValueError when they name none."""
    value = columns.take(AUDIO_COLUMNS)
    if isinstance(value, Mapping):
        # As datasets writes it.
        if value.get("bytes"):
            raise ValueError("the audio lies inside the table: write it to files and name those")
        value = value.get("path")
    if value is None:
        raise ValueError(f"no audio is named: give it in a column {', '.join(AUDIO_COLUMNS[:4])}, …")
    if not isinstance(value, str) or "\0" in value:
        raise ValueError(f"the audio is {value!r}, not a path or URL")
    return value


class Columns:
    """The columns of a row, taken by any of their usual names, in any case."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self._left = {name: value for name, value in row.items() if not _is_empty(value)}
        self._names = {name.strip().lower(): name for name in reversed(list(self._left))}
        self._empty = {name.strip().lower() for name, value in row.items() if isinstance(value, str)}
        self._empty -= self._names.keys()

    def holds_empty(self, names: Sequence[str]) -> bool:
        """Whether one of `names` is there as a text of nothing; what is null is not there."""
        return not self._empty.isdisjoint(names)

    def take(self, names: Sequence[str]) -> object:
        """The value of the first of `names` that is there, None when none is."""
        for name in names:
            if name in self._names:
                return self._left.pop(self._names.pop(name))
        return None

    def text(self, names: Sequence[str]) -> str | None:
        """The same as text in one line; raises ValueError for a list or an object."""
        text = self.exact_text(names)
        return None if text is None else " ".join(text.split())

    def exact_text(self, names: Sequence[str]) -> str | None:
        """The same with its white space as it is."""
        value = self.take(names)
        if value is None:
            return None
        if isinstance(value, (list, dict)):
            raise ValueError(f"{names[0]} is {value!r}, not a text")
        return _as_text(value)

    def seconds(self, names: Sequence[str]) -> Seconds | None:
        """The same as a time; raises ValueError for what is no number of seconds."""
        value = self.take(names)
        if value is None:
            return None
        seconds = as_seconds(value, names[0])
        if seconds < 0:
            raise ValueError(f"{names[0]} is {_short(value)}, not a number of seconds")
        return seconds

    def others(self) -> dict[str, str]:
        """What is left, as text."""
        return {name.strip(): _as_text(value) for name, value in self._left.items()}


def as_seconds(value: object, name: str) -> Seconds:
    """A time, below zero too, as on the clock of a clip; raises ValueError for what is none, or no time of audio."""
    try:
        seconds = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        seconds = math.nan
    if not abs(seconds) <= MAX_SECONDS:
        raise ValueError(f"{name} is {_short(value)}, not a number of seconds")
    return seconds


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip()) or value != value


def _as_text(value: object) -> str:
    """A value as the catalog holds it, the same for a table of texts and one with types."""
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, list, dict)):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return str(value)
