"""The engine `openai`: each clip a request, some of them at once."""

import asyncio
import hashlib
import io
import json
from collections.abc import Sequence
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

Fields = dict[str, Any]

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
        self._info = info
        self._model = model
        self._endpoint = endpoint
        self._place = endpoint.place
        endpoint.check_key()
        self._formats = list(FORMATS)
        # Answers of a call that failed for one of its clips, by what was asked: no clip is sent, or paid for, twice.
        self._kept: dict[bytes, Hypothesis] = {}

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
        # An event loop, not threads: Ctrl-C ends it, and with it the requests that are under way.
        answers = asyncio.run(self._ask_all(waveforms, asked, tag))
        heard = [answer for answer in answers if isinstance(answer, Hypothesis)]
        if len(heard) == len(waveforms):
            return heard
        for waveform, answer in zip(waveforms, answers, strict=True):
            if isinstance(answer, Hypothesis):
                self._kept[_key(waveform, asked)] = answer
        failures = [answer for answer in answers if isinstance(answer, Exception)]
        # What is about no clip goes first: it would meet every one.
        raise min(failures, key=lambda failure: isinstance(failure, ItemError))

    def close(self) -> None:
        """Nothing to give back: connections end with the call."""

    async def _ask_all(
        self, waveforms: Sequence[Waveform], asked: Fields, tag: str | None
    ) -> list[Hypothesis | BaseException]:
        """The SDK tries again by itself: after Retry-After where the server names it, else ever later."""
        gate = asyncio.Semaphore(self._endpoint.concurrency)
        doomed = asyncio.Event()
        async with openai.AsyncOpenAI(
            base_url=self._endpoint.url,
            # Servers of one's own ask for none; the SDK insists.
            api_key=self._endpoint.key or "none",
            timeout=self._endpoint.timeout,
            max_retries=self._endpoint.attempts - 1,
        ) as client:

            async def ask(waveform: Waveform) -> Hypothesis:
                async with gate:
                    if doomed.is_set():
                        raise asyncio.CancelledError
                    try:
                        return await self._ask(client, waveform, asked, tag)
                    except (OptionError, TransientError):
                        doomed.set()
                        raise

            return await asyncio.gather(*map(ask, waveforms), return_exceptions=True)

    async def _ask(
        self, client: openai.AsyncOpenAI, waveform: Waveform, asked: Fields, tag: str | None
    ) -> Hypothesis:
        if not len(waveform):
            return Hypothesis("", "", language=tag, language_tag=tag)
        kept = self._kept.pop(_key(waveform, asked), None)
        if kept is not None:
            return kept
        sound = _wav(waveform)
        tried = list(self._formats)
        for position, form in enumerate(tried):
            try:
                answer = await self._request(client, sound, {**asked, **form})
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                if position == len(tried) - 1:
                    raise self._refused(error) from error
                continue
            # What it refused before it need not be asked for again.
            self._formats = [form for form in self._formats if form not in tried[:position]]
            duration = len(waveform) / ENGINE_SAMPLING_RATE_HZ
            return hypothesis_of(answer, duration, tag, str(asked.get("prompt", "")))
        raise AssertionError("the last format either answers or raises")

    async def _request(self, client: openai.AsyncOpenAI, sound: bytes, fields: Fields) -> dict[str, Any]:
        """The server's answer. Lets through what may be about the format alone."""
        try:
            # Raw: servers write more, and other, than the SDK's types hold.
            answer = await client.audio.transcriptions.with_raw_response.create(
                model=self._model, file=("clip.wav", sound, "audio/wav"), **fields
            )
        except (openai.BadRequestError, openai.UnprocessableEntityError):
            raise
        except openai.APITimeoutError as error:
            # A clip on which the server hangs must not hold up the others for ever.
            raise ItemError(
                FailureReason.ENGINE_ERROR,
                f"{self._place} gave no answer within {self._endpoint.timeout:g} s",
            ) from error
        except openai.APIConnectionError as error:
            reason = self._endpoint.without_key(str(error.__cause__ or error))
            raise TransientError(f"{self._place} can't be reached: {reason}; is the server up?") from error
        except openai.APIStatusError as error:
            raise self._refused(error) from error
        return self._read(answer.http_response.text)

    def _read(self, body: str) -> dict[str, Any]:
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            found = None
        said = self._endpoint.without_key(body)
        if not isinstance(found, dict):
            raise OptionError(
                f"{self._place} answered what is no transcription ({said[:40]!r}): is ASRLAB_OPENAI_URL right?"
            )
        if "text" not in found:
            raise ItemError(
                FailureReason.ENGINE_ERROR, f"{self._place} answered without a text: {said[:200]}"
            )
        return found

    def _refused(self, error: openai.APIStatusError) -> Exception:
        # Some servers repeat the key that they refuse.
        said = f"{self._place} answered {error.status_code}: {self._endpoint.without_key(_said(error))}"
        if error.status_code in (401, 403):
            return OptionError(f"{said}; is ASRLAB_OPENAI_KEY right?")
        if error.status_code == 404:
            return OptionError(f"{said}; are --model {self._model} and ASRLAB_OPENAI_URL right?")
        if error.status_code in _BUSY:
            return TransientError(f"{said}; it stayed so, lower ASRLAB_OPENAI_CONCURRENCY or wait")
        return ItemError(FailureReason.ENGINE_ERROR, said)


def _key(waveform: Waveform, asked: Fields) -> bytes:
    """What tells one request from another."""
    return hashlib.sha256(waveform.tobytes() + repr(sorted(asked.items())).encode()).digest()


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
