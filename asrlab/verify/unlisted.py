"""Files beside those of an export that a reader of its format could take for data, and that its lock doesn't name."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from asrlab.export.card import MARK, NAMES, PLOTS
from asrlab.export.lock import FILE_NAME, LockedFile


def unlisted_files(folder: Path, files: Sequence[LockedFile]) -> Iterator[Path]:
    """The files of a folder of the export that it doesn't list, and those in its root that are called as its data are.

    What else lies in the root is somebody's notes, and so is a hidden file.
    """
    listed = {each.path for each in files}
    places = [PurePosixPath(each.path) for each in files]
    data = [place for place in places if place.parts[0] != PLOTS and place.name not in NAMES]
    suffixes = {place.suffix.lower() for place in data}
    folders = {place.parts[0] for place in places if len(place.parts) > 1}
    for path in _files_below(folder, folders):
        place = path.relative_to(folder)
        if place.as_posix() in listed:
            continue
        is_inside = len(place.parts) > 1
        if is_inside or place.suffix.lower() in suffixes or (place.name in NAMES and _is_card(path)):
            yield path


def _files_below(folder: Path, within: set[str]) -> Iterator[Path]:
    """The visible files in the folder itself and in these folders of it, by name, but for its lock file."""
    for root, folders, names in os.walk(folder):
        is_top = Path(root) == folder
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and (not is_top or name in within)
        )
        for name in sorted(names):
            if not name.startswith(".") and not (is_top and name == FILE_NAME):
                yield Path(root, name)


def _is_card(path: Path) -> bool:
    """Whether it is a card of ours, and no README of somebody else's."""
    return MARK in path.read_text(encoding="utf-8", errors="replace")
