"""How many utterances a reader finds in what was written: parsed anew, with nothing of the code that wrote it."""

import csv
import gzip
import json
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree

from asrlab.ingest.imports.textgrid import tiers_of

MAX_FIELD_CHARS = 1 << 24
Read = Callable[[Path], Iterator[object]]


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What a reader found. parts: what it counts where that is no utterance, of which each has one or more: cues."""

    count: int
    parts: str = ""

    def is_of(self, utterances: int) -> bool:
        """Whether it may be what that many utterances were written as."""
        return self.count >= utterances if self.parts else self.count == utterances


def read_back(files: Iterable[Path], form: str, variant: str = "") -> ReadBack | None:
    """What is found in the files of an export in this format; None for a format that nothing here reads.

    A file that is gone or broken counts for what can be read of it.
    """
    if (form, variant) not in _READERS:
        return None
    pattern, read = _READERS[form, variant]
    count = 0
    for path in files:
        if not path.match(pattern):
            continue
        try:
            for _ in read(path):
                count += 1
        except (OSError, ValueError, EOFError, csv.Error, tarfile.TarError, ElementTree.ParseError):
            continue
    return ReadBack(count, _PARTS.get(form, ""))


def _json_lines(lines: Iterable[str]) -> Iterator[object]:
    for line in lines:
        if line.strip():
            yield json.loads(line)


def _jsonl(path: Path) -> Iterator[object]:
    with path.open(encoding="utf-8", newline="\n") as file:
        yield from _json_lines(file)


def _gzipped(path: Path) -> Iterator[object]:
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
        yield from _json_lines(file)


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", newline="\n") as file:
        yield from file


def _rows_below_header(path: Path) -> Iterator[object]:
    return islice(_lines(path), 1, None)


def _members(*suffixes: str) -> Read:
    def read(path: Path) -> Iterator[object]:
        with tarfile.open(path) as archive:
            yield from (member for member in archive if member.name.endswith(suffixes))

    return read


def _csv(path: Path) -> Iterator[object]:
    csv.field_size_limit(MAX_FIELD_CHARS)
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _parquet(path: Path) -> Iterator[object]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as table:
        for batch in table.iter_batches(columns=["text"]):
            yield from range(batch.num_rows)


def _intervals(path: Path) -> Iterator[object]:
    """The labels of a TextGrid's tiers of utterances: that of a voice's words follows its own."""
    before = ""
    for tier in tiers_of(path.read_text(encoding="utf-8")):
        is_words = tier.name == f"{before} - words" or (before, tier.name) == ("segments", "words")
        if not is_words:
            yield from tier.intervals
        before = tier.name


def _annotations(path: Path) -> Iterator[object]:
    for tier in ElementTree.parse(path).iter("TIER"):
        if tier.get("LINGUISTIC_TYPE_REF") == "utterance":
            yield from tier.iter("ALIGNABLE_ANNOTATION")


_CUE = re.compile(r"\d+:\d\d:\d\d[,.]\d{3} --> \d+:\d\d:\d\d[,.]\d{3}\s*")


def _cues(path: Path) -> Iterator[object]:
    return (line for line in _lines(path) if _CUE.fullmatch(line))


def _tasks(path: Path) -> Iterator[object]:
    for task in json.loads(path.read_text(encoding="utf-8")):
        for prediction in task["predictions"]:
            yield from (each for each in prediction["result"] if each["type"] == "textarea")


_AUDIO = (".wav", ".flac", ".opus")
_READERS: dict[tuple[str, str], tuple[str, Read]] = {
    ("nemo", ""): ("manifest.jsonl", _jsonl),
    ("nemo", "tarred"): ("audio_*.tar", _members(*_AUDIO)),
    ("lhotse", ""): ("supervisions.jsonl.gz", _gzipped),
    ("lhotse", "shar"): ("shar/cuts.*.jsonl.gz", _gzipped),
    ("kaldi", ""): ("text", _lines),
    ("espnet", ""): ("text", _lines),
    ("webdataset", ""): ("shard-*.tar", _members(".txt")),
    ("qwen3-asr", ""): ("train.jsonl", _jsonl),
    ("hf", ""): ("metadata.parquet", _parquet),
    ("hf", "parquet"): ("data-*.parquet", _parquet),
    ("whisper", ""): ("metadata.parquet", _parquet),
    ("ljspeech", ""): ("metadata.csv", _lines),
    ("commonvoice", ""): ("validated.tsv", _rows_below_header),
    ("ctm", ""): ("hyp.ctm", _lines),
    ("textgrid", ""): ("*.TextGrid", _intervals),
    ("eaf", ""): ("*.eaf", _annotations),
    ("srt", ""): ("*.srt", _cues),
    ("vtt", ""): ("*.vtt", _cues),
    ("audacity", ""): ("*.txt", _lines),
    ("rttm", ""): ("all.rttm", _lines),
    ("label-studio", ""): ("tasks.json", _tasks),
    ("csv", ""): ("utterances.csv", _csv),
    ("jsonl", ""): ("utterances.jsonl", _jsonl),
    ("parquet", ""): ("utterances.parquet", _parquet),
}
_PARTS = {"ctm": "words", "srt": "cues", "vtt": "cues"}
