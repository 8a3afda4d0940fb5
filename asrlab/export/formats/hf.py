"""Hugging Face `datasets`: a folder of clips with a table of what is known of each, and Parquet files with the audio.

https://huggingface.co/docs/datasets/audio_dataset; `load_dataset` takes either by the folder's name. Both tables are
typed. JSON Lines, which `datasets` would take too, are not: it guesses types from the first ten megabytes, so that a
text "2024-01-01" comes back as a date, and a speaker who is first named behind them stops the loading.
"""

import json
import re
from pathlib import Path

from asrlab.domain.time import MS_PER_SECOND
from asrlab.export.formats.protocol import AudioNeed, DataSet, Format
from asrlab.export.parquet import Columns, Kind, Parts, parquet_written_whole
from asrlab.export.shards import shards, sweep_shards
from asrlab.export.utterances import LabeledRecording, TimedWord, Utterance

METADATA = "metadata.parquet"
CLIPS = "clips"
METADATA_GROUP_ROWS = 10_000
PACKED_GROUP_ROWS = 100
"""Of audio, which readers hold by the group; as many as `datasets` writes."""

_FILE = re.compile(r"data-\d{5,}-of-\d{5,}\.parquet")

_WORD: Parts = (
    ("word", "string"),
    ("start", "float64"),
    ("end", "float64"),
    ("score", "float64"),
    ("flags", "string"),
)
_FACTS: Parts = (
    ("id", "string"),
    ("text", "string"),
    ("language", "string"),
    ("speaker", "string"),
    ("duration", "float64"),
    ("recording", "string"),
    ("start", "float64"),
    ("channel", "int32"),
    ("confidence", "float64"),
    ("origin", "string"),
    ("engine", "string"),
    ("flags", "string"),
    ("verdict", "string"),
    ("context", "string"),
    ("corpus", "string"),
    ("license", "string"),
)
_WORD_BYTES = 64
_ROW_BYTES = 400
"""About what a row holds beside its texts and its audio."""


def write_audiofolder(data: DataSet, folder: Path) -> list[Path]:
    """Write `metadata.parquet`, whose `file_name` is the clip of each row, by a path relative to the folder."""
    target = folder / METADATA
    columns = _columns("file_name", "string")
    with parquet_written_whole(target, columns, group_rows=METADATA_GROUP_ROWS) as rows:
        for recording in data.recordings():
            for utterance in recording.utterances:
                clip = data.audio.file(recording, utterance)
                rows.add((f"{CLIPS}/{clip.name}", *_facts(recording, utterance)), _size(utterance))
    return [target]


def write_parquet(data: DataSet, folder: Path) -> list[Path]:
    """Write `data-00000-of-00001.parquet` and so on, `data.shard_size` utterances each, the last the rest."""
    count = sum(len(recording.utterances) for recording in data.recordings())
    num_files = -(-count // data.shard_size)
    columns = _columns("audio", (("bytes", "binary"), ("path", "string")))
    features = {"huggingface": json.dumps(_features())}
    written: list[Path] = []
    for number, utterances in shards(data):
        target = folder / f"data-{number:05}-of-{num_files:05}.parquet"
        with parquet_written_whole(
            target, columns, group_rows=PACKED_GROUP_ROWS, metadata=features, unpacked=("audio.bytes",)
        ) as rows:
            for recording, utterance in utterances:
                clip = data.audio.file(recording, utterance)
                audio = clip.read_bytes()
                rows.add(((audio, clip.name), *_facts(recording, utterance)), len(audio) + _size(utterance))
        written.append(target)
    sweep_shards(folder, _FILE, written)
    return written


def _columns(name: str, kind: Kind) -> Columns:
    return (name, kind), *_FACTS, ("words", [_WORD])


def _features() -> dict[str, object]:
    """The columns as `datasets` declares them, a list in the way that releases before 4.0 know too."""
    features: dict[str, object] = {"audio": {"_type": "Audio"}}
    features.update((name, {"dtype": kind, "_type": "Value"}) for name, kind in _FACTS)
    features["words"] = [{name: {"dtype": kind, "_type": "Value"} for name, kind in _WORD}]
    return {"info": {"features": features}}


def _facts(recording: LabeledRecording, utterance: Utterance) -> tuple[object, ...]:
    """In the order of the columns: start on the recording's clock, words on the clip's."""
    return (
        recording.key_of(utterance),
        utterance.text,
        utterance.language,
        utterance.speaker,
        utterance.duration,
        recording.source.content_hash,
        utterance.start,
        utterance.channel,
        utterance.confidence,
        utterance.origin,
        utterance.engine,
        utterance.flags or None,
        utterance.verdict,
        utterance.context,
        recording.corpus,
        recording.license,
        [_word(word, utterance.start_ms) for word in utterance.timed],
    )


def _word(word: TimedWord, start_ms: int) -> tuple[object, ...]:
    text, first, end, score, flags = word
    return text, (first - start_ms) / MS_PER_SECOND, (end - start_ms) / MS_PER_SECOND, score, flags or None


def _size(utterance: Utterance) -> int:
    return _ROW_BYTES + len(utterance.text) + _WORD_BYTES * len(utterance.timed)


FORMATS = (
    Format(
        "hf",
        "Hugging Face's audiofolder: clips and a table",
        write_audiofolder,
        AudioNeed.CLIPS,
        words=True,
        clips=CLIPS,
    ),
    Format(
        "hf",
        "Hugging Face's Parquet with the audio inside",
        write_parquet,
        AudioNeed.PACKED,
        words=True,
        variant="parquet",
        data_files="data-*.parquet",
    ),
)
