"""The entry points of `whisper`: what is known without torch."""

import json
from dataclasses import dataclass
from pathlib import Path

from asrlab.engines.checkpoint import ResolvedCheckpoint, model_type, resolve_checkpoint
from asrlab.engines.protocol import Aligner, Engine, EngineInfo, EngineOptions
from asrlab.errors import CheckpointError, OptionError

# Raised when the same weights and audio give other words, or other times.
ENGINE_CODE_VERSION = "1"
ALIGNER_CODE_VERSION = "2"
WINDOW_SECONDS = 30.0
SAMPLING_RATE_HZ = 16_000


@dataclass(frozen=True, slots=True)
class WhisperEngineFactory:
    """Opens the engine `whisper`."""

    name: str = "whisper"
    summary: str = "any Whisper checkpoint, through transformers"

    def describe(self, options: EngineOptions) -> EngineInfo:
        return self._info(_whisper_checkpoint(options), options)

    def check_language(self, options: EngineOptions, language: str) -> None:
        from asrlab.engines.whisper.languages import is_multilingual, whisper_language_tag

        path = _whisper_checkpoint(options).path
        generation = _read_json(path / "generation_config.json")
        vocab_size = int(str(_read_json(path / "config.json").get("vocab_size", 0)))
        tag = whisper_language_tag(language, is_multilingual=is_multilingual(generation, vocab_size))
        known = generation.get("lang_to_id")
        if isinstance(known, dict) and f"<|{tag}|>" not in known:
            raise OptionError(f"this checkpoint does not know {language!r}: give a newer --model")

    def open(self, options: EngineOptions) -> Engine:
        from asrlab.engines.whisper.engine import WhisperEngine
        from asrlab.engines.whisper.model import load_whisper

        checkpoint = _whisper_checkpoint(options)
        loaded = load_whisper(checkpoint.path, options.device, options.compute_type, "sdpa")
        return WhisperEngine(self._info(checkpoint, options), loaded, options.batch_seconds)

    def _info(self, checkpoint: ResolvedCheckpoint, options: EngineOptions) -> EngineInfo:
        return EngineInfo(
            name=self.name,
            checkpoint=checkpoint.name,
            revision=checkpoint.weights_sha256,
            code_version=ENGINE_CODE_VERSION,
            parameters=_parameters(options),
            max_seconds=WINDOW_SECONDS,
        )


@dataclass(frozen=True, slots=True)
class WhisperAlignerFactory:
    """Opens the aligner `whisper`."""

    name: str = "whisper"
    summary: str = "cross-attention of any Whisper checkpoint"

    def describe(self, options: EngineOptions) -> EngineInfo:
        return self._info(_whisper_checkpoint(options), options)

    def open(self, options: EngineOptions) -> Aligner:
        from asrlab.engines.whisper.aligner import WhisperAligner
        from asrlab.engines.whisper.model import load_whisper

        checkpoint = _whisper_checkpoint(options)
        # Only the eager implementation hands out its attention.
        loaded = load_whisper(checkpoint.path, options.device, options.compute_type, "eager")
        return WhisperAligner(self._info(checkpoint, options), loaded)

    def supports(self, language: str | None) -> bool:
        """Every language: what a checkpoint does not know, it refuses text by text."""
        return True

    def _info(self, checkpoint: ResolvedCheckpoint, options: EngineOptions) -> EngineInfo:
        return EngineInfo(
            name=self.name,
            checkpoint=checkpoint.name,
            revision=checkpoint.weights_sha256,
            code_version=ALIGNER_CODE_VERSION,
            parameters=_parameters(options),
            max_seconds=WINDOW_SECONDS,
        )


def _parameters(options: EngineOptions) -> dict[str, str]:
    """Nothing for the device's own number format: results from before there was a choice keep their key."""
    return {} if options.compute_type == "auto" else {"compute_type": options.compute_type}


def _read_json(path: Path) -> dict[str, object]:
    """A JSON object, {} when there is no such file: a checkpoint may come without a generation config.

    Raises CheckpointError for a damaged one, which transformers would pass over in silence.
    """
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CheckpointError(f"{path} is not JSON: fetch the checkpoint again") from error
    return found if isinstance(found, dict) else {}


def _whisper_checkpoint(options: EngineOptions) -> ResolvedCheckpoint:
    checkpoint = resolve_checkpoint(options.model, options.revision)
    kind = model_type(checkpoint.path)
    if kind != "whisper":
        raise CheckpointError(
            f"{checkpoint.name} is a {kind or 'nameless'} model, and the engine whisper runs Whisper checkpoints"
        )
    _read_json(checkpoint.path / "generation_config.json")
    return checkpoint


whisper_engine = WhisperEngineFactory()
whisper_aligner = WhisperAlignerFactory()
