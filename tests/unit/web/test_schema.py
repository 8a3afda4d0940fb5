"""Whatever the API's own schema allows, and what it does not: an answer, and never a mistake of the server's."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.generation import GenerationMode
from starlette.testclient import TestClient

from asrlab.catalog import Catalog
from asrlab.web.bodies import MAX_ID
from asrlab.web.serving import Serving, opened_site
from tests.factories import write_tone
from tests.unit.web.conftest import ADDRESS, SECONDS, Page, opened_page_in, review_of

OF_OPERATION = settings(
    max_examples=10,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def opened(catalog: Catalog, tmp_path: Path) -> Iterator[Page]:
    review_of(catalog, write_tone(tmp_path / "a.wav", SECONDS))
    with opened_site(catalog, Serving(user="anna")) as app, TestClient(app, base_url=ADDRESS) as client:
        yield Page(client)


def operations_of(page: Page) -> list[Any]:
    """The API's operations, with ids so low that some of them are there."""
    told = page.client.get("/api/openapi.json").json()
    told = json.loads(json.dumps(told).replace(str(MAX_ID), "3"))
    return [found.ok() for found in schemathesis.openapi.from_dict(told).get_all_operations()]


def test_what_the_schema_allows_is_answered(opened: Page) -> None:
    statuses = {
        operation.label: ask(opened, operation, GenerationMode.POSITIVE)
        for operation in operations_of(opened)
    }
    assert len(statuses) > 20
    for acted in ("save", "judge", "describe", "words", "claim", "split"):
        assert statuses[f"POST /api/segments/{{segment_id}}/{acted}"] & {200, 400, 409}


def test_what_the_schema_forbids_is_refused(sqlite_template: Path, tmp_path: Path) -> None:
    for page in opened_page_in(tmp_path, sqlite_template):
        asked = [each for each in operations_of(page) if each.body or list(each.iter_parameters())]
        assert len(asked) > 15
        for operation in asked:
            assert ask(page, operation, GenerationMode.NEGATIVE) & {404, 405, 415, 422}


def ask(page: Page, operation: Any, mode: GenerationMode) -> set[int]:
    """The statuses that an operation answers with."""
    seen = set()

    @OF_OPERATION
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask_once(case: Any) -> None:
        sent = case.as_transport_kwargs(base_url=ADDRESS)
        request = {
            name: sent[name] for name in ("method", "url", "params", "json") if sent.get(name) is not None
        }
        if isinstance(sent.get("data"), bytes | str):
            request["content"] = sent["data"]
        headers = {**dict(sent["headers"] or {}), "X-CSRF-Token": page.csrf}
        answer = page.client.request(**request, headers=headers)
        seen.add(answer.status_code)
        assert answer.status_code < 500, (case.as_curl_command(), answer.text)
        if answer.status_code >= 400:
            assert isinstance(answer.json()["error"], str)

    ask_once()
    return seen
