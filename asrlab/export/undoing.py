"""What an export that is refused has made by then goes away again; what was there before it stays.

What is killed, or finds no room, leaves its whole files: the same command goes on from them.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from asrlab.errors import UserError


@contextmanager
def undone_when_refused() -> Iterator[None]:
    """Remove the files and folders that were made in the block when it raises UserError for another reason than I/O."""
    # On disk: an export may make a million clips.
    with TemporaryFile() as made:
        token = _MADE.set(made)
        try:
            yield
        except UserError as error:
            if not isinstance(error.__cause__, OSError):
                _undo(made)
            raise
        finally:
            _MADE.reset(token)


def take_place(partial: Path, target: Path) -> None:
    """Give a whole file its name."""
    is_new = not os.path.lexists(target)
    partial.replace(target)
    if is_new:
        _note(target)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, where they are lacking."""
    lacking = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in reversed(lacking):
        _note(each)


_MADE: ContextVar[IO[bytes] | None] = ContextVar("made", default=None)


def _note(path: Path) -> None:
    made = _MADE.get()
    if made is not None:
        # One call of write: threads write too.
        made.write(os.fsencode(path.absolute()).hex().encode() + b"\n")


def _undo(made: IO[bytes]) -> None:
    made.seek(0)
    folders: list[bytes] = []
    for line in made:
        name = bytes.fromhex(line.decode())
        if os.path.isdir(name):
            folders.append(name)
            continue
        with suppress(OSError):
            os.unlink(name)
    for name in reversed(folders):
        with suppress(OSError):
            os.rmdir(name)
