"""From what a row tells, named as the field names it, to a text: exactly as it is written, white space and all."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from asrlab.domain.imported import ImportedText
from asrlab.domain.labels import AlignedWord
from asrlab.domain.reference import Prompt, Reference
from asrlab.domain.time import Seconds, TimeSpan
from asrlab.ingest.manifests.rows import (
    CONTEXT_COLUMNS,
    DURATION_COLUMNS,
    END_COLUMNS,
    LANGUAGE_COLUMNS,
    LICENSE_COLUMNS,
    SPEAKER_COLUMNS,
    TEXT_COLUMNS,
    Columns,
    as_seconds,
)
from asrlab.text.languages import language_tag

# What an export calls an utterance; behind a speaker's name in Kaldi's lists.
_KEY = re.compile(r"(?:^|-)(?P<hash>[0-9a-f]{16})-\d{8,}-\d{8,}(?:-c(?P<channel>\d+))?$")
_OFFSET = ("offset",)
_START = ("start", "start_s", "start_time")
_HASH = re.compile(r"[0-9a-f]{16}|[0-9a-f]{64}")
# What exports say of where a text comes from; on the way back it comes from a file.
_OWN = ("recording", "origin", "engine", "verdict", "shard_id", "source_audio_offset")


@dataclass(frozen=True, slots=True)
class Key:
    """What an export's id of an utterance tells. content_hash: of the recording, its first 16 digits."""

    content_hash: str
    channel: int | None


def key_of(name: str) -> Key | None:
    """What an id tells, None when it is no export's."""
    match = _KEY.search(name)
    if match is None:
        return None
    channel = match["channel"]
    return Key(match["hash"], None if channel is None else int(channel))


def hash_of(name: str) -> str:
    """A recording's content hash, or the beginning by which exports name it; "" for any other name."""
    return name if _HASH.fullmatch(name) else ""


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval of the audio that is named, in seconds. shift: from the clock of the row's words to that audio's."""

    start: Seconds = 0.0
    end: Seconds | None = None
    shift: Seconds = 0.0


WHOLE = Interval()


def text_of(
    columns: Columns,
    source: str,
    number: int,
    within: Interval,
    also: Mapping[str, str] = MappingProxyType({}),
) -> tuple[ImportedText, str]:
    """What the columns say of an interval, and the hash of the recording that they name, "" for none.

    Columns without a meaning become metadata. also: metadata beside them, but for `license`, which is one. Raises
    ValueError for a value that can't be one.
    """
    identity = columns.exact_text(("id", "utterance_id", "utt_id")) or ""
    key = key_of(identity)
    text, language = columns.exact_text(TEXT_COLUMNS), columns.text(LANGUAGE_COLUMNS)
    if text is None and columns.holds_empty(TEXT_COLUMNS):
        text = ""
    context, speaker = columns.exact_text(CONTEXT_COLUMNS), columns.exact_text(SPEAKER_COLUMNS)
    license_ = columns.exact_text(LICENSE_COLUMNS) or also.get("license")
    channel, flags = _channel(columns), _flags(columns.take(("flags",)))
    said_of_words = _as_json(columns.take(("words",)))
    # In other people's tables `words` may count them.
    is_list = isinstance(said_of_words, list)
    words = _words(said_of_words, within.shift) if is_list else ()
    confidence = _confidence(columns)
    metadata = {**{name: value for name, value in also.items() if name != "license"}, **columns.others()}
    content_hash = hash_of(metadata.get("recording", "")) or ("" if key is None else key.content_hash)
    if not is_list and said_of_words is not None:
        metadata["words"] = str(said_of_words)
    if content_hash:
        metadata = {name: value for name, value in metadata.items() if name not in _OWN}
    if identity and key is None:
        metadata["utterance_id"] = identity
    reference = Reference(
        source=source,
        place=f"{source}:{number}",
        start=within.start,
        end=within.end,
        text=text,
        prompt=Prompt(language if language is None else language_tag(language) or language, context),
        speaker=speaker,
        license=license_,
        metadata=MappingProxyType(metadata),
    )
    found = ImportedText(
        reference, channel, words, confidence, flags, is_of_all=key is not None and key.channel is None
    )
    return found, content_hash


def interval_of(columns: Columns) -> Interval:
    """The interval that the columns name; raises ValueError for one that holds nothing.

    With an offset, a start is on another clock, that of the recording that a clip was cut from.
    """
    offset, start = columns.seconds(_OFFSET), columns.seconds(_START)
    duration, end = columns.seconds(DURATION_COLUMNS), columns.seconds(END_COLUMNS)
    begins = offset if offset is not None else start or 0.0
    shift = 0.0 if offset is None or start is None else offset - start
    if duration is not None:
        ends: Seconds | None = begins + duration
    else:
        ends = None if end is None else end + shift
    if ends is not None and ends <= begins:
        raise ValueError(f"the interval {begins:g}–{ends:g} s is empty")
    return Interval(begins, ends, shift)


def word(text: object, start: object, end: object, score: object = None, flags: object = None) -> AlignedWord:
    """One word with its times in seconds; raises ValueError for what is none."""
    if not (isinstance(text, str) and isinstance(start, (int, float)) and isinstance(end, (int, float))):
        raise ValueError(f"{text!r} at {start!r}–{end!r} is no word with its times")
    start, end = as_seconds(start, "the start of a word"), as_seconds(end, "the end of a word")
    if score is not None and not isinstance(score, (int, float)):
        raise ValueError(f"the score of the word {text!r} is {score!r}, not a number")
    # As times are rounded in files, an end may lie a little before its start.
    return AlignedWord(text, TimeSpan(start, max(end, start)), score, _flags(flags))


def _as_json(value: object) -> object:
    """A list that a table holds as text."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _words(value: object, shift: Seconds) -> tuple[AlignedWord, ...]:
    """Words as objects of word, start, end, score and flags."""
    if not isinstance(value, Sequence) or not all(isinstance(each, Mapping) for each in value):
        raise ValueError("words is not a list of objects with word, start and end")
    return tuple(word_of(each, shift) for each in value)


def word_of(entry: Mapping[str, object], shift: Seconds = 0.0) -> AlignedWord:
    """One word out of its object; shift is added to its times."""
    found = word(
        entry.get("word", entry.get("text")),
        entry.get("start"),
        entry.get("end"),
        entry.get("score"),
        entry.get("flags"),
    )
    return (
        found if shift == 0 else AlignedWord(found.text, found.span.shifted(shift), found.score, found.flags)
    )


def _flags(value: object) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        return tuple(flag.strip() for flag in value.split(",") if flag.strip())
    if isinstance(value, list) and all(isinstance(flag, str) for flag in value):
        return tuple(value)
    raise ValueError(f"flags is {value!r}, not names of flags")


def _channel(columns: Columns) -> int | None:
    value = columns.take(("channel",))
    if value is None:
        return None
    try:
        # A table of numbers with gaps writes them as 0.0.
        channel = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        channel = -1.0
    if isinstance(value, bool) or channel < 0 or not channel.is_integer():
        raise ValueError(f"channel is {value!r}, not a number from 0")
    return int(channel)


def _confidence(columns: Columns) -> float | None:
    """A number from 0 to 1; on any other scale it is none of ours."""
    try:
        value = columns.seconds(("confidence",))
    except ValueError:
        return None
    return value if value is None or value <= 1 else None
