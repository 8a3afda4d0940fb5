"""export.lock.json: what an export was made of and what came out, so that anybody can tell whether it is still that.

No time, no folder and no machine stands in it: the same release gives the same lock everywhere.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from asrlab import __version__
from asrlab.errors import UserError
from asrlab.export.files import written_whole
from asrlab.export.utterances import LabeledRecording

FILE_NAME = "export.lock.json"
LOCK_VERSION = 1


@dataclass(frozen=True, slots=True)
class LockedFile:
    """A file of an export: its path below the export's folder."""

    path: str
    sha256: str
    size: int


def locked_files(folder: Path, paths: Iterable[Path]) -> list[LockedFile]:
    """The checksums of files, by name; each once."""
    found = []
    root = folder.resolve()
    for path in sorted({path.resolve() for path in paths}):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        found.append(LockedFile(path.relative_to(root).as_posix(), digest, path.stat().st_size))
    return found


def digest_of(files: Iterable[LockedFile]) -> str:
    """One checksum over all: two exports of the same are equal in it."""
    lines = "".join(f"{file.sha256}  {file.path}\n" for file in files)
    return hashlib.sha256(lines.encode()).hexdigest()


def write_lock(
    folder: Path,
    facts: Mapping[str, Any],
    recordings: Iterable[str],
    files: Iterable[LockedFile],
) -> str:
    """Write the lock file; returns its checksum.

    facts: release, format, query, engines, counts, left_out, as plain values. recordings: a `recording_line` of each,
    in the order of the export.
    """
    target = folder / FILE_NAME
    with written_whole(target) as file:
        file.write("{\n")
        for name, value in {"lock": LOCK_VERSION, "asrlab": __version__, **facts}.items():
            file.write(f'"{name}": {_compact(value)},\n')
        _write_list(file, "recordings", recordings)
        file.write(",\n")
        listed = list(files)
        lines = ({"path": each.path, "sha256": each.sha256, "bytes": each.size} for each in listed)
        _write_list(file, "files", map(_compact, lines))
        file.write(f',\n"files_sha256": {_compact(digest_of(listed))}\n}}\n')
    return hashlib.sha256(target.read_bytes()).hexdigest()


def read_lock(folder: Path) -> dict[str, Any]:
    """The lock file of an export; raises UserError when there is none, or it is damaged."""
    path = folder / FILE_NAME
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{folder} holds no {FILE_NAME}: it is no export, or it was moved") from error
    except (OSError, ValueError) as error:
        raise UserError(f"{path} can't be read: {error}") from error
    if not isinstance(found, dict) or found.get("lock") != LOCK_VERSION:
        raise UserError(f"{path} is no lock file of this asrlab's kind")
    return found


def files_of(lock: Mapping[str, Any]) -> list[LockedFile]:
    return [LockedFile(each["path"], each["sha256"], each["bytes"]) for each in lock["files"]]


def is_list_whole(lock: Mapping[str, Any]) -> bool:
    """Whether the list of files is the one that was written; a lock of before it said so is believed."""
    return lock.get("files_sha256") in (None, digest_of(files_of(lock)))


def recording_line(recording: LabeledRecording) -> str:
    """A line of the lock: the hash of a recording's bytes, and the transcripts that were made utterances of."""
    if all(len(utterance.transcript_ids) == 1 for utterance in recording.utterances):
        ids = ",".join([str(utterance.transcript_ids[0]) for utterance in recording.utterances])
    else:
        ids = ",".join(str(each) for utterance in recording.utterances for each in utterance.transcript_ids)
    return f'{{"audio":"{recording.source.content_hash}","transcripts":[{ids}]}}'


def _write_list(file: TextIO, name: str, lines: Iterable[str]) -> None:
    file.write(f'"{name}": [')
    separator = "\n"
    for line in lines:
        file.write(f"{separator}{line}")
        separator = ",\n"
    file.write("\n]")


def _compact(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
