"""The entry point of `openai`: what is known without a request."""

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec

from asrlab.engines.openai_api.endpoint import current_endpoint
from asrlab.engines.protocol import Engine, EngineInfo, EngineOptions
from asrlab.errors import MissingExtraError, OptionError
from asrlab.text.languages import language_tag

# Raised when the same answer of a server becomes another text.
CODE_VERSION = "1"


@dataclass(frozen=True, slots=True)
class OpenAIEngineFactory:
    """Opens the engine `openai`."""

    name: str = "openai"
    summary: str = (
        "any server with OpenAI's /v1/audio/transcriptions: vLLM, transformers serve (extra: openai)"
    )

    def describe(self, options: EngineOptions) -> EngineInfo:
        """See EngineFactory. Raises OptionError without a model's name or with a URL that is none."""
        if options.model is None:
            raise OptionError("the engine openai needs --model: what the server calls the model")
        if find_spec("openai") is None:
            raise MissingExtraError(
                "the engine openai needs the package openai: pip install 'asrlab[openai]'"
            )
        # A server proves nothing about its weights. What it calls them is taken for their identity; a revision, where
        # one is given, tells two apart that go by one name.
        claimed = f"{options.model}@{options.revision}" if options.revision else options.model
        return EngineInfo(
            name=self.name,
            checkpoint=f"{claimed} at {current_endpoint().place}",
            revision=hashlib.sha256(claimed.encode()).hexdigest(),
            code_version=CODE_VERSION,
            parameters={"model": claimed},
        )

    def check_language(self, options: EngineOptions, language: str) -> None:
        if language_tag(language) is None:
            raise OptionError(f"{language!r} is neither a language's tag nor its English name")

    def open(self, options: EngineOptions) -> Engine:
        info = self.describe(options)
        assert options.model is not None
        from asrlab.engines.openai_api.engine import OpenAIEngine

        return OpenAIEngine(info, options.model, current_endpoint())


openai_engine = OpenAIEngineFactory()
