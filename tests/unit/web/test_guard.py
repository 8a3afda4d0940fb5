"""What stands before every route: names, sizes, where a write comes from, and the headers of every answer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from asrlab.web.guard import MAX_BODY_BYTES
from asrlab.web.hosts import is_expected, is_loopback, names_of
from asrlab.web.serving import Serving
from tests.unit.web.conftest import Page, opened_page, opened_page_in, opened_review


@pytest.fixture(scope="module")
def page(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """One for all of these: they change nothing."""
    yield from opened_page_in(tmp_path_factory.mktemp("guard"), sqlite_template)


def undo(page: Page, **headers: str) -> int:
    """The status of a write that changes nothing."""
    answer = page.client.post("/api/segments/1/undo", json={}, headers=headers)
    return int(answer.status_code)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8765",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "192.168.1.7:8765",
        "",
    ],
)
@pytest.mark.parametrize(
    "path", ["/", "/api/me", "/assets/index.html", "/api/recordings/1/audio", "/api/openapi.json"]
)
def test_a_foreign_host_is_refused_everywhere(page: Page, host: str, path: str) -> None:
    assert page.client.get(path, headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:9", "LOCALHOST", "[::1]:8765", "localhost."])
def test_our_own_names_are_answered_on_any_port(page: Page, host: str) -> None:
    assert page.client.get("/", headers={"host": host}).status_code == 200


def test_a_server_for_other_machines_answers_to_addresses_and_its_names() -> None:
    names = names_of("0.0.0.0")
    assert is_expected("192.168.1.7:8765", names, allows_addresses=True)
    assert is_expected("localhost:8765", names, allows_addresses=True)
    assert not is_expected("evil.example", names, allows_addresses=True)


def test_a_name_that_was_allowed_is_ours(sqlite_template: Path, tmp_path: Path) -> None:
    for reviewed in opened_review(tmp_path, sqlite_template):
        for page in opened_page(reviewed, Serving(user="anna", names=("Review.Example",))):
            assert page.client.get("/", headers={"host": "review.example"}).status_code == 200
            assert page.client.get("/", headers={"host": "other.example"}).status_code == 421


@pytest.mark.parametrize(
    ("host", "alone"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("box", False)],
)
def test_only_loopback_is_this_machine_alone(host: str, alone: bool) -> None:
    assert is_loopback(host) is alone


def test_a_write_needs_the_token_of_the_page(page: Page) -> None:
    assert undo(page) == 403
    assert undo(page, **{"X-CSRF-Token": "0" * 64}) == 403
    assert undo(page, **{"X-CSRF-Token": page.csrf}) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_a_write_from_elsewhere_is_refused_though_it_has_the_token(
    page: Page, headers: dict[str, str]
) -> None:
    assert undo(page, **{"X-CSRF-Token": page.csrf, **headers}) == 403


def test_a_write_from_our_page_is_taken(page: Page) -> None:
    own = {"Origin": "http://127.0.0.1:8765", "Sec-Fetch-Site": "same-origin", "X-CSRF-Token": page.csrf}
    assert undo(page, **own) == 200


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_a_write_that_a_form_could_send_is_refused(page: Page, kind: str) -> None:
    answer = page.client.post(
        "/api/segments/1/undo", content=b"{}", headers={"Content-Type": kind, "X-CSRF-Token": page.csrf}
    )
    assert answer.status_code == 415


def test_another_site_can_load_nothing_into_its_page_but_may_link_to_ours(page: Page) -> None:
    embedded = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert page.client.get("/api/recordings/1/audio", headers=embedded).status_code == 403
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert page.client.get("/", headers=followed).status_code == 200


def test_a_write_that_is_too_large_is_refused_however_its_size_is_told(page: Page) -> None:
    headers = {"Content-Type": "application/json", "X-CSRF-Token": page.csrf}
    path = "/api/segments/1/save"
    assert page.client.post(path, content=b" " * (MAX_BODY_BYTES + 1), headers=headers).status_code == 413

    def in_pieces() -> Any:
        for _ in range(2):
            yield b" " * (MAX_BODY_BYTES // 2 + 1)

    answer = page.client.post(path, content=in_pieces(), headers=headers)
    assert (answer.status_code, list(answer.json())) == (413, ["error"])


@pytest.mark.parametrize("length", [b"-1", b"x", "²".encode("latin-1"), b"9" * 5000])
def test_a_length_that_is_none_is_refused(page: Page, length: bytes) -> None:
    headers = {
        b"Content-Type": b"application/json",
        b"X-CSRF-Token": page.csrf.encode(),
        b"Content-Length": length,
    }
    answer = page.client.post("/api/segments/1/undo", content=b"{}", headers=headers)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "path", ["/", "/api/me", "/api/segments/99", "/assets/index.html", "/nothing", "/api/recordings/1/audio"]
)
def test_every_answer_tells_browsers_to_be_strict(page: Page, path: str) -> None:
    headers = page.client.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers


def test_the_page_allows_no_inline_script_and_nothing_from_elsewhere(page: Page) -> None:
    answer = page.client.get("/")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["script-src"] == "'self'"
    assert policy["connect-src"] == "'self'"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "__CSP_NONCE__" not in answer.text
    assert (
        page.client.get("/").headers["content-security-policy"] != answer.headers["content-security-policy"]
    )


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../app.py",
        "/assets/%2e%2e/app.py",
        "/assets/..%2f..%2fcli%2fmain.py",
        "/assets//etc/passwd",
        "/vendor/wavesurfer/..%2f..%2fapp.py",
        "/api/recordings/..%2f1/audio",
        "/api/recordings/%2fetc%2fpasswd/audio",
        "/assets/%00",
    ],
)
def test_no_path_leads_out_of_our_folders(page: Page, path: str) -> None:
    assert page.client.get(path).status_code in (404, 422)
