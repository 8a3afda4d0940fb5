"""Whisper checkpoints in CTranslate2's layout; nothing here loads weights or needs the extra."""

from importlib.util import find_spec
from pathlib import Path

from asrlab.engines.checkpoint import Layout, ResolvedCheckpoint, files_sha256, resolve_checkpoint
from asrlab.engines.ctranslate2_binary import read_specification
from asrlab.engines.embedded import PACKAGED_SHA256, check_package, packaged_folder
from asrlab.engines.protocol import EngineOptions
from asrlab.errors import CheckpointError, MissingExtraError

EMBEDDED_ID = "Systran/faster-whisper-tiny.en"
WEIGHTS = "model.bin"
TOKENIZER = "tokenizer.json"
VOCABULARIES = ("vocabulary.json", "vocabulary.txt")
MISSING = 'needs the extra faster-whisper: pip install "asrlab[faster-whisper]"'


def extra_is_installed() -> bool:
    """Whether the extra is there; imports none of it."""
    return all(find_spec(name) is not None for name in ("ctranslate2", "faster_whisper"))


def whisper_checkpoint(name: str, options: EngineOptions) -> ResolvedCheckpoint:
    """The directory that `options` name; `name` is what errors call the engine or aligner.

    Raises MissingExtraError, and CheckpointError for what is no whole Whisper checkpoint of CTranslate2.
    """
    if not extra_is_installed():
        raise MissingExtraError(f"{name} {MISSING}")
    checkpoint = resolve_checkpoint(options.model, options.revision, layout=CTRANSLATE2)
    specification = read_specification(checkpoint.path / WEIGHTS)
    if specification != "WhisperSpec":
        raise CheckpointError(
            f"{checkpoint.name} is a {specification} model, and {name} runs Whisper checkpoints"
        )
    return checkpoint


def _weight_files(path: Path) -> list[Path]:
    if not (path / WEIGHTS).is_file():
        raise CheckpointError(
            f"{path} is not a CTranslate2 checkpoint: {WEIGHTS} is missing (transformers' checkpoints are for "
            f"--engine whisper; on the hub, try one such as {EMBEDDED_ID})"
        )
    # Without it faster-whisper would ask the hub for one.
    if not (path / TOKENIZER).is_file():
        raise CheckpointError(f"{path} is not a whole checkpoint: {TOKENIZER} is missing")
    if not any((path / name).is_file() for name in VOCABULARIES):
        raise CheckpointError(f"{path} is not a whole checkpoint: {VOCABULARIES[0]} is missing")
    return [path / WEIGHTS]


def _embedded(cache: Path | None) -> ResolvedCheckpoint:
    """The package's own folder, as it is, verified."""
    folder = packaged_folder()
    check_package(folder, lambda path: files_sha256([path], cache))
    return ResolvedCheckpoint(EMBEDDED_ID, folder, PACKAGED_SHA256[WEIGHTS])


CTRANSLATE2 = Layout(EMBEDDED_ID, _embedded, _weight_files, ((WEIGHTS,),))
