"""From what a user gives as `--model` to a directory of weights, and what to call those weights.

Nothing here loads weights: an engine is described (`asrlab engines`, a run's fingerprint) without them.
"""

import contextlib
import hashlib
import json
import os
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from asrlab.engines.embedded import (
    CONVERTED_SHA256,
    EMBEDDED_MODEL_ID,
    embedded_checkpoint,
    embedded_is_installed,
    file_sha256,
)
from asrlab.engines.hub import Patterns, hub_snapshot
from asrlab.errors import CheckpointError

# What transformers looks for, in its order: one file, else the shards an index lists.
WEIGHT_FILES = (
    ("model.safetensors", "model.safetensors.index.json"),
    ("pytorch_model.bin", "pytorch_model.bin.index.json"),
)
# What is fetched of a hub repository: neither other frameworks' nor other precisions' copies of the weights.
HUB_WEIGHTS = (
    ("model.safetensors", "model-*-of-*.safetensors"),
    ("pytorch_model.bin", "pytorch_model-*-of-*.bin"),
)

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MEMORY_FILE = "weights-sha256.json"


@dataclass(frozen=True, slots=True)
class ResolvedCheckpoint:
    """Weights on this machine.

    name: what a person would call them (a hub id, or the directory).
    path: a directory in the layout that was asked for.
    weights_sha256: 64 hex digits, the same wherever the same weight files lie.
    """

    name: str
    path: Path
    weights_sha256: str


@dataclass(frozen=True, slots=True)
class Layout:
    """How a library lays its checkpoints out.

    embedded_id: the hub id of the embedded weights. embedded: those on this machine; takes asrlab's cache folder.
    weight_files: what the library loads from a directory; raises CheckpointError unless all of it is there.
    hub_weights: the names of the weight files on the hub, the preferred first.
    """

    embedded_id: str
    embedded: Callable[[Path | None], ResolvedCheckpoint]
    weight_files: Callable[[Path], list[Path]]
    hub_weights: tuple[Patterns, ...]


def resolve_checkpoint(
    model: str | None,
    revision: str | None = None,
    *,
    layout: Layout | None = None,
    cache: Path | None = None,
) -> ResolvedCheckpoint:
    """The weights named by `model`: None for the embedded ones, a directory, or a hub id ("org/name").

    revision: a hub repository's branch, tag or commit. What Hugging Face's cache holds is taken without
    asking the hub, so that all workers of a run use the same weights: name a commit to move on.
    layout: transformers' by default. cache: asrlab's own cache folder.
    Raises CheckpointError saying what is missing and what to do, MissingExtraError without embedded weights.
    """
    layout = layout or TRANSFORMERS
    if model is None or _is_path_like(model):
        if revision is not None:
            raise CheckpointError(f"revision {revision} is of no use without a hub id: give --model org/name")
        return layout.embedded(cache) if model is None else _directory(model, layout, cache)
    return _hub(model, revision, layout, cache)


def model_type(path: Path) -> str:
    """The architecture config.json names ("whisper", "qwen3_asr", …). Raises CheckpointError."""
    config = path / "config.json"
    try:
        value = json.loads(config.read_text(encoding="utf-8"))
    except OSError as error:
        raise CheckpointError(f"{config} can't be read: {error.strerror or error}") from error
    except ValueError as error:
        raise CheckpointError(f"{config} is not JSON: fetch the checkpoint again") from error
    found = value.get("model_type") if isinstance(value, dict) else None
    if not isinstance(found, str):
        raise CheckpointError(f'{config} names no "model_type": it is not a transformers checkpoint')
    return found


def weights_sha256(path: Path, cache: Path | None = None) -> str:
    """One SHA-256 for the weight files transformers loads from a directory. See files_sha256."""
    return files_sha256(_weight_files(path), cache)


def files_sha256(files: Sequence[Path], cache: Path | None = None) -> str:
    """One SHA-256 for some files, by name and content.

    One file: its own SHA-256, which is the one the hub shows. Several: the SHA-256 of their "name sha256"
    lines in the order of their names. Remembered in `cache` by real path, size and time of change.
    Raises CheckpointError when one can't be read.
    """
    memory = (cache or user_cache_path("asrlab")) / _MEMORY_FILE
    known = _read_memory(memory)
    learned: dict[str, str] = {}
    digests: dict[str, str] = {}
    try:
        for file in files:
            key = _memory_key(file)
            digest = _hub_blob_sha256(file) or known.get(key)
            if digest is None:
                digest = learned[key] = file_sha256(file)
            digests[file.name] = digest
    except OSError as error:
        where = files[0].parent
        raise CheckpointError(f"the weights in {where} can't be read: {error.strerror or error}") from error
    if learned:
        _write_memory(memory, known | learned)
    if len(digests) == 1:
        return next(iter(digests.values()))
    lines = "".join(f"{name} {digest}\n" for name, digest in sorted(digests.items()))
    return hashlib.sha256(lines.encode("utf-8")).hexdigest()


