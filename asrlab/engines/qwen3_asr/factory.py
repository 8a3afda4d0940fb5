"""The entry points `qwen3-asr` and `qwen3`: what is known without torch."""

from dataclasses import dataclass

from asrlab.domain.time import Seconds
from asrlab.engines.checkpoint import ResolvedCheckpoint, resolve_checkpoint
from asrlab.engines.protocol import Aligner, Engine, EngineInfo, EngineOptions
from asrlab.engines.qwen3_asr.languages import ALIGNER_LANGUAGES, UnsupportedLanguageError, canonical_language
from asrlab.engines.qwen3_asr.layout import Task, read_layout
from asrlab.errors import CheckpointError

# Raised when the same weights and audio give other words, or other times.
ENGINE_CODE_VERSION = "1"
ALIGNER_CODE_VERSION = "1"
ENGINE_MODEL_ID = "Qwen/Qwen3-ASR-0.6B"
ALIGNER_MODEL_ID = "Qwen/Qwen3-ForcedAligner-0.6B"
# As long as the models were trained on.
ENGINE_MAX_SECONDS: Seconds = 1200.0
ALIGNER_MAX_SECONDS: Seconds = 180.0


@dataclass(frozen=True, slots=True)
class Qwen3EngineFactory:
    """Opens the engine `qwen3-asr`."""

    name: str = "qwen3-asr"
    summary: str = "Qwen3-ASR 0.6B and 1.7B, through transformers"

    def describe(self, options: EngineOptions) -> EngineInfo:
        return _info(self.name, _checkpoint(options, "asr"), options, ENGINE_CODE_VERSION, ENGINE_MAX_SECONDS)

    def check_language(self, options: EngineOptions, language: str) -> None:
        canonical_language(language)

    def open(self, options: EngineOptions) -> Engine:
        from asrlab.engines.qwen3_asr.engine import Qwen3Engine
        from asrlab.engines.qwen3_asr.loading import load_once

        checkpoint = _checkpoint(options, "asr")
        loaded = load_once(
            checkpoint.path, "asr", options.device, options.compute_type, cuda_graphs=options.cuda_graphs
        )
        return Qwen3Engine(
            _info(self.name, checkpoint, options, ENGINE_CODE_VERSION, ENGINE_MAX_SECONDS),
            loaded,
            options.batch_seconds,
        )


@dataclass(frozen=True, slots=True)
class Qwen3AlignerFactory:
    """Opens the aligner `qwen3`."""

    name: str = "qwen3"
    summary: str = "Qwen3-ForcedAligner, eleven languages"

    def describe(self, options: EngineOptions) -> EngineInfo:
        return _info(
            self.name, _checkpoint(options, "aligner"), options, ALIGNER_CODE_VERSION, ALIGNER_MAX_SECONDS
        )

    def open(self, options: EngineOptions) -> Aligner:
        from asrlab.engines.qwen3_asr.aligner import Qwen3Aligner
        from asrlab.engines.qwen3_asr.loading import load_once

        checkpoint = _checkpoint(options, "aligner")
        loaded = load_once(checkpoint.path, "aligner", options.device, options.compute_type)
        return Qwen3Aligner(
            _info(self.name, checkpoint, options, ALIGNER_CODE_VERSION, ALIGNER_MAX_SECONDS),
            loaded,
            options.batch_seconds,
        )

    def supports(self, language: str | None) -> bool:
        """The eleven languages it was trained for."""
        try:
            return language is not None and bool(canonical_language(language, ALIGNER_LANGUAGES))
        except UnsupportedLanguageError:
            return False


def _info(
    name: str, checkpoint: ResolvedCheckpoint, options: EngineOptions, version: str, longest: Seconds
) -> EngineInfo:
    return EngineInfo(
        name=name,
        checkpoint=checkpoint.name,
        revision=checkpoint.weights_sha256,
        code_version=version,
        parameters={} if options.compute_type == "auto" else {"compute_type": options.compute_type},
        max_seconds=longest,
    )


def _checkpoint(options: EngineOptions, task: Task) -> ResolvedCheckpoint:
    default = ENGINE_MODEL_ID if task == "asr" else ALIGNER_MODEL_ID
    checkpoint = resolve_checkpoint(options.model or default, options.revision)
    found = read_layout(checkpoint.path).task
    if found != task:
        wanted = "a speech recognizer" if task == "asr" else "a forced aligner"
        raise CheckpointError(f"{checkpoint.name} is a Qwen3 {found} checkpoint, and {wanted} is needed here")
    return checkpoint


qwen3_engine = Qwen3EngineFactory()
qwen3_aligner = Qwen3AlignerFactory()
