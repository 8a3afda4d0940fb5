"""Shards read by the package webdataset, which is what NeMo reads its own with."""

from pathlib import Path
from typing import Any

from webdataset.filters import decode
from webdataset.tariterators import group_by_keys, tar_file_expander


def samples(*shards: Path) -> list[dict[str, Any]]:
    """The samples of the shards in order, texts and JSON decoded; its own `WebDataset` leaves the files open."""
    found: list[dict[str, Any]] = []
    for path in shards:
        with path.open("rb") as stream:
            members = tar_file_expander([{"url": str(path), "stream": stream}])
            found += decode()(group_by_keys(members))
    return found
