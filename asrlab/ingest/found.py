"""What looking for audio gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from asrlab.domain.reasons import FailureReason
from asrlab.domain.reference import Reference


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that was found. uri: absolute path, links kept, or URL; size in bytes; times in ns, to see a change by.

    Of a file behind a URL all that is known at first is where it is: size and times stay 0 until it is looked at.
    """

    uri: str
    size: int
    mtime_ns: int
    ctime_ns: int
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A place, or a line of a manifest, that could not be used. uri: escaped where it is no valid UTF-8."""

    uri: str
    reason: FailureReason
    message: str


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found, each file once, in the order given and sorted within a folder or pattern.

    folders: those that were looked through, whole; whatever is below them and not found is not there.
    references: what manifests and sidecars say of the files, by URI. manifests: the files that were read for it;
    whatever of them is not unreadable now is mended.
    """

    files: tuple[FoundFile, ...]
    unreadable: tuple[Unreadable, ...] = ()
    folders: tuple[str, ...] = ()
    references: Mapping[str, Sequence[Reference]] = field(default_factory=lambda: MappingProxyType({}))
    manifests: tuple[str, ...] = ()

    @property
    def places(self) -> list[str]:
        """Where in manifests and sidecars something is said of these files."""
        return [reference.place for said in self.references.values() for reference in said]

    def first(self, count: int) -> "Discovery":
        """The same with at most `count` files."""
        files = self.files[:count]
        of_files = {file.uri: self.references[file.uri] for file in files if file.uri in self.references}
        return replace(self, files=files, references=of_files)
