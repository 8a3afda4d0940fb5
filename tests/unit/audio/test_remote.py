"""Fetching from a real HTTP server that behaves as badly as servers do."""

import contextlib
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from asrlab.audio.places import at_hand
from asrlab.audio.remote import http
from asrlab.audio.remote.addresses import check_hosts, is_public
from asrlab.audio.remote.copies import fetched, keep, local_copy, look
from asrlab.audio.remote.policy import FetchPolicy, current_policy, use_policy
from asrlab.audio.remote.urls import check_url, is_url, local_path, url_suffix
from asrlab.domain.audio import AudioSource
from asrlab.domain.reasons import FailureReason
from asrlab.errors import AudioError, InputNotFoundError, MissingExtraError

CONTENT = bytes(range(256)) * 4096
Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Server:
    """answers: what the next requests get, one after the other; when they are used up, the content."""

    port: int
    answers: list[Answer] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def url(self, path: str = "/a.wav", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server(0)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(f"{self.command} {self.path}")
            answer = state.answers.pop(0) if state.answers else content
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                answer(self)

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_arguments: object) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.port = running.server_address[1]
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield state
    running.shutdown()
    running.server_close()


@pytest.fixture(autouse=True)
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FetchPolicy]:
    monkeypatch.setattr(http, "FIRST_RETRY", 0.01)
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    before = current_policy()
    chosen = FetchPolicy(cache_dir=tmp_path / "cache", timeout=2.0, attempts=3, allow_private=True)
    use_policy(chosen)
    yield chosen
    use_policy(before)


def head(handler: BaseHTTPRequestHandler, status: int = 200, **headers: object) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), str(value))
    handler.end_headers()


def content(handler: BaseHTTPRequestHandler) -> None:
    head(
        handler,
        Content_Length=len(CONTENT),
        ETag='"v1"',
        Last_Modified="Sun, 22 Nov 2026 10:00:00 GMT",
    )
    if handler.command == "GET":
        handler.wfile.write(CONTENT)


def status(code: int, **headers: object) -> Answer:
    return lambda handler: head(handler, code, Content_Length=0, **headers)


def cut_off(handler: BaseHTTPRequestHandler) -> None:
    head(handler, Content_Length=len(CONTENT))
    handler.wfile.write(CONTENT[:1000])
    handler.close_connection = True


def silent(handler: BaseHTTPRequestHandler) -> None:
    head(handler, Content_Length=len(CONTENT))
    handler.wfile.write(CONTENT[:1000])
    time.sleep(4)


def dripping(handler: BaseHTTPRequestHandler) -> None:
    head(handler)
    for _ in range(100):
        handler.wfile.write(b"x" * 100)
        handler.wfile.flush()
        time.sleep(0.05)


def without_length(handler: BaseHTTPRequestHandler) -> None:
    head(handler)
    handler.wfile.write(CONTENT)


def failure(url: str) -> AudioError:
    with pytest.raises(AudioError) as caught, fetched(url):
        pass
    assert url.split("?")[0] in caught.value.message
    return caught.value


def test_a_file_arrives_with_what_is_known_of_it(server: Server) -> None:
    with fetched(server.url()) as file:
        assert file.path.read_bytes() == CONTENT
        assert file.path.suffix == ".wav"
        assert file.content_hash == hashlib.sha256(CONTENT).hexdigest()
        assert (file.size, file.remote.etag) == (len(CONTENT), '"v1"')
        assert file.remote.mtime_ns == 1_795_341_600_000_000_000
        place = file.path
    assert not place.exists()
    assert look(server.url()) == replace(file.remote, url=server.url())


