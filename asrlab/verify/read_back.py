"""How many utterances a reader finds in what was written: parsed anew, with nothing of the code that wrote it."""

import csv
import gzip
import json
import tarfile
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

MAX_FIELD_CHARS = 1 << 24


def texts_read_back(folder: Path, form: str, variant: str = "") -> int | None:
    """The utterances found in a folder of this format; None for a format whose files don't count utterances.

    A file that is gone or broken counts for what can be read of it.
    """
    reader = _READERS.get((form, variant))
    if reader is None:
        return None
    try:
        return sum(1 for _ in reader(folder))
    except (OSError, ValueError, EOFError, csv.Error, tarfile.TarError):
        return 0


def _json_lines(lines: Iterable[str]) -> Iterator[object]:
    for line in lines:
        if line.strip():
            yield json.loads(line)


def _jsonl(name: str) -> Callable[[Path], Iterator[object]]:
    def read(folder: Path) -> Iterator[object]:
        with (folder / name).open(encoding="utf-8", newline="\n") as file:
            yield from _json_lines(file)

    return read


def _gzipped(name: str) -> Callable[[Path], Iterator[object]]:
    def read(folder: Path) -> Iterator[object]:
        with gzip.open(folder / name, "rt", encoding="utf-8", newline="\n") as file:
            yield from _json_lines(file)

    return read


def _lines(name: str, header: int = 0) -> Callable[[Path], Iterator[object]]:
    def read(folder: Path) -> Iterator[object]:
        with (folder / name).open(encoding="utf-8", newline="\n") as file:
            yield from islice(file, header, None)

    return read


def _shards(pattern: str, suffixes: tuple[str, ...]) -> Callable[[Path], Iterator[object]]:
    def read(folder: Path) -> Iterator[object]:
        for path in sorted(folder.glob(pattern)):
            with tarfile.open(path) as archive:
                yield from (member for member in archive if member.name.endswith(suffixes))

    return read


def _csv(name: str) -> Callable[[Path], Iterator[object]]:
    def read(folder: Path) -> Iterator[object]:
        csv.field_size_limit(MAX_FIELD_CHARS)
        with (folder / name).open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)

    return read


def _parquet(pattern: str) -> Callable[[Path], Iterator[object]]:
    def read(folder: Path) -> Iterator[object]:
        import pyarrow.parquet as pq

        for path in sorted(folder.glob(pattern)):
            with pq.ParquetFile(path) as table:
                for batch in table.iter_batches(columns=["text"]):
                    yield from range(batch.num_rows)

    return read


def _shar(folder: Path) -> Iterator[object]:
    for path in sorted(folder.glob("shar/cuts.*.jsonl.gz")):
        yield from _gzipped(path.name)(path.parent)


_AUDIO = (".wav", ".flac", ".opus")
_READERS: dict[tuple[str, str], Callable[[Path], Iterator[object]]] = {
    ("nemo", ""): _jsonl("manifest.jsonl"),
    ("nemo", "tarred"): _shards("audio_*.tar", _AUDIO),
    ("lhotse", ""): _gzipped("supervisions.jsonl.gz"),
    ("lhotse", "shar"): _shar,
    ("kaldi", ""): _lines("text"),
    ("espnet", ""): _lines("text"),
    ("webdataset", ""): _shards("shard-*.tar", (".txt",)),
    ("qwen3-asr", ""): _jsonl("train.jsonl"),
    ("hf", ""): _parquet("metadata.parquet"),
    ("hf", "parquet"): _parquet("data-*.parquet"),
    ("whisper", ""): _parquet("metadata.parquet"),
    ("ljspeech", ""): _lines("metadata.csv"),
    ("commonvoice", ""): _lines("validated.tsv", header=1),
    ("csv", ""): _csv("utterances.csv"),
    ("jsonl", ""): _jsonl("utterances.jsonl"),
    ("parquet", ""): _parquet("utterances.parquet"),
}
