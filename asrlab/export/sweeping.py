"""Removing what a former export of the same format left in the folder, and what the new one does not write."""

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from asrlab.audio.files import printable
from asrlab.catalog import Catalog
from asrlab.catalog.imports import recordings_at
from asrlab.errors import OptionError, UserError
from asrlab.export.lock import LockedFile, files_of, locked_files, read_lock


@dataclass(frozen=True, slots=True)
class FormerExport:
    """What the lock file in a folder named before it is written anew."""

    folder: Path
    files: tuple[LockedFile, ...] = ()

    def sweep(self, written: Iterable[LockedFile]) -> None:
        """Remove the former files that are not written now, and folders that this empties.

        What somebody has changed since is theirs, and stays.
        """
        now = {each.path for each in written}
        left = {path.parent for each in self.files if each.path not in now for path in self._removed(each)}
        self._remove_empty(left)

    def _removed(self, file: LockedFile) -> list[Path]:
        path = self.folder / file.path
        if not path.resolve().is_relative_to(self.folder.resolve()) or not path.is_file():
            return []
        # Its size is cheaper to look at than its checksum.
        if path.stat().st_size != file.size or locked_files(self.folder, [path])[0].sha256 != file.sha256:
            return []
        path.unlink()
        return [path]

    def _remove_empty(self, folders: Collection[Path]) -> None:
        for folder in sorted(folders, reverse=True):
            while folder != self.folder:
                with suppress(OSError):
                    folder.rmdir()
                if folder.exists():
                    break
                folder = folder.parent


def check_no_source(catalog: Catalog, folder: Path) -> None:
    """Raise OptionError where a former export's audio in the folder has become a recording's: it must not be swept."""
    try:
        files = files_of(read_lock(folder))
    except (UserError, KeyError, TypeError):
        return
    places = {str(root / file.path) for root in (folder.absolute(), folder.resolve()) for file in files}
    with catalog.reading() as session:
        found = recordings_at(session, sorted(places))
    if found:
        raise OptionError(
            f"{printable(folder)} holds {len(found)} recordings of the catalog ({printable(min(found))}), which an "
            "export into it would replace: choose another folder"
        )


def former_export(folder: Path, form: str) -> FormerExport:
    """The export of this format that stands in the folder; one without files when there is none, or of another."""
    try:
        lock = read_lock(folder)
        if lock["format"] != form:
            return FormerExport(folder)
        return FormerExport(folder, tuple(files_of(lock)))
    except (UserError, KeyError, TypeError):
        # A damaged lock tells nothing that may be trusted with removing files.
        return FormerExport(folder)
