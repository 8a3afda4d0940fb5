"""How each family is asked for the text of one clip, in a language, with words to expect."""

import re
from typing import Any

import numpy as np

from asrlab.domain.audio import ENGINE_SAMPLING_RATE_HZ
from asrlab.engines.generic.audio import audio_at
from asrlab.engines.generic.family import Architecture, requires, takes
from asrlab.engines.generic.loading import LoadedProcessor
from asrlab.engines.protocol import Waveform
from asrlab.errors import OptionError
from asrlab.text.languages import language_tag

# Where "prompt" means the words to expect; elsewhere it would replace the instruction to transcribe.
_PROMPT_IS_CONTEXT = frozenset({"qwen3_asr", "vibevoice_asr"})
_INSTRUCTION = "can you transcribe the speech into a written format?"


def language_forms(language: str) -> list[str]:
    """How a family may call a language, the likeliest first: as given, by tag, by the tag's language alone."""
    tag = language_tag(language)
    forms = [language] if tag is None else [language, tag, tag.partition("-")[0]]
    return list(dict.fromkeys(forms))


def accepted_language(
    architecture: Architecture, loaded: LoadedProcessor, language: str | None
) -> str | None:
    """The language as the processor calls it; as given where it takes none. Raises OptionError for an unknown one."""
    takes_language = _takes_language(architecture, loaded)
    if language is None:
        if takes_language and _needs_language(architecture, loaded):
            raise OptionError(f"{architecture.model_type} models must be told the language: give --language")
        return None
    if not takes_language:
        if language_tag(language) is None:
            raise OptionError(f"{language!r} is neither a language's tag nor its English name")
        return language
    silence = np.zeros(ENGINE_SAMPLING_RATE_HZ // 2, dtype=np.float32)
    reason: Exception | None = None
    for form in language_forms(language):
        try:
            request(architecture, loaded, silence, form, "")
        except (ValueError, KeyError, TypeError) as error:
            reason = reason or error
        else:
            return form
    raise OptionError(
        f"{architecture.model_type} does not take the language {language!r}: {str(reason).partition(chr(10))[0]}"
    )


def request(
    architecture: Architecture,
    loaded: LoadedProcessor,
    waveform: Waveform,
    language: str | None,
    context: str,
) -> Any:
    """The inputs of `generate` for one waveform of 16 kHz, as tensors."""
    audio = audio_at(waveform, loaded.sampling_rate)
    if architecture.family != "chat":
        extra = {"language": language} if language and _takes_language(architecture, loaded) else {}
        return loaded.processor(audio=audio, sampling_rate=loaded.sampling_rate, return_tensors="pt", **extra)
    if hasattr(loaded.processor, "apply_transcription_request"):
        return _transcription_request(architecture, loaded, audio, language, context)
    return _asked_in_words(loaded, audio)


def _transcription_request(
    architecture: Architecture, loaded: LoadedProcessor, audio: Waveform, language: str | None, context: str
) -> Any:
    ask = loaded.processor.apply_transcription_request
    wanted: dict[str, Any] = {
        "language": language,
        "source_language": language,
        "keywords": [_keywords(context)] if context else None,
        "prompt": context if context and architecture.model_type in _PROMPT_IS_CONTEXT else None,
        # Voxtral's tokenizer asks for a name, and for audio as in a file.
        "model_id": architecture.model_type,
        "sampling_rate": loaded.sampling_rate,
        "format": ["WAV"],
    }
    given = {name: wanted[name] for name in takes(ask, *wanted) if wanted[name] is not None}
    return ask(audio=[audio], **given)


def _asked_in_words(loaded: LoadedProcessor, audio: Waveform) -> Any:
    """A request of a model that has only a chat template and a token for audio."""
    turn = {"role": "user", "content": f"{loaded.processor.audio_token}{_INSTRUCTION}"}
    template = loaded.processor.chat_template or loaded.tokenizer.chat_template
    text = loaded.tokenizer.apply_chat_template(
        [turn], chat_template=template, tokenize=False, add_generation_prompt=True
    )
    return loaded.processor(text=text, audio=[audio], return_tensors="pt")


def _keywords(context: str) -> list[str]:
    return [word for part in re.split(r"[,;\n，、；]", context) if (word := part.strip())]


def _asks(architecture: Architecture, loaded: LoadedProcessor) -> Any:
    if architecture.family == "chat":
        return getattr(loaded.processor, "apply_transcription_request", None)
    return None if loaded.processor is None else type(loaded.processor).__call__


def _takes_language(architecture: Architecture, loaded: LoadedProcessor) -> bool:
    asks = _asks(architecture, loaded)
    return asks is not None and bool(takes(asks, "language", "source_language"))


def _needs_language(architecture: Architecture, loaded: LoadedProcessor) -> bool:
    return requires(_asks(architecture, loaded), "language")