@pytest.mark.parametrize("trouble", [status(503), status(429, Retry_After=0), cut_off, silent])
def test_what_passes_is_tried_again(server: Server, trouble: Answer) -> None:
    server.answers = [trouble, trouble]
    with fetched(server.url()) as file:
        assert file.path.read_bytes() == CONTENT
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("answer", "reason", "attempts"),
    [
        (status(404), FailureReason.VANISHED, 1),
        (status(410), FailureReason.VANISHED, 1),
        (status(401), FailureReason.PERMISSION_DENIED, 1),
        (status(403), FailureReason.PERMISSION_DENIED, 1),
        (status(400), FailureReason.UNREACHABLE, 1),
        (status(500), FailureReason.UNREACHABLE, 3),
        (cut_off, FailureReason.UNREACHABLE, 3),
    ],
)
def test_what_does_not_pass_is_told(server: Server, answer: Answer, reason: str, attempts: int) -> None:
    server.answers = [answer] * 5
    assert failure(server.url()).reason == reason
    assert len(server.asked) == attempts


def test_no_server_and_no_host(server: Server) -> None:
    assert failure("http://127.0.0.1:9/a.wav").reason == FailureReason.UNREACHABLE
    assert failure("http://no-such-host.invalid/a.wav").reason == FailureReason.UNREACHABLE


@pytest.mark.parametrize("answer", [content, without_length])
def test_a_file_that_is_too_large_is_not_fetched(server: Server, policy: FetchPolicy, answer: Answer) -> None:
    use_policy(replace(policy, max_bytes=1000))
    server.answers = [answer]
    assert failure(server.url()).reason == FailureReason.TOO_LARGE
    assert list(policy.cache_dir.iterdir()) == []


def test_a_file_that_only_drips_in_is_given_up(server: Server, policy: FetchPolicy) -> None:
    use_policy(replace(policy, deadline=0.3))
    server.answers = [dripping]
    began = time.monotonic()
    assert "raise fetch_deadline" in failure(server.url()).message
    assert time.monotonic() - began < 3


def test_redirects_are_followed_and_not_in_a_circle(server: Server) -> None:
    server.answers = [status(302, Location="/b.wav"), status(307, Location=server.url("/c.wav"))]
    with fetched(server.url()) as file:
        assert file.size == len(CONTENT)
    assert server.asked == ["GET /a.wav", "GET /b.wav", "GET /c.wav"]
    server.answers = [status(302, Location="/a.wav")] * 50
    assert "redirects in a circle" in failure(server.url()).message


def test_a_server_that_answers_no_head_is_looked_at_all_the_same(server: Server) -> None:
    server.answers = [status(403)]
    assert look(server.url()).size == len(CONTENT)
    assert server.asked == ["HEAD /a.wav", "GET /a.wav"]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_private_addresses_are_not_asked(server: Server, policy: FetchPolicy, host: str) -> None:
    use_policy(replace(policy, allow_private=False))
    assert failure(server.url(host=host)).reason == FailureReason.PRIVATE_ADDRESS
    assert server.asked == []


