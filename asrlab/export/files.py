"""Writing export files so that a name never stands for half a file."""

import gzip
import io
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

UNICODE_LINE_BREAKS = "\x85\u2028\u2029"


@contextmanager
def bytes_written_whole(target: Path) -> Iterator[BinaryIO]:
    """A file that takes its place when the block ends well, and vanishes when it does not."""
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        # mkstemp makes files private; a manifest is to be read by whoever may read the folder.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, 0o666 & ~umask)
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
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
        gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed,
    ):
        text = io.TextIOWrapper(packed, encoding="utf-8", newline="\n")
        yield text
        text.detach()


def json_line(entry: dict[str, object]) -> str:
    """One line of JSON Lines; a reader that splits on any Unicode line break gets one line too."""
    line = json.dumps(entry, ensure_ascii=False)
    for character in UNICODE_LINE_BREAKS:
        line = line.replace(character, f"\\u{ord(character):04x}")
    return line + "\n"
