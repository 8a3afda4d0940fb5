"""What does not fit is named, and is never more than the asker's mistake."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.web.conftest import Page, opened_page_in


@pytest.fixture(scope="module")
def page(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """One for all of these: they change nothing."""
    yield from opened_page_in(tmp_path_factory.mktemp("refusals"), sqlite_template)


@pytest.mark.parametrize("after", ["x", "AAAA", "%%%", "e30="])
def test_a_page_behind_no_position_is_the_asker_s_mistake(page: Page, after: str) -> None:
    assert page.get("/api/queue", after=after).status_code == 400


@pytest.mark.parametrize(
    ("kind", "position"),
    [
        ("mine", "[999999999999999999999999]"),
        ("mine", f"[{'9' * 350}]"),
        ("open", '["a", 1, 1, 1000000000000000000000]'),
        ("open", '["a", 1, 1, -9223372036854775809]'),
        ("open", '["\\ud800", 1, 1, 1]'),
        ("open", '["\\u0000", 1, 1, 1]'),
        ("open", '["a", 1, 1, true]'),
        ("sample", '[0, "\\udfff", 1]'),
        ("doubtful", "[NaN, 1]"),
        ("doubtful", "[-Infinity, 1]"),
    ],
)
def test_a_position_that_no_database_holds_is_none(page: Page, kind: str, position: str) -> None:
    after = base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")
    assert page.get("/api/queue", kind=kind, after=after).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {"parent_id": 1},
        {"parent_id": 1, "text": "x\0y"},
        {"parent_id": 1, "text": "x" * 20_001},
        {"parent_id": "1", "text": "x"},
        {"parent_id": 1 << 40, "text": "x"},
        {"parent_id": 1, "text": "x", "seconds": -1},
        {"parent_id": 1, "text": "x", "verdict": "rejected"},
        {"parent_id": 1, "text": "x", "other": 1},
    ],
)
def test_a_field_that_does_not_fit_is_named_and_not_told_again(page: Page, body: dict[str, object]) -> None:
    answer = page.post("/api/segments/1/save", body)
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("body.")
    assert set(answer.json()["detail"][0]) == {"where", "what"}


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff", b'{"parent_id": 1, "text": "\\ud800"}', b"[" * 5000]
)
def test_content_that_is_no_object_is_refused(page: Page, content: bytes) -> None:
    headers = {"Content-Type": "application/json", "X-CSRF-Token": page.csrf}
    answer = page.client.post("/api/segments/1/save", content=content, headers=headers)
    assert answer.status_code in (400, 422)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_a_time_that_is_no_number_is_refused(page: Page, number: str) -> None:
    headers = {"Content-Type": "application/json", "X-CSRF-Token": page.csrf}
    content = f'{{"parent_id": 1, "start_s": {number}, "end_s": 2}}'
    answer = page.client.post("/api/segments/1/borders", content=content, headers=headers)
    assert answer.status_code == 422
