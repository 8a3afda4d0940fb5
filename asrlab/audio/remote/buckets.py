"""Buckets and every other place that fsspec knows: s3://, gs://, az://, ftp://, zip://… and chains of them."""

from datetime import datetime
from typing import Any

from fsspec.core import url_to_fs

from asrlab.audio.files import printable
from asrlab.audio.remote.addresses import check_hosts
from asrlab.audio.remote.policy import FetchPolicy
from asrlab.audio.remote.transfer import RemoteFile, Sink
from asrlab.audio.remote.urls import url_parts
from asrlab.domain.reasons import FailureReason
from asrlab.errors import AudioError, InputNotFoundError, MissingExtraError

NS_PER_SECOND = 1_000_000_000
BLOCK_BYTES = 1 << 20
S3_PROTOCOLS = ("s3", "s3a")
_EXTRAS = {"s3": "s3", "s3a": "s3"}


def fetch_file(url: str, sink: Sink, policy: FetchPolicy) -> RemoteFile:
    """Write what `url` names into `sink`; raises AudioError."""
    filesystem, path = _opened(url, policy)
    try:
        found = _described(url, filesystem.info(path))
        sink.start(found.size)
        with filesystem.open(path, "rb") as file:
            while block := file.read(BLOCK_BYTES):
                sink.write(block)
    except AudioError:
        raise
    except Exception as error:
        raise _as_audio_error(url, error) from error
    return RemoteFile(url, sink.size, found.mtime_ns, found.etag)


def look_file(url: str, policy: FetchPolicy) -> RemoteFile:
    """Size, time and tag of what `url` names now; raises AudioError."""
    filesystem, path = _opened(url, policy)
    try:
        return _described(url, filesystem.info(path))
    except Exception as error:
        raise _as_audio_error(url, error) from error


def list_files(url: str, policy: FetchPolicy) -> list[RemoteFile] | None:
    """The files below a folder or that match a pattern, by name; None when `url` names a single file.

    Raises InputNotFoundError when it names nothing, AudioError when it can't be looked into.
    """
    filesystem, path = _opened(url, policy)
    try:
        if any(character in path for character in "*?["):
            entries = filesystem.glob(path, detail=True)
        elif filesystem.isfile(path):
            return None
        else:
            entries = filesystem.find(path, detail=True)
            if not entries and not filesystem.exists(path):
                raise InputNotFoundError(f"nothing lies at {printable(url)}: check its spelling")
    except InputNotFoundError:
        raise
    except Exception as error:
        raise _as_audio_error(url, error) from error
    # What stands behind the first part of a chain belongs to every file of it.
    chain = "".join(f"::{part}" for part in url_parts(url)[1:])
    return [
        _described(filesystem.unstrip_protocol(name) + chain, entry)
        for name, entry in sorted(entries.items())
        if entry.get("type") == "file"
    ]


def _opened(url: str, policy: FetchPolicy) -> tuple[Any, str]:
    check_hosts(url, allow_private=policy.allow_private)
    protocol = url_parts(url)[0].split("://")[0].lower()
    options: dict[str, Any] = {}
    if protocol in S3_PROTOCOLS:
        options["config_kwargs"] = {
            "connect_timeout": policy.timeout,
            "read_timeout": policy.timeout,
            "retries": {"max_attempts": policy.attempts, "mode": "standard"},
        }
        # Another process may have put files there since it was looked at last.
        options["use_listings_cache"] = False
    try:
        filesystem, path = url_to_fs(url, **options)
    except ImportError as error:
        extra = _EXTRAS.get(protocol)
        what = f"pip install 'asrlab[{extra}]'" if extra else str(error)
        raise MissingExtraError(f"{protocol}:// needs a package that is not installed: {what}") from error
    except ValueError as error:
        raise InputNotFoundError(f"{printable(url)}: {error}: asrlab reads what fsspec knows") from error
    except Exception as error:
        raise _as_audio_error(url, error) from error
    return filesystem, path


def _described(url: str, entry: dict[str, Any]) -> RemoteFile:
    changed = entry.get("LastModified") or entry.get("mtime") or entry.get("updated") or entry.get("created")
    seconds = changed.timestamp() if isinstance(changed, datetime) else changed
    mtime_ns = round(seconds * NS_PER_SECOND) if isinstance(seconds, (int, float)) else 0
    etag = entry.get("ETag") or entry.get("etag") or ""
    size = entry.get("size")
    return RemoteFile(url, size if isinstance(size, int) else None, mtime_ns, str(etag))


def _as_audio_error(url: str, error: Exception) -> AudioError:
    if isinstance(error, AudioError):
        return error
    shown = printable(url)
    if isinstance(error, FileNotFoundError):
        return AudioError(FailureReason.VANISHED, f"{shown}: nothing lies there: check its spelling")
    said = (str(error) or type(error).__name__).splitlines()[0]
    if isinstance(error, PermissionError) or type(error).__name__ == "NoCredentialsError":
        return AudioError(
            FailureReason.PERMISSION_DENIED, f"{shown}: {said}: give credentials as the bucket's own tools do"
        )
    return AudioError(FailureReason.UNREACHABLE, f"{shown}: {said}: try again later")