def test_a_redirect_to_a_private_address_is_not_followed(
    server: Server, policy: FetchPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first host is let through as if it were public; what it points to is not."""
    use_policy(replace(policy, allow_private=False))
    monkeypatch.setattr("asrlab.audio.remote.addresses.is_public", lambda address: address == "127.0.0.1")
    server.answers = [status(302, Location="http://127.0.0.2/secret.wav")]
    with pytest.raises(AudioError) as caught, fetched(server.url()):
        pass
    assert caught.value.reason == FailureReason.PRIVATE_ADDRESS
    assert len(server.asked) == 1


def test_through_a_proxy_the_target_is_looked_at(
    server: Server, policy: FetchPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_policy(replace(policy, allow_private=False))
    monkeypatch.setenv("http_proxy", server.url(""))
    assert failure("http://10.0.0.1/a.wav").reason == FailureReason.PRIVATE_ADDRESS
    # The proxy itself is the user's own choice; the name is known to it alone.
    with fetched("http://audio.invalid/a.wav") as file:
        assert file.size == len(CONTENT)
    assert server.asked == ["GET http://audio.invalid/a.wav"]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        *(
            (address, False)
            for address in ("10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "0.0.0.0")
        ),
        *(
            (address, False)
            for address in ("100.64.0.1", "224.0.0.1", "::1", "fe80::1%eth0", "fd00::1", "::")
        ),
        *((address, False) for address in ("::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::")),
        ("64:ff9b::808:808", True),
    ],
)
def test_which_addresses_are_public(address: str, expected: bool) -> None:
    assert is_public(address) is expected


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/a.wav", "sftp://10.0.0.1/a.wav", "zip://a.wav::ftp://127.0.0.1/z"]
)
def test_other_protocols_with_hosts_are_looked_at_too(url: str) -> None:
    with pytest.raises(AudioError) as caught:
        check_hosts(url, allow_private=False)
    assert caught.value.reason == FailureReason.PRIVATE_ADDRESS


def test_http_inside_a_chain_is_refused() -> None:
    with pytest.raises(AudioError, match="give that URL alone"):
        check_hosts("zip://a.wav::https://example.org/z.zip", allow_private=True)


def source(url: str, bytes_: bytes = CONTENT) -> AudioSource:
    return AudioSource(url, len(bytes_), 0, hashlib.sha256(bytes_).hexdigest(), 1, 16_000, 1)


def test_a_copy_is_fetched_once_and_again_when_it_is_gone(server: Server) -> None:
    url = server.url()
    with fetched(url) as file:
        kept = keep(file, url)
    assert at_hand(source(url)) == kept
    assert len(server.asked) == 1
    kept.unlink()
    assert local_copy(source(url)) == kept
    assert kept.read_bytes() == CONTENT
    assert len(server.asked) == 2
    with pytest.raises(AudioError, match="other audio than when it was ingested"):
        local_copy(source(url, b"else"))


def test_the_oldest_copies_go_when_the_cache_is_full(server: Server, policy: FetchPolicy) -> None:
    def kept(number: int) -> Path:
        server.answers = [
            lambda handler: (head(handler), handler.wfile.write(bytes([number]) * 1000), None)[2]
        ]
        with fetched(server.url()) as file:
            return keep(file, server.url())

    use_policy(replace(policy, cache_bytes=2500))
    first, second = kept(1), kept(2)
    left = policy.cache_dir / ".fetch-left"
    left.write_bytes(b"")
    for path, age in ((first, 8000), (second, 9000), (left, 9000)):
        os.utime(path, (time.time() - age,) * 2)
    third = kept(3)
    assert (first.exists(), second.exists(), third.exists(), left.exists()) == (True, False, True, False)
    # One that may be about to be read stays, though it is one too many.
    os.utime(first)
    fourth = kept(4)
    assert (first.exists(), third.exists(), fourth.exists()) == (True, True, True)


def test_a_cache_that_can_not_be_written_is_told(server: Server, policy: FetchPolicy, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    use_policy(replace(policy, cache_dir=tmp_path / "file" / "cache"))
    with pytest.raises(AudioError, match="can't be kept in"), fetched(server.url()):
        pass


def test_what_is_a_url() -> None:
    assert [
        is_url(text) for text in ("s3://b/k", "https://h/a", "zip://a::s3://b/k", "simplecache::s3://b")
    ] == [True] * 4
    assert not any(is_url(text) for text in ("/a/b.wav", "a:b.wav", "file:///a.wav", "C:\\a.wav", "x/s3://b"))
    assert local_path("file:///a%20b.wav") == "/a b.wav"
    assert local_path("file://localhost/a.wav") == "/a.wav"
    assert local_path("/a%20b.wav") == "/a%20b.wav"
    assert url_suffix("https://h/x/a.MP3?sig=a.b") == ".mp3"
    assert url_suffix("zip://d/a.flac::s3://b/c.zip") == ".flac"
    for bad in ("https://ann:secret@h/a.wav", "https:///a.wav"):
        with pytest.raises(InputNotFoundError) as caught:
            check_url(bad)
        assert "secret" not in str(caught.value)


def test_a_protocol_nobody_knows_and_a_package_that_is_missing() -> None:
    with pytest.raises(InputNotFoundError, match="fsspec"), fetched("nosuch://b/a.wav"):
        pass
    with pytest.raises(MissingExtraError, match="gcsfs"), fetched("gs://b/a.wav"):
        pass
