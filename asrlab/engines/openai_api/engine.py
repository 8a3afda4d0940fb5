"""The engine `openai`: each clip a request, some of them at once."""

import io
import json
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import openai

from asrlab.audio.write import write_pcm16
from asrlab.domain.audio import ENGINE_SAMPLING_RATE_HZ
from asrlab.domain.labels import Hypothesis
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import Seconds
from asrlab.engines.openai_api.answers import hypothesis_of
from asrlab.engines.openai_api.endpoint import Endpoint
from asrlab.engines.protocol import EngineInfo, Waveform
from asrlab.errors import ItemError, OptionError, TransientError
from asrlab.text.languages import language_tag

# Servers refuse shorter audio.
MIN_SECONDS: Seconds = 0.1
# From what tells most to what every server takes. A refused one is not asked for again.
FORMATS: tuple[dict[str, Any], ...] = (
    {"response_format": "verbose_json", "timestamp_granularities": ["word", "segment"]},
    {"response_format": "verbose_json"},
    {"response_format": "json"},
)
# What a busy server says, and what stands between it and us. It may pass, and it is not about the clip.
_BUSY = (408, 409, 425, 429, 502, 503, 504)


class OpenAIEngine:
    """An Engine behind an endpoint."""

    def __init__(self, info: EngineInfo, model: str, endpoint: Endpoint) -> None:
        """The SDK tries again by itself: after Retry-After where the server names it, else ever later."""
        self._info = info
        self._model = model
        self._place = endpoint.place
        self._client = openai.OpenAI(
            base_url=endpoint.url,
            # Servers of one's own ask for none; the SDK insists.
            api_key=endpoint.key or "none",
            timeout=endpoint.timeout,
            max_retries=endpoint.attempts - 1,
        )
        self._threads = ThreadPoolExecutor(endpoint.concurrency, thread_name_prefix="asrlab-openai")
        self._formats = list(FORMATS)
        self._learning = threading.Lock()

    @property
    def info(self) -> EngineInfo:
        return self._info

    def transcribe(
        self, waveforms: Sequence[Waveform], *, language: str | None, context: str
    ) -> list[Hypothesis]:
        """See Engine. Raises ItemError for a clip that the server refuses or fails on, TransientError for a server
        that does not answer, OptionError for a key, a model or an address that it does not know.
        """
        tag = None if language is None else language_tag(language)
        if language is not None and tag is None:
            raise OptionError(f"{language!r} is neither a language's tag nor its English name")
        asked: dict[str, Any] = {"temperature": 0.0}
        if tag is not None:
            asked["language"] = tag.partition("-")[0]
        if context.strip():
            asked["prompt"] = context.strip()
        running = [self._threads.submit(self._ask, waveform, asked, tag) for waveform in waveforms]
        try:
            return [request.result() for request in running]
        finally:
            for request in running:
                request.cancel()

    def close(self) -> None:
        """Nothing to give back: the connections stay with the process."""

    def _ask(self, waveform: Waveform, asked: dict[str, Any], tag: str | None) -> Hypothesis:
        if not len(waveform):
            return Hypothesis("", "", language=tag, language_tag=tag)
        sound = _wav(waveform)
        tried = list(self._formats)
        for position, form in enumerate(tried):
            try:
                answer = self._request(sound, {**asked, **form})
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                if position == len(tried) - 1:
                    raise self._refused(error) from error
                continue
            if position:
                self._forget(tried[:position])
            duration = len(waveform) / ENGINE_SAMPLING_RATE_HZ
            return hypothesis_of(answer, duration, tag, str(asked.get("prompt", "")))
        raise AssertionError("the last format either answers or raises")

    def _request(self, sound: bytes, fields: dict[str, Any]) -> dict[str, Any]:
        """The server's answer. Lets through what may be about the format alone."""
        try:
            # Raw: servers write more, and other, than the SDK's types hold.
            answer = self._client.audio.transcriptions.with_raw_response.create(
                model=self._model, file=("clip.wav", sound, "audio/wav"), **fields
            )
        except (openai.BadRequestError, openai.UnprocessableEntityError):
            raise
        except openai.APITimeoutError as error:
            # A clip on which the server hangs must not hold up the others for ever.
            raise ItemError(
                FailureReason.ENGINE_ERROR, f"{self._place} gave no answer within {self._client.timeout:g} s"
            ) from error
        except openai.APIConnectionError as error:
            reason = error.__cause__ or error
            raise TransientError(f"{self._place} can't be reached: {reason}; is the server up?") from error
        except openai.APIStatusError as error:
            raise self._refused(error) from error
        return self._read(answer.http_response.text)

    def _read(self, body: str) -> dict[str, Any]:
        try:
            found = json.loads(body)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise OptionError(
                f"{self._place} answered what is no transcription ({body[:40]!r}): is ASRLAB_OPENAI_URL right?"
            )
        if "text" not in found:
            raise ItemError(
                FailureReason.ENGINE_ERROR, f"{self._place} answered without a text: {body[:200]}"
            )
        return found

    def _refused(self, error: openai.APIStatusError) -> Exception:
        said = f"{self._place} answered {error.status_code}: {_said(error)}"
        if error.status_code in (401, 403):
            return OptionError(f"{said}; is ASRLAB_OPENAI_KEY right?")
        if error.status_code == 404:
            return OptionError(f"{said}; are --model {self._model} and ASRLAB_OPENAI_URL right?")
        if error.status_code in _BUSY:
            return TransientError(f"{said}; it stayed so, lower ASRLAB_OPENAI_CONCURRENCY or wait")
        return ItemError(FailureReason.ENGINE_ERROR, said)

    def _forget(self, refused: Sequence[dict[str, Any]]) -> None:
        """Not to ask for these formats again."""
        with self._learning:
            self._formats = [form for form in self._formats if form not in refused]


def _wav(waveform: Waveform) -> bytes:
    short = round(MIN_SECONDS * ENGINE_SAMPLING_RATE_HZ) - len(waveform)
    whole = np.pad(waveform, (0, short)) if short > 0 else waveform
    file = io.BytesIO()
    write_pcm16(file, [whole], ENGINE_SAMPLING_RATE_HZ)
    return file.getvalue()


def _said(error: openai.APIStatusError) -> str:
    """What the server wrote, in one short line."""
    body = error.body
    message = body.get("message") or body.get("detail") if isinstance(body, dict) else body
    return " ".join(str(message or error.message).split())[:300]
