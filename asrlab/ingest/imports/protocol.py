"""What a reader of a format is: a name, which files it reads, and a function from one file to its texts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from asrlab.domain.imported import ImportedText
from asrlab.ingest.manifests.rows import BadLine


@dataclass(frozen=True, slots=True)
class Packed:
    """Audio inside another file. name: a file name, "" for none; read: its bytes; held: how many are in memory."""

    name: str
    read: Callable[[], bytes]
    held: int = 0


@dataclass(frozen=True, slots=True)
class AudioName:
    """How a file names the audio of a text; what it leaves out is "".

    path: a path or URL as written, from the file's folder when it is relative. stem: what the audio file is called,
    without its suffix. content_hash: of the recording, whole or its first 16 digits. corpus: what it belongs to.
    """

    path: str = ""
    stem: str = ""
    content_hash: str = ""
    corpus: str = ""
    packed: Packed | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A text, on the clock of the audio that is named.

    A text of None says nothing, and is passed over; "" empties the text of its segment.
    """

    text: ImportedText
    audio: AudioName


@dataclass(frozen=True, slots=True)
class ImportFormat:
    """A format that texts come back from.

    wanted: names of its files within a folder, as patterns; the first group that matches any is read. read: the texts
    of one file, in its order, and its bad lines. read raises ValueError, OSError or UserError for a file that is none
    of the format's, before it gave anything.
    """

    name: str
    wanted: tuple[tuple[str, ...], ...]
    read: Callable[[Path], Iterator[Entry | BadLine]]
