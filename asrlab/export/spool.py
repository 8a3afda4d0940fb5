"""A selection kept in a file of its own while it is written: read as often as a format asks, never all in memory.

The file has no name and is gone with its process. It holds plain tuples, which `marshal` writes ten times faster than
pickle writes objects; nobody but the process that wrote it ever reads it.
"""

import marshal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from asrlab.domain.audio import AudioSource
from asrlab.export.utterances import LabeledRecording, Utterance

LENGTH_BYTES = 8
BUFFER_BYTES = 1 << 20


class Spool:
    """Values of plain types, appended and then read in order, several readers one after the other or at once."""

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder, buffering=BUFFER_BYTES)  # noqa: SIM115 - see close
        self._end = 0

    def close(self) -> None:
        self._file.close()

    def append(self, value: Any) -> None:
        data = marshal.dumps(value)
        self._file.write(len(data).to_bytes(LENGTH_BYTES, "little"))
        self._file.write(data)
        self._end += LENGTH_BYTES + len(data)

    def __iter__(self) -> Iterator[Any]:
        position = 0
        self._file.flush()
        while position < self._end:
            # Another reader may have moved it.
            self._file.seek(position)
            while position < self._end:
                length = int.from_bytes(self._file.read(LENGTH_BYTES), "little")
                value = marshal.loads(self._file.read(length))
                position += LENGTH_BYTES + length
                yield value
                if self._file.tell() != position:
                    break


class RecordingSpool:
    """Recordings with their utterances, in the order they were added."""

    def __init__(self, folder: Path) -> None:
        self._values = Spool(folder)

    def close(self) -> None:
        self._values.close()

    def append(self, recording: LabeledRecording) -> None:
        source = recording.source
        place = (source.uri, source.size, source.mtime_ns, source.content_hash)
        shape = (source.num_samples, source.sampling_rate, source.num_channels)
        said = (recording.corpus, recording.license, recording.metadata)
        utterances = list(map(tuple, recording.utterances))
        self._values.append((recording.recording_id, (*place, *shape), said, marshal.dumps(utterances)))

    def __iter__(self) -> Iterator[LabeledRecording]:
        make = Utterance._make
        for recording_id, source, (corpus, license_, metadata), utterances in self._values:
            yield LabeledRecording(
                recording_id,
                AudioSource(*source),
                corpus,
                license_,
                metadata,
                tuple(map(make, marshal.loads(utterances))),
            )

    def bare(self) -> Iterator[LabeledRecording]:
        """The recordings without their utterances, which is far quicker."""
        for recording_id, source, (corpus, license_, metadata), _ in self._values:
            yield LabeledRecording(recording_id, AudioSource(*source), corpus, license_, metadata, ())
