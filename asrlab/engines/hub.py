"""Fetching a repository of the Hugging Face hub, or what its cache holds of it; errors say what to do."""

from collections.abc import Callable, Sequence
from pathlib import Path

from asrlab.errors import CheckpointError

Patterns = tuple[str, ...]

SMALL_FILES: Patterns = ("*.json", "*.txt", "*.model", "*.jinja")


def hub_snapshot(
    model: str, revision: str | None, weights: Sequence[Patterns], require_complete: Callable[[Path], object]
) -> Path:
    """The directory in Hugging Face's cache; fetched unless it is there, whole.

    weights: the names of the weight files, in the order of preference: the next are fetched only of a repository
    that has none of those before. require_complete: raises CheckpointError for a directory that is not whole.
    """
    for patterns in weights:
        cached = _cached_snapshot(model, revision, (*SMALL_FILES, *patterns), require_complete)
        if cached is not None:
            return cached
    for patterns in weights:
        path = _fetched_snapshot(model, revision, (*SMALL_FILES, *patterns))
        if any(any(path.glob(pattern)) for pattern in patterns):
            break
    require_complete(path)
    return path


def _cached_snapshot(
    model: str, revision: str | None, patterns: Patterns, require_complete: Callable[[Path], object]
) -> Path | None:
    from huggingface_hub import snapshot_download

    try:
        path = Path(
            snapshot_download(model, revision=revision, allow_patterns=list(patterns), local_files_only=True)
        )
        require_complete(path)
    except (OSError, ValueError, CheckpointError):
        # Absent, cut short or misnamed: fetching says which.
        return None
    return path


def _fetched_snapshot(model: str, revision: str | None, patterns: Patterns) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        return Path(snapshot_download(model, revision=revision, allow_patterns=list(patterns)))
    except GatedRepoError as error:
        raise CheckpointError(
            f"{model} is gated: accept its terms on the hub, then log in with `hf auth login`"
        ) from error
    except RepositoryNotFoundError as error:
        raise CheckpointError(
            f"neither a directory nor a hub repository is called {model}: check the spelling, "
            "or log in with `hf auth login` if it is private"
        ) from error
    except HFValidationError as error:
        raise CheckpointError(f"neither a directory nor a possible hub id: {model}") from error
    except RevisionNotFoundError as error:
        raise CheckpointError(f"{model} has no revision {revision}: check it on the hub") from error
    except (_transport_error(), OSError) as error:
        raise CheckpointError(
            f"there is no directory {model}, and it can't be fetched from the hub ({_first_line(error)}): "
            "check the connection, or give --model a directory"
        ) from error


def _transport_error() -> type[Exception]:
    """The root of the errors of huggingface_hub's HTTP library: httpx or httpx2, by its version."""
    from huggingface_hub.errors import HfHubHTTPError

    root: type[Exception] = HfHubHTTPError.__bases__[0]
    return root


def _first_line(error: BaseException) -> str:
    # huggingface_hub wraps the reason in a paragraph of advice: the cause is the reason.
    reason = error.__cause__ or error
    return f"{type(reason).__name__}: {reason}".splitlines()[0].rstrip(".")
