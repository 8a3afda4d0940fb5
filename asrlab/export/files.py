"""Writing export files so that a name never stands for half a file."""

import gzip
import io
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from asrlab.export.undoing import make_folder, take_place

UNICODE_LINE_BREAKS = "\x85\u2028\u2029"
# Made once: json.dumps would make one a line.
_ENCODER = json.JSONEncoder(ensure_ascii=False)
GZIP_LEVEL = 6


@contextmanager
def bytes_written_whole(target: Path) -> Iterator[BinaryIO]:
    """A file that takes its place when the block ends well, and vanishes when it does not."""
    make_folder(target.parent)
    # Not mkstemp, whose files are private: a manifest is to be read by whoever may read the folder.
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        take_place(partial, target)
    except BaseException:
        os.unlink(partial)
        raise


@contextmanager
def written_whole(target: Path) -> Iterator[TextIO]:
    """The same for text: UTF-8, lines end in a line feed."""
    with bytes_written_whole(target) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="\n")
        yield text
        text.detach()


@contextmanager
def gzip_written_whole(target: Path) -> Iterator[TextIO]:
    """The same for gzipped text: equal text gives equal bytes, as no name and no time is put in."""
    with (
        bytes_written_whole(target) as file,
        gzip.GzipFile(filename="", mode="wb", compresslevel=GZIP_LEVEL, fileobj=file, mtime=0) as packed,
    ):
        text = io.TextIOWrapper(packed, encoding="utf-8", newline="\n")
        yield text
        text.detach()


def json_line(entry: dict[str, object]) -> str:
    """One line of JSON Lines; a reader that splits on any Unicode line break gets one line too."""
    line = _ENCODER.encode(entry)
    for character in UNICODE_LINE_BREAKS:
        line = line.replace(character, f"\\u{ord(character):04x}")
    return line + "\n"
