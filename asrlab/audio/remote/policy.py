"""Within which limits audio is fetched; set once for a process, because every stage may have to fetch."""

from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from asrlab.domain.time import Seconds

GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """Limits of fetching.

    timeout: seconds without a byte. deadline: seconds for a whole file. attempts: how often in all. max_bytes: of
    one file. allow_private: whether a URL may lead to a private address. cache_bytes: of all copies kept.
    """

    cache_dir: Path = user_cache_path("asrlab") / "audio"
    cache_bytes: int = 50 * GIB
    timeout: Seconds = 30.0
    deadline: Seconds = 3600.0
    attempts: int = 4
    max_bytes: int = 10 * GIB
    allow_private: bool = False


_policy = FetchPolicy()


def use_policy(policy: FetchPolicy) -> None:
    """Fetch within these limits from now on, in this process."""
    global _policy
    _policy = policy


def current_policy() -> FetchPolicy:
    return _policy
