"""Audio inside tar archives, read by its place: an archive is looked through once, and no member is unpacked in vain."""

import tarfile
from functools import partial
from pathlib import Path

from asrlab.ingest.imports.protocol import Packed


class Archive:
    """The files of a tar archive, by name. Raises ValueError when it is none, or can't be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with tarfile.open(path) as archive:
                self._members = {member.name: member for member in archive if member.isfile()}
        except (tarfile.TarError, OSError, EOFError) as error:
            raise ValueError(f"{path} can't be read as a tar archive: {error}") from error

    def names(self) -> list[str]:
        return list(self._members)

    def member(self, name: str) -> Packed:
        """Raises ValueError when there is none of this name."""
        if name not in self._members:
            raise ValueError(f"{self.path.name} holds no {name!r}")
        return Packed(Path(name).name, partial(_bytes, self.path, self._members[name]))


def _bytes(path: Path, member: tarfile.TarInfo) -> bytes:
    with path.open("rb") as file:
        file.seek(member.offset_data)
        return file.read(member.size)