def _embedded(cache: Path | None) -> ResolvedCheckpoint:
    # The converter has verified the checksum: no need to read the weights again.
    return ResolvedCheckpoint(EMBEDDED_MODEL_ID, embedded_checkpoint(cache), CONVERTED_SHA256)


def _is_path_like(model: str) -> bool:
    # os.path.exists, not Path.exists: false, not an error, for a text no file could be called.
    return model.startswith((".", "/", "~")) or os.path.exists(model) or not _HUB_ID.fullmatch(model)


def _directory(model: str, layout: Layout, cache: Path | None) -> ResolvedCheckpoint:
    # os.path.expanduser, not Path.expanduser: an unknown "~name" stays as it is and is reported as absent.
    expanded = os.path.expanduser(model)
    if not os.path.exists(expanded):
        raise CheckpointError(
            f"there is no checkpoint {model!r}: give a directory, or a hub id such as {layout.embedded_id}"
        )
    path = Path(expanded).resolve()
    if not path.is_dir():
        raise CheckpointError(f"{model} is a file: give the directory that holds config.json and the weights")
    return ResolvedCheckpoint(str(path), path, files_sha256(_whole(path, layout), cache))


def _whole(path: Path, layout: Layout) -> list[Path]:
    """The weight files. Raises CheckpointError for a directory that is no whole checkpoint."""
    if not (path / "config.json").is_file():
        raise CheckpointError(f"{path} is not a checkpoint: config.json is missing")
    return layout.weight_files(path)


def _weight_files(path: Path) -> list[Path]:
    """The files transformers would load, by name; all are there. Raises CheckpointError."""
    for single, index in WEIGHT_FILES:
        # is_file follows links: a cache's dangling link is no weight file.
        if (path / single).is_file():
            return [path / single]
        if (path / index).is_file():
            return _shards(path, index)
    found = sorted(file for file in path.glob("*.safetensors") if file.is_file())
    if not found:
        raise CheckpointError(
            f"{path} is not a whole checkpoint: its weights (*.safetensors or pytorch_model.bin) are missing"
        )
    return found


def _shards(path: Path, index: str) -> list[Path]:
    try:
        names = sorted({str(name) for name in json.loads((path / index).read_bytes())["weight_map"].values()})
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise CheckpointError(f"{path / index} is damaged: fetch the checkpoint again") from error
    absent = [name for name in names if not (path / name).is_file()]
    if absent:
        raise CheckpointError(f"{path} is not a whole checkpoint: {', '.join(absent)} missing")
    return [path / name for name in names]


def _hub(model: str, revision: str | None, layout: Layout, cache: Path | None) -> ResolvedCheckpoint:
    try:
        path = hub_snapshot(model, revision, layout.hub_weights, lambda found: _whole(found, layout))
    except CheckpointError:
        # The hub's main branch holds these bytes; another revision might not.
        if model == layout.embedded_id and revision in (None, "main") and embedded_is_installed():
            return layout.embedded(cache)
        raise
    return ResolvedCheckpoint(model, path, files_sha256(_whole(path, layout), cache))


def _hub_blob_sha256(file: Path) -> str | None:
    """The checksum Hugging Face's cache names a large file's blob by; None for any other file."""
    if not file.is_symlink():
        return None
    blob = file.resolve()
    return blob.name if blob.parent.name == "blobs" and _SHA256.fullmatch(blob.name) else None


def _memory_key(file: Path) -> str:
    status = file.stat()
    return f"{status.st_size} {status.st_mtime_ns} {file.resolve()}"


def _read_memory(memory: Path) -> dict[str, str]:
    try:
        value = json.loads(memory.read_bytes())
    except (OSError, ValueError):
        # Only a shortcut: absent or damaged, the weights are read again.
        return {}
    if not isinstance(value, dict):
        return {}
    return {
        key: digest for key, digest in value.items() if isinstance(digest, str) and _SHA256.fullmatch(digest)
    }


def _write_memory(memory: Path, known: dict[str, str]) -> None:
    beside = memory.with_name(f"{memory.name}-{uuid.uuid4().hex}")
    try:
        memory.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(known, indent=1), encoding="utf-8")
        os.replace(beside, memory)
    except OSError:
        # A cache that can't be written costs time, not the result.
        with contextlib.suppress(OSError):
            beside.unlink()


TRANSFORMERS = Layout(EMBEDDED_MODEL_ID, _embedded, _weight_files, HUB_WEIGHTS)
