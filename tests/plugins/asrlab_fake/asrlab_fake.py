"""A deterministic engine and aligner without weights, as a plug-in package of a third party.

It is found only where this folder is on the path, so nobody can choose it by accident. The text of a waveform is
a function of its bytes: equal audio gives equal text, in any batch and any process. The language it is told is the
one it answers in, the context comes back before the raw text, and it knows no language "xx".

ASRLAB_FAKE_DELAY_S: seconds of sleep per waveform. ASRLAB_FAKE_SPEED: seconds of audio transcribed in one second.
ASRLAB_FAKE_RAISE_ON, _OOM_ON, _HANG_ON, _DIE_ON: on a waveform
whose text holds these words the engine raises, runs out of memory, never answers, or takes its process down;
ASRLAB_FAKE_ALIGN_HANG_ON: the aligner never answers.
ASRLAB_FAKE_TRANSIENT: a transient error at the first call of a process.
ASRLAB_FAKE_BROKEN_OPEN: the weights can't be loaded. ASRLAB_FAKE_LOG: a file that gets a line for each waveform
that is transcribed or aligned.
"""

import hashlib
import os
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from asrlab.domain.labels import AlignedWord, Hypothesis, WordConfidence
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import TimeSpan
from asrlab.engines.protocol import EngineInfo, EngineOptions, Waveform
from asrlab.errors import CheckpointError, ItemError, OptionError, TransientError

SAMPLING_RATE_HZ = 16_000
VOCABULARY = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett"]
WORDS_PER_TEXT = 4
_troubles: list[str] = []


def text_of(waveform: Waveform) -> str:
    digest = hashlib.sha256(waveform.tobytes()).digest()
    return " ".join(VOCABULARY[byte % len(VOCABULARY)] for byte in digest[:WORDS_PER_TEXT])


def _log(line: str) -> None:
    if path := os.environ.get("ASRLAB_FAKE_LOG"):
        with open(path, "a") as file:
            file.write(f"{line}\n")


def _is_hit(fault: str, text: str) -> bool:
    words = os.environ.get(f"ASRLAB_FAKE_{fault}_ON")
    return words is not None and words in text


def _break_down(text: str) -> None:
    if _is_hit("RAISE", text):
        raise RuntimeError(f"the fake engine can't bear {os.environ['ASRLAB_FAKE_RAISE_ON']}")
    if _is_hit("OOM", text):
        raise ItemError(FailureReason.OUT_OF_MEMORY, "one clip does not fit into the device's memory")
    if _is_hit("HANG", text):
        threading.Event().wait()
    if _is_hit("DIE", text):
        os.kill(os.getpid(), signal.SIGKILL)


class FakeEngine:
    def __init__(self, info: EngineInfo) -> None:
        self.info = info

    def transcribe(
        self, waveforms: Sequence[Waveform], *, language: str | None, context: str
    ) -> list[Hypothesis]:
        if os.environ.get("ASRLAB_FAKE_TRANSIENT") and not _troubles:
            _troubles.append("once")
            raise TransientError("the fake engine is busy")
        if language == "xx":
            raise OptionError("the fake engine does not know the language 'xx'")
        return [self._hear(waveform, language or "en", context) for waveform in waveforms]

    def _hear(self, waveform: Waveform, language: str, context: str) -> Hypothesis:
        time.sleep(float(os.environ.get("ASRLAB_FAKE_DELAY_S", "0")))
        if speed := os.environ.get("ASRLAB_FAKE_SPEED"):
            time.sleep(len(waveform) / SAMPLING_RATE_HZ / float(speed))
        text = text_of(waveform)
        _log(f"transcribe {text}")
        _break_down(text)
        words = tuple(WordConfidence(word, 0.9) for word in text.split())
        raw_text = f"{context}: {text}" if context else text
        return Hypothesis(text, raw_text, language, language, 0.9, words)

    def close(self) -> None:
        pass


class FakeAligner:
    def __init__(self, info: EngineInfo) -> None:
        self.info = info

    def align(
        self, waveforms: Sequence[Waveform], texts: Sequence[str], *, languages: Sequence[str | None]
    ) -> list[tuple[AlignedWord, ...]]:
        for text in texts:
            _log(f"align {text}")
            if _is_hit("ALIGN_HANG", text):
                threading.Event().wait()
        return [_spread(waveform, text) for waveform, text in zip(waveforms, texts, strict=True)]

    def close(self) -> None:
        pass


def _spread(waveform: Waveform, text: str) -> tuple[AlignedWord, ...]:
    words = text.split()
    step = len(waveform) / SAMPLING_RATE_HZ / max(len(words), 1)
    return tuple(AlignedWord(word, TimeSpan(i * step, (i + 1) * step), 0.8) for i, word in enumerate(words))


@dataclass(frozen=True)
class Factory:
    name: str = "fake"
    summary: str = "deterministic words, for tests"

    def describe(self, options: EngineOptions) -> EngineInfo:
        return EngineInfo(self.name, options.model or "fake", options.revision or "0", "1")


class EngineFactory(Factory):
    def check_language(self, options: EngineOptions, language: str) -> None:
        pass

    def open(self, options: EngineOptions) -> FakeEngine:
        if os.environ.get("ASRLAB_FAKE_BROKEN_OPEN"):
            raise CheckpointError("the fake engine can't be opened")
        return FakeEngine(self.describe(options))


class AlignerFactory(Factory):
    def open(self, options: EngineOptions) -> FakeAligner:
        return FakeAligner(self.describe(options))

    def supports(self, language: str | None) -> bool:
        return False


engine = EngineFactory()
aligner = AlignerFactory()
