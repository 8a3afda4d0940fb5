"""NeMo's manifests, and its shards: tar archives of clips with a manifest beside them."""

import re
from collections.abc import Iterator
from pathlib import Path

from asrlab.ingest.imports.archives import Archive
from asrlab.ingest.imports.protocol import AudioName, Entry, ImportFormat, Packed
from asrlab.ingest.imports.told import interval_of, text_of
from asrlab.ingest.manifests.jsonl import json_lines
from asrlab.ingest.manifests.rows import BadLine, Columns, audio_named

# Of several lines of one clip; see NeMo's TarredAudioToTextDataset.
_SUB = re.compile(r"-sub\d+(?=\.\w+$)")


def read_nemo(path: Path) -> Iterator[Entry | BadLine]:
    """The lines of a manifest; a line with a shard has its audio in `audio_<shard_id>.tar`, beside or one above."""
    source = str(path)
    shards = _Shards(path.parent)
    for row in json_lines(path, source):
        if isinstance(row, BadLine):
            yield row
            continue
        number, entry = row
        columns = Columns(entry)
        try:
            name = audio_named(columns)
            packed = shards.member(name, entry.get("shard_id"))
            text, content_hash = text_of(columns, source, number, interval_of(columns))
        except ValueError as error:
            yield BadLine(f"{source}:{number}", str(error))
            continue
        audio = (
            AudioName(name, content_hash=content_hash)
            if packed is None
            else AudioName(content_hash=content_hash, packed=packed)
        )
        yield Entry(text, audio)


class _Shards:
    """The archives around a manifest; one is held at a time, as the manifest names one after another."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._archive: Archive | None = None

    def member(self, name: str, shard_id: object) -> Packed | None:
        """The audio of this name in that shard, None where no shard is named, or a file has the name.

        Raises ValueError when the shard is not there, or does not hold it.
        """
        if not isinstance(shard_id, (int, str)) or isinstance(shard_id, bool):
            return None
        shard = f"audio_{shard_id}.tar"
        path = next(
            (each / shard for each in (self._folder, self._folder.parent) if (each / shard).is_file()), None
        )
        if path is None:
            if (self._folder / name).exists():
                return None
            raise ValueError(f"there is no {shard} beside the manifest")
        if self._archive is None or self._archive.path != path:
            self._archive = Archive(path)
        return self._archive.member(_SUB.sub("", name))


FORMATS = (
    ImportFormat(
        "nemo", (("manifest.jsonl", "tarred_audio_manifest.json"), ("*.jsonl", "*.json")), read_nemo
    ),
)
