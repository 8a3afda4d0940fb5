"""An engine or aligner in a process of its own: one that hangs is killed, and one that dies takes nobody with it.

What it was computing then is an ItemError, so that the stage tries each clip alone and finds the one; the next call
starts the process again. Chosen by `EngineOptions.timeout`.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, Literal, cast

from asrlab.domain.labels import AlignedWord, Hypothesis
from asrlab.domain.memory import BatchMemory, peak_memory_bytes
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import Seconds
from asrlab.engines.openai_api.endpoint import Endpoint, current_endpoint, use_endpoint
from asrlab.engines.protocol import EngineInfo, EngineOptions, LearnsMemory, Waveform
from asrlab.errors import AsrlabError, CheckpointError, ItemError, as_item_error
from asrlab.stopping import check_stop

Kind = Literal["engine", "aligner"]
REASONS = {"engine": FailureReason.ENGINE_ERROR, "aligner": FailureReason.ALIGNMENT_FAILED}
# Weights may come from a slow disk, or over the network.
OPEN_LIMIT_S: Seconds = 3600.0


@dataclass(frozen=True, slots=True)
class _What:
    """Which engine or aligner to open; the endpoint goes along, because a new process knows none."""

    kind: Kind
    name: str
    options: EngineOptions
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    arguments: tuple[Any, ...]
    named: dict[str, Any]
    ceiling: Seconds


@dataclass(frozen=True, slots=True)
class _Answer:
    """value: what the call returned, or the error it raised. learned: `BatchMemory.learned` after it."""

    value: Any
    learned: Seconds | None
    peak_memory_bytes: int


@dataclass(frozen=True, slots=True)
class _Opened:
    """The device and number format of its BatchMemory, where it has one."""

    place: str = ""
    compute_type: str = ""


class _Apart:
    """What both have in common. memory: as the other process learns it; its peak memory is of that process."""

    def __init__(self, kind: Kind, name: str, options: EngineOptions, info: EngineInfo) -> None:
        assert options.timeout is not None
        self.info = info
        self._timeout = options.timeout
        self._what = _What(kind, name, replace(options, timeout=None), current_endpoint())
        # Two threads of a process may share an engine; it computes for one at a time.
        self._one_call = threading.Lock()
        self._process: SpawnProcess | None = None
        opened = self._start()
        self.memory = BatchMemory(opened.place, opened.compute_type)
        self.peak_memory_bytes = 0

    def close(self) -> None:
        self._kill()

    def _ask(self, method: str, *arguments: Any, **named: Any) -> Any:
        with self._one_call:
            if self._process is None:
                self._start()
            answer = cast(
                _Answer,
                self._exchange(_Call(method, arguments, named, self.memory.seconds), self._timeout),
            )
        self.peak_memory_bytes = max(self.peak_memory_bytes, answer.peak_memory_bytes)
        if answer.learned is not None:
            self.memory.learn(answer.learned)
        if isinstance(answer.value, Exception):
            raise answer.value
        return answer.value

    def _start(self) -> _Opened:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, self._what), daemon=True, name=f"asrlab-{self._what.name}"
        )
        self._process.start()
        theirs.close()
        try:
            opened = self._exchange(None, OPEN_LIMIT_S)
        except ItemError as error:
            raise CheckpointError(f"{self._what.name} can't be opened: {error.message}") from error
        if isinstance(opened, Exception):
            self._kill()
            raise opened
        return cast(_Opened, opened)

    def _exchange(self, call: _Call | None, limit: Seconds) -> object:
        """Send a call (None: only listen) and return what comes back; ItemError when nothing does."""
        try:
            if call is not None:
                self._connection.send(call)
            if self._connection.poll(limit):
                return self._connection.recv()
        except (EOFError, OSError):
            code = self._kill()
            check_stop()
            raise ItemError(FailureReason.ENGINE_DIED, f"its process ended ({_ending(code)})") from None
        self._kill()
        raise ItemError(FailureReason.TIMED_OUT, f"no answer within {limit:g} s: its process was killed")

    def _kill(self) -> int | None:
        """End the process; returns the exit code of one that ended by itself."""
        process, self._process = self._process, None
        if process is None:
            return None
        # A process whose end of the pipe is closed is about to end.
        process.join(1.0)
        code = process.exitcode
        process.kill()
        process.join()
        self._connection.close()
        return code


class EngineApart(_Apart):
    """An engine in a process of its own. info: what the engine itself would say."""

    def __init__(self, name: str, options: EngineOptions, info: EngineInfo) -> None:
        super().__init__("engine", name, options, info)

    def transcribe(
        self, waveforms: Sequence[Waveform], *, language: str | None, context: str
    ) -> list[Hypothesis]:
        answer = self._ask("transcribe", list(waveforms), language=language, context=context)
        return cast(list[Hypothesis], answer)


class AlignerApart(_Apart):
    """An aligner in a process of its own. info: what the aligner itself would say."""

    def __init__(self, name: str, options: EngineOptions, info: EngineInfo) -> None:
        super().__init__("aligner", name, options, info)

    def align(
        self, waveforms: Sequence[Waveform], texts: Sequence[str], *, languages: Sequence[str | None]
    ) -> list[tuple[AlignedWord, ...]]:
        answer = self._ask("align", list(waveforms), list(texts), languages=list(languages))
        return cast(list[tuple[AlignedWord, ...]], answer)


def _ending(code: int | None) -> str:
    if code is None:
        return "it closed its pipe"
    return f"signal {signal.Signals(-code).name}: out of memory?" if code < 0 else f"exit code {code}"


def _serve(connection: Connection, what: _What) -> None:
    """The other process: open, tell, then answer calls until the pipe closes."""
    # Ctrl-C reaches the whole foreground group; whoever asked lets this batch end and closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True, name="asrlab-parent-watch").start()
    use_endpoint(what.endpoint)
    try:
        opened = _open(what)
    except Exception as error:  # noqa: BLE001 - raised again by who asked
        connection.send(
            error if isinstance(error, AsrlabError) else RuntimeError(f"{type(error).__name__}: {error}")
        )
        return
    memory = opened.memory if isinstance(opened, LearnsMemory) else None
    connection.send(_Opened() if memory is None else _Opened(memory.place, memory.compute_type))
    while True:
        try:
            call = cast(_Call, connection.recv())
        except EOFError:
            return
        if memory is not None:
            memory.remember(call.ceiling)
        value = _answer(opened, call, REASONS[what.kind])
        connection.send(_Answer(value, None if memory is None else memory.learned, peak_memory_bytes()))


def _open(what: _What) -> Any:
    from asrlab.engines.registry import aligner_factory, engine_factory

    factory = engine_factory(what.name) if what.kind == "engine" else aligner_factory(what.name)
    return factory.open(what.options)


def _answer(opened: Any, call: _Call, reason: FailureReason) -> Any:
    try:
        return getattr(opened, call.method)(*call.arguments, **call.named)
    except AsrlabError as error:
        return error
    except Exception as error:  # noqa: BLE001 - raised again by who asked
        return as_item_error(error, reason)


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)
