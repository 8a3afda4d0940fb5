"""The entry point of `transformers`."""

from dataclasses import dataclass

from asrlab.engines.checkpoint import ResolvedCheckpoint, resolve_checkpoint
from asrlab.engines.generic.family import Architecture, read_architecture
from asrlab.engines.protocol import Engine, EngineInfo, EngineOptions
from asrlab.engines.whisper.factory import WINDOW_SECONDS, whisper_engine

# Raised when the same weights and audio give other words.
CODE_VERSION = "1"


@dataclass(frozen=True, slots=True)
class TransformersEngineFactory:
    """Opens the engine `transformers`."""

    name: str = "transformers"
    summary: str = "any speech recognizer of transformers: Parakeet, wav2vec2, Moonshine, Voxtral, Granite, …"

    def describe(self, options: EngineOptions) -> EngineInfo:
        checkpoint = resolve_checkpoint(options.model, options.revision)
        return self._info(checkpoint, read_architecture(checkpoint.path), options)

    def check_language(self, options: EngineOptions, language: str) -> None:
        path = resolve_checkpoint(options.model, options.revision).path
        architecture = read_architecture(path)
        if architecture.model_type == "whisper":
            whisper_engine.check_language(options, language)
            return
        from asrlab.engines.generic.loading import load_processor
        from asrlab.engines.generic.requests import accepted_language

        accepted_language(architecture, load_processor(path), language)

    def open(self, options: EngineOptions) -> Engine:
        from asrlab.engines.generic.engine import TransformersEngine
        from asrlab.engines.generic.loading import load_recognizer

        checkpoint = resolve_checkpoint(options.model, options.revision)
        loaded = load_recognizer(checkpoint.path, options.device, options.compute_type)
        return TransformersEngine(self._info(checkpoint, loaded.architecture, options), loaded)

    def _info(
        self, checkpoint: ResolvedCheckpoint, architecture: Architecture, options: EngineOptions
    ) -> EngineInfo:
        parameters = {"model_type": architecture.model_type}
        if options.compute_type != "auto":
            parameters["compute_type"] = options.compute_type
        return EngineInfo(
            name=self.name,
            checkpoint=checkpoint.name,
            revision=checkpoint.weights_sha256,
            code_version=CODE_VERSION,
            parameters=parameters,
            # Only memory sets an end to what the others read at once.
            max_seconds=WINDOW_SECONDS if architecture.model_type == "whisper" else None,
        )


transformers_engine = TransformersEngineFactory()
