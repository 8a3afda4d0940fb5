"""Lhotse's supervisions with their recordings, its cuts, and its Shar archives.

The fields are those of Lhotse's `SupervisionSegment`, `Recording` and `MonoCut`. Words are on the recording's clock.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from asrlab.domain.imported import ImportedText
from asrlab.domain.labels import AlignedWord
from asrlab.domain.reference import Prompt, Reference
from asrlab.domain.time import Seconds
from asrlab.ingest.imports.archives import Archive
from asrlab.ingest.imports.protocol import AudioName, Entry, ImportFormat, Packed
from asrlab.ingest.imports.told import hash_of, key_of, word
from asrlab.ingest.manifests.jsonl import json_lines
from asrlab.ingest.manifests.rows import BadLine, as_seconds
from asrlab.text.languages import language_tag

_TOLD = ("confidence",)


@dataclass(frozen=True, slots=True)
class _Recording:
    """What a manifest says of a recording. why: it can't be used, "" if it can."""

    path: str
    num_channels: int
    why: str = ""
    is_packed: bool = False


def read_lhotse(path: Path) -> Iterator[Entry | BadLine]:
    """The supervisions of a manifest of supervisions, or of cuts.

    Raises ValueError for a manifest of recordings, and where there is none beside a manifest of supervisions.
    """
    source = str(path)
    recordings: dict[str, _Recording] | None = None
    shar = _Shar(path)
    for row in json_lines(path, source):
        if isinstance(row, BadLine):
            yield row
            continue
        number, entry = row
        if "sources" in entry:
            raise ValueError(f"{source} names recordings: give the supervisions, or the cuts")
        try:
            if "supervisions" in entry or "recording" in entry:
                yield from _cut(entry, source, number, shar)
                continue
            if recordings is None:
                recordings = _recordings(path)
            known = recordings.get(str(entry.get("recording_id")))
            if known is None:
                raise ValueError(f"no recording {entry.get('recording_id')!r} is known")
            yield _entry(entry, known, f"{source}:{number}", 0.0, None)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            yield BadLine(f"{source}:{number}", _why(error))


def _why(error: Exception) -> str:
    return str(error) if type(error) is ValueError else f"no supervision of Lhotse's: {error!r}"


def _cut(entry: Mapping[str, Any], source: str, number: int, shar: "_Shar") -> Iterator[Entry]:
    known = _recording(entry["recording"])
    packed = shar.audio(str(entry["recording"]["id"])) if known.is_packed else None
    for supervision in entry.get("supervisions") or ():
        # A supervision's start is on its cut's clock.
        yield _entry(supervision, known, f"{source}:{number}", as_seconds(entry["start"], "start"), packed)


def _entry(
    supervision: Mapping[str, Any], known: _Recording, place: str, zero: Seconds, packed: Packed | None
) -> Entry:
    if known.why:
        raise ValueError(known.why)
    start = zero + as_seconds(supervision["start"], "start")
    duration = as_seconds(supervision["duration"], "duration")
    if duration <= 0:
        raise ValueError(f"the interval at {start:g} s is empty")
    identity = str(supervision.get("id", ""))
    key = key_of(identity)
    custom = supervision.get("custom") or {}
    metadata = {name: str(value) for name, value in custom.items() if name not in _TOLD}
    if key is None and identity:
        metadata["utterance_id"] = identity
    confidence = custom.get("confidence")
    language = _text(supervision, "language")
    reference = Reference(
        source=place.rpartition(":")[0],
        place=place,
        start=start,
        end=start + duration,
        text="" if supervision.get("text") == "" else _text(supervision, "text"),
        prompt=Prompt(language if language is None else language_tag(language) or language),
        speaker=_text(supervision, "speaker"),
        metadata=MappingProxyType(metadata),
    )
    is_confidence = isinstance(confidence, float) and 0 <= confidence <= 1
    channel = _channel(supervision.get("channel", 0), known.num_channels)
    text = ImportedText(
        reference,
        channel,
        tuple(_word(each) for each in (supervision.get("alignment") or {}).get("word") or ()),
        confidence if is_confidence else None,
        is_of_all=channel is None and known.num_channels > 1,
    )
    content_hash = hash_of(str(supervision.get("recording_id", ""))) or (key.content_hash if key else "")
    return Entry(text, AudioName(known.path, content_hash=content_hash, packed=packed))


