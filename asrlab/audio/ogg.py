"""Ogg's pages: where a stream ends, and whether several were joined into one file (RFC 3533).

Ogg states no length: the end is where a page says so, and a copy that broke off lacks that page.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

HEADER_BYTES = 27
LONGEST_PAGE_BYTES = 65_307
BEGINS_STREAM = 0x02
ENDS_STREAM = 0x04


class Page(NamedTuple):
    """One page; `end` may lie behind the end of a file that was cut off."""

    flags: int
    end: int


def missing_end(file: BinaryIO) -> str | None:
    """What the end of the file lacks, as a phrase; None for a stream that ends as it should."""
    size = file.seek(0, os.SEEK_END)
    first = max(0, size - 2 * LONGEST_PAGE_BYTES)
    file.seek(first)
    pages = list(_pages(file.read(), first))
    if not pages:
        return "its last Ogg page is missing"
    last = pages[-1]
    if last.end > size:
        return f"its last Ogg page ends {last.end - size} bytes behind the file's end"
    return None if last.flags & ENDS_STREAM else "no Ogg page says that the stream ends there"


def is_chained(path: Path) -> bool:
    """Whether streams follow one another in the file, as in radio dumps; libsndfile reads the first only."""
    with path.open("rb") as file:
        begun = False
        while header := file.read(HEADER_BYTES):
            if len(header) < HEADER_BYTES or header[:4] != b"OggS":
                return False
            begins = bool(header[5] & BEGINS_STREAM)
            if begun and begins:
                return True
            begun = begun or not begins
            file.seek(sum(file.read(header[26])), os.SEEK_CUR)
    return False


def _pages(data: bytes, offset: int) -> Iterator[Page]:
    """Pages in `data`, which lies at `offset` in the file; an "OggS" inside a page is not taken for one."""
    place = data.find(b"OggS")
    while 0 <= place <= len(data) - HEADER_BYTES:
        flags, segments = data[place + 5], data[place + 26]
        table = data[place + HEADER_BYTES : place + HEADER_BYTES + segments]
        if data[place + 4] != 0 or flags > 7:
            place = data.find(b"OggS", place + 1)
            continue
        cut = segments - len(table)
        end = place + HEADER_BYTES + segments + sum(table) + cut
        yield Page(flags, offset + end)
        place = data.find(b"OggS", end)
