"""Which engines and aligners are installed, and opening them; anybody's package may add its own.

Entry points of the groups `asrlab.engines` and `asrlab.aligners` name light factory objects; a plug-in that
can't be imported is listed with its reason and harms nobody else.
"""

import difflib
import threading
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, Literal, TypeVar

from asrlab.engines.apart import AlignerApart, EngineApart
from asrlab.engines.protocol import Aligner, AlignerFactory, Engine, EngineFactory, EngineOptions
from asrlab.errors import OptionError, UnknownEngineError

Kind = Literal["engine", "aligner"]
Factory = TypeVar("Factory", EngineFactory, AlignerFactory)
GROUPS: dict[Kind, str] = {"engine": "asrlab.engines", "aligner": "asrlab.aligners"}

# What "auto" asks first: the most exact of those measured (docs/benchmarks.md). After it the engine's own family,
# which shares weights with it, then the default.
MOST_EXACT_ALIGNER = "pocketsphinx"
DEFAULT_ALIGNER = "whisper"
# Aligners that run an engine's checkpoint and are not called like it.
RUNS_THE_WEIGHTS_OF = {"ctc": "transformers"}

# One thread opens: two would load the same weights twice.
_opening = threading.Lock()


@dataclass(frozen=True, slots=True)
class Installed:
    """One entry of the listing. error: why it can't be used, None when it can."""

    kind: Kind
    name: str
    summary: str
    package: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class _Loaded(Generic[Factory]):
    factory: Factory | None
    listing: Installed


def installed() -> list[Installed]:
    """All engines, then all aligners, by name."""
    return [
        *(loaded.listing for loaded in _engines().values()),
        *(loaded.listing for loaded in _aligners().values()),
    ]


def engine_factory(name: str) -> EngineFactory:
    """The engine of that name; raises UnknownEngineError naming those that are installed."""
    return _pick(_engines(), "engine", name)


def aligner_factory(name: str) -> AlignerFactory:
    """The same for aligners."""
    return _pick(_aligners(), "aligner", name)


def pick_aligner(language: str | None, engine: str | None = None) -> AlignerFactory:
    """What `--aligner auto` means for this language (None: not known beforehand) behind this engine.

    Raises OptionError when none that is installed takes the language.
    """
    found = _aligners()
    preferred = [name for name in (MOST_EXACT_ALIGNER, engine, DEFAULT_ALIGNER) if name in found]
    for name in dict.fromkeys([*preferred, *found]):
        loaded = found[name]
        if loaded.factory is not None and loaded.factory.supports(language):
            return loaded.factory
    raise OptionError(f"no installed aligner takes {language or 'speech'}: use --aligner none")


def shares_checkpoint(aligner: str | None, engine: str) -> bool:
    """Whether the aligner runs the engine's own checkpoint when it is given no other."""
    return aligner is not None and RUNS_THE_WEIGHTS_OF.get(aligner, aligner) == engine


def open_engine(name: str, options: EngineOptions) -> Engine:
    """The engine with its weights, loaded once per process and kept."""
    with _opening:
        return _open_engine(name, options)


def open_aligner(name: str, options: EngineOptions) -> Aligner:
    """The same for aligners."""
    with _opening:
        return _open_aligner(name, options)


@lru_cache(maxsize=4)
def _open_engine(name: str, options: EngineOptions) -> Engine:
    factory = engine_factory(name)
    if options.timeout is None:
        return factory.open(options)
    return EngineApart(name, options, factory.describe(options))


@lru_cache(maxsize=4)
def _open_aligner(name: str, options: EngineOptions) -> Aligner:
    factory = aligner_factory(name)
    if options.timeout is None:
        return factory.open(options)
    return AlignerApart(name, options, factory.describe(options))


@lru_cache(maxsize=1)
def _engines() -> dict[str, _Loaded[EngineFactory]]:
    return {entry.name: _load(entry, "engine") for entry in _entries("engine")}


@lru_cache(maxsize=1)
def _aligners() -> dict[str, _Loaded[AlignerFactory]]:
    return {entry.name: _load(entry, "aligner") for entry in _entries("aligner")}


def _entries(kind: Kind) -> list[EntryPoint]:
    return sorted(entry_points(group=GROUPS[kind]), key=lambda entry: entry.name)


def _load(entry: EntryPoint, kind: Kind) -> _Loaded[Any]:
    package = entry.dist.name if entry.dist is not None else ""
    try:
        factory = entry.load()
        return _Loaded(factory, Installed(kind, entry.name, factory.summary, package))
    except Exception as error:  # noqa: BLE001 - per-item isolation
        # Isolation of a foreign plug-in: the listing shows what it raised.
        reason = f"{type(error).__name__}: {error}"
        return _Loaded(None, Installed(kind, entry.name, "", package, reason))


def _pick(found: dict[str, _Loaded[Factory]], kind: Kind, name: str) -> Factory:
    loaded = found.get(name)
    if loaded is None:
        near = difflib.get_close_matches(name, found, 1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise UnknownEngineError(
            f"there is no {kind} {name!r}{hint}; installed: {', '.join(found) or 'none'}, see `asrlab engines`"
        )
    if loaded.factory is None:
        raise UnknownEngineError(f"the {kind} {name!r} is broken: {loaded.listing.error}")
    return loaded.factory