def _text(entry: Mapping[str, Any], name: str) -> str | None:
    value = entry.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name} is {value!r}, not a text")
    return value if value and value.strip() else None


def _channel(value: object, num_channels: int) -> int | None:
    """None for all channels, and for the one of a mono recording."""
    channels = [
        each
        for each in (value if isinstance(value, list) else [value])
        if isinstance(each, int) and each >= 0
    ]
    if not channels or (isinstance(value, list) and len(channels) < len(value)):
        raise ValueError(f"channel is {value!r}, not a number from 0")
    if len(channels) == num_channels and num_channels > 0:
        return None
    if len(channels) > 1:
        raise ValueError(f"the channels {channels} are some of {num_channels}: give one, or all")
    return channels[0]


def _word(item: object) -> AlignedWord:
    """An alignment item: `[symbol, start, duration, score]`, or an object of these."""
    if isinstance(item, Mapping):
        item = [item.get(name) for name in ("symbol", "start", "duration", "score")]
    if not isinstance(item, list) or not 3 <= len(item) <= 4:
        raise ValueError(f"{item!r} is no word with its times")
    text, start, duration = item[:3]
    return word(text, start, start + duration, item[3] if len(item) == 4 else None)


def _recordings(supervisions: Path) -> dict[str, _Recording]:
    """The recordings of the manifest beside, by id."""
    for name in (
        supervisions.name.replace("supervisions", "recordings"),
        "recordings.jsonl.gz",
        "recordings.jsonl",
    ):
        path = supervisions.with_name(name)
        if name != supervisions.name and path.is_file():
            break
    else:
        raise ValueError(f"there is no recordings.jsonl.gz beside {supervisions}")
    return {
        str(row[1].get("id")): _recording(row[1])
        for row in json_lines(path, str(path))
        if not isinstance(row, BadLine)
    }


def _recording(entry: Mapping[str, Any]) -> _Recording:
    sources = entry.get("sources") or []
    channels = len(entry.get("channel_ids") or (sources[0].get("channels") if sources else None) or [0])
    if len(sources) != 1:
        return _Recording("", channels, f"the recording {entry.get('id')!r} is not one file")
    if entry.get("transforms"):
        return _Recording("", channels, f"the recording {entry.get('id')!r} is heard through transforms")
    kind, name = sources[0].get("type"), str(sources[0].get("source", ""))
    if kind == "shar":
        return _Recording("", channels, is_packed=True)
    why = "" if kind in ("file", "url") else f"the audio is of type {kind!r}, not a file or URL"
    return _Recording(name, channels, why)


class _Shar:
    """The audio beside the cuts of a Shar: `recording.<n>.tar` for `cuts.<n>.jsonl.gz`."""

    def __init__(self, cuts: Path) -> None:
        number = cuts.name.removeprefix("cuts").removesuffix(".gz").removesuffix(".jsonl")
        self._path = cuts.with_name(f"recording{number}.tar")
        self._archive: Archive | None = None
        self._names: dict[str, str] = {}

    def audio(self, key: str) -> Packed:
        """Raises ValueError when it is not there."""
        if self._archive is None:
            self._archive = Archive(self._path)
            names = [name for name in self._archive.names() if not name.endswith(".json")]
            self._names = {name.rpartition(".")[0] or name: name for name in names}
        return self._archive.member(self._names.get(key, key))


FORMATS = (
    ImportFormat(
        "lhotse",
        (
            ("supervisions.jsonl.gz", "supervisions.jsonl"),
            ("*supervisions*.jsonl*",),
            ("cuts.*.jsonl.gz", "cuts.jsonl.gz", "cuts.jsonl"),
            ("*cuts*.jsonl*",),
        ),
        read_lhotse,
    ),
)
