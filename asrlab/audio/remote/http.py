"""Fetching over http(s): limits on time and size, retries, redirects followed only to hosts that may be asked."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.request import getproxies, proxy_bypass

import httpx

from asrlab.audio.files import printable
from asrlab.audio.remote.addresses import resolve
from asrlab.audio.remote.policy import FetchPolicy
from asrlab.audio.remote.transfer import RemoteFile, Sink
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import Seconds
from asrlab.errors import AudioError

Result = TypeVar("Result")
Reader = Callable[[httpx.Response], Result]

NS_PER_SECOND = 1_000_000_000
FIRST_RETRY: Seconds = 0.5
LONGEST_RETRY: Seconds = 30.0
MAX_REDIRECTS = 10
PAGE_MAX_BYTES = 64 << 20
# Answers that pass by themselves.
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_GONE = frozenset({404, 410})
_FORBIDDEN = frozenset({401, 403, 407, 451})


class _PassingError(Exception):
    """A failure worth another try. wait: how long the server asks to wait, None when it does not say."""

    def __init__(self, error: AudioError, wait: Seconds | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait


class GuardedTransport(httpx.BaseTransport):
    """Connects to an address that was looked at, so that no name can point elsewhere in the meantime.

    Behind a proxy the proxy connects; a host that is known here to be private is refused all the same.
    """

    def __init__(self, policy: FetchPolicy) -> None:
        self._policy = policy
        self._direct = httpx.HTTPTransport()
        self._proxied: dict[str, httpx.HTTPTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        port = url.port or (443 if url.scheme == "https" else 80)
        proxy = None if proxy_bypass(url.host) else getproxies().get(url.scheme) or getproxies().get("all")
        if proxy is not None:
            self._check_behind_proxy(str(url), url.host, port)
            if proxy not in self._proxied:
                self._proxied[proxy] = httpx.HTTPTransport(proxy=proxy)
            return self._proxied[proxy].handle_request(request)
        address = resolve(str(url), url.host, port, allow_private=self._policy.allow_private)
        pinned = httpx.Request(
            request.method,
            url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": url.host},
        )
        return self._direct.handle_request(pinned)

    def close(self) -> None:
        for transport in (self._direct, *self._proxied.values()):
            transport.close()

    def _check_behind_proxy(self, url: str, host: str, port: int) -> None:
        try:
            resolve(url, host, port, allow_private=self._policy.allow_private)
        except AudioError as error:
            # Names are often known to the proxy alone.
            if error.reason != FailureReason.UNREACHABLE:
                raise


def fetch_http(url: str, sink: Sink, policy: FetchPolicy) -> RemoteFile:
    """Write what `url` holds into `sink`, trying again what passes; raises AudioError."""

    def read(response: httpx.Response) -> RemoteFile:
        sink.start(_length(response))
        for block in response.iter_raw():
            sink.write(block)
        announced = _length(response)
        if announced is not None and sink.size < announced:
            why = f"the connection broke off after {sink.size} of {announced} bytes"
            raise _PassingError(AudioError(FailureReason.UNREACHABLE, f"{printable(url)}: {why}: try again"))
        return _described(url, response, sink.size)

    return _with_retries(lambda: _ask("GET", url, policy, read), policy)


def look_http(url: str, policy: FetchPolicy) -> RemoteFile:
    """Size, time and tag of what lies at `url` now, without reading it; raises AudioError."""

    def read(response: httpx.Response) -> RemoteFile:
        return _described(url, response, _length(response))

    try:
        return _with_retries(lambda: _ask("HEAD", url, policy, read), policy)
    except AudioError:
        # Some servers, and URLs signed for GET, answer nothing else.
        return _with_retries(lambda: _ask("GET", url, policy, read), policy)


def read_page(url: str, policy: FetchPolicy) -> tuple[str, str]:
    """The text at `url` and the URL it came from, after redirects; raises AudioError.

    Its size is limited: it is held in memory.
    """

    def read(response: httpx.Response) -> tuple[str, str]:
        body = bytearray()
        for block in response.iter_raw():
            body += block
            if len(body) > PAGE_MAX_BYTES:
                why = f"the listing is larger than {PAGE_MAX_BYTES >> 20} MiB: name folders below it, or a manifest"
                raise AudioError(FailureReason.TOO_LARGE, f"{printable(url)}: {why}")
        return body.decode(response.encoding or "utf-8", "replace"), str(response.url)

    return _with_retries(lambda: _ask("GET", url, policy, read), policy)


def _with_retries(call: Callable[[], Result], policy: FetchPolicy) -> Result:
    pause = FIRST_RETRY
    for attempt in range(1, policy.attempts + 1):
        try:
            return call()
        except _PassingError as passing:
            if attempt == policy.attempts:
                raise passing.error from passing
            time.sleep(min(passing.wait if passing.wait is not None else pause, LONGEST_RETRY))
            pause *= 2
    raise AssertionError("a policy allows at least one attempt")


def _ask(method: str, url: str, policy: FetchPolicy, read: Reader[Result]) -> Result:
    """What `read` makes of the answer; raises _PassingError for what is worth another try, AudioError for the rest."""
    with _client(policy) as client:
        try:
            with client.stream(method, url) as response:
                _check_status(url, response)
                return read(response)
        except httpx.TimeoutException as error:
            why = f"no answer for {policy.timeout:g} s"
            raise _PassingError(
                AudioError(FailureReason.UNREACHABLE, f"{printable(url)}: {why}: try again")
            ) from error
        except httpx.TooManyRedirects as error:
            raise AudioError(FailureReason.UNREACHABLE, f"{printable(url)} redirects in a circle") from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise AudioError(
                FailureReason.UNREACHABLE, f"{printable(url)} is no URL to fetch: {error}"
            ) from error
        except httpx.HTTPError as error:
            why = str(error) or type(error).__name__
            raise _PassingError(
                AudioError(FailureReason.UNREACHABLE, f"{printable(url)}: {why}: try again")
            ) from error


@contextmanager
def _client(policy: FetchPolicy) -> Iterator[httpx.Client]:
    try:
        netrc: httpx.Auth | None = httpx.NetRCAuth()
    except (OSError, SyntaxError):
        # There is none, or one that says nothing.
        netrc = None
    with httpx.Client(
        transport=GuardedTransport(policy),
        auth=netrc,
        trust_env=False,
        follow_redirects=True,
        max_redirects=MAX_REDIRECTS,
        timeout=policy.timeout,
        headers={"Accept-Encoding": "identity", "User-Agent": "asrlab"},
    ) as client:
        yield client


def _check_status(url: str, response: httpx.Response) -> None:
    status = response.status_code
    if response.is_success:
        return
    said = f"{printable(url)}: the server answers {status} {response.reason_phrase}".rstrip()
    if status in _GONE:
        raise AudioError(FailureReason.VANISHED, f"{said}: put it back, or take it out of the list")
    if status in _FORBIDDEN:
        raise AudioError(FailureReason.PERMISSION_DENIED, f"{said}: name and password belong into ~/.netrc")
    error = AudioError(FailureReason.UNREACHABLE, f"{said}: try again later")
    if status in _PASSING:
        raise _PassingError(error, _retry_after(response))
    raise error


def _retry_after(response: httpx.Response) -> Seconds | None:
    value = response.headers.get("retry-after", "")
    return float(value) if value.isdecimal() else None


def _length(response: httpx.Response) -> int | None:
    value = response.headers.get("content-length", "")
    return int(value) if value.isdecimal() else None


def _described(url: str, response: httpx.Response, size: int | None) -> RemoteFile:
    try:
        changed = parsedate_to_datetime(response.headers.get("last-modified", ""))
        mtime_ns = round(changed.timestamp()) * NS_PER_SECOND
    except (ValueError, OverflowError):
        mtime_ns = 0
    return RemoteFile(url, size, mtime_ns, response.headers.get("etag", ""))
