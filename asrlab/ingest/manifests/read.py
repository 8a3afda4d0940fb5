"""Which file is a manifest, and reading it."""

from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from asrlab.ingest.manifests.jsonl import read_json, read_jsonl
from asrlab.ingest.manifests.kaldi import KALDI_LIST, read_kaldi
from asrlab.ingest.manifests.rows import BadLine, Line
from asrlab.ingest.manifests.tables import read_csv, read_parquet, read_tsv

_READERS: dict[str, Callable[[Path, str], Iterator[Line | BadLine]]] = {
    ".csv": read_csv,
    ".json": read_json,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".parquet": read_parquet,
    ".scp": read_kaldi,
    ".tsv": read_tsv,
}
MANIFEST_SUFFIXES = tuple(sorted(_READERS))


def is_manifest(name: str) -> bool:
    """Whether a file of this name is read as a manifest; a list of Kaldi's must be called wav.scp."""
    suffix = PurePosixPath(name).suffix.lower()
    return suffix in _READERS and (suffix != ".scp" or PurePosixPath(name).name == KALDI_LIST)


def read_manifest(path: Path, source: str) -> Iterator[Line | BadLine]:
    """The lines of a manifest. source: what to call it in messages, its URI.

    Raises InputNotFoundError for a table without an audio column or that is none, OSError when it can't be read.
    """
    return _READERS[path.suffix.lower()](path, source)
