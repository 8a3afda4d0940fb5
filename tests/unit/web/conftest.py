"""The real application on a real catalog: one recording of ten seconds on disk, two segments with texts."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from asrlab.audio.remote.policy import FetchPolicy, current_policy, use_policy
from asrlab.catalog import Catalog, open_catalog
from asrlab.catalog.segments import Segment
from asrlab.ingest import ingest_files
from asrlab.web.serving import Serving, opened_site
from tests.factories import add_run, add_segments, add_text, write_tone

ADDRESS = "http://127.0.0.1:8765"
SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What the application is opened on."""

    catalog: Catalog
    recording_id: int
    segments: list[Segment]
    audio: Path


class Page:
    """A browser's page of ours: it knows the CSRF token and asks in JSON."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.csrf = ""
        self.refresh()

    def refresh(self) -> dict[str, Any]:
        me: dict[str, Any] = self.client.get("/api/me").json()
        self.csrf = me["csrf"]
        return me

    def get(self, path: str, **parameters: Any) -> Any:
        return self.client.get(path, params=parameters)

    def post(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
        return self.client.post(path, json=body or {}, headers={"X-CSRF-Token": self.csrf, **headers})

    def delete(self, path: str) -> Any:
        return self.client.request("DELETE", path, json={}, headers={"X-CSRF-Token": self.csrf})

    def login(self, token: str) -> Any:
        answer = self.post("/api/login", {"token": token})
        self.refresh()
        return answer


@pytest.fixture(autouse=True)
def cache(tmp_path: Path) -> Iterator[Path]:
    """Outlines and copies are kept in a folder of the test's own."""
    before = current_policy()
    use_policy(FetchPolicy(cache_dir=tmp_path / "cache"))
    yield tmp_path / "cache"
    use_policy(before)


def review_of(catalog: Catalog, audio: Path) -> Reviewed:
    (recording_id,) = ingest_files(catalog, [str(audio)], "default")
    with catalog.writing() as session:
        segments = add_segments(session, recording_id, [(0.0, 4.0), (5.0, 9.5)])
        run_id = add_run(session)
        for segment, text in zip(segments, ("hello world", "good bye"), strict=True):
            add_text(session, segment, run_id, text)
    return Reviewed(catalog, recording_id, segments, audio)


def opened_review(folder: Path, sqlite_template: Path) -> Iterator[Reviewed]:
    path = folder / "review.db"
    path.write_bytes(sqlite_template.read_bytes())
    catalog = open_catalog(f"sqlite:///{path}")
    yield review_of(catalog, write_tone(folder / "a.wav", SECONDS))
    catalog.close()


@pytest.fixture
def reviewed(sqlite_template: Path, tmp_path: Path) -> Iterator[Reviewed]:
    yield from opened_review(tmp_path, sqlite_template)


def opened_page(reviewed: Reviewed, serving: Serving) -> Iterator[Page]:
    with opened_site(reviewed.catalog, serving) as app, TestClient(app, base_url=ADDRESS) as client:
        yield Page(client)


def opened_page_in(folder: Path, sqlite_template: Path) -> Iterator[Page]:
    """Anna's page on a catalog made in this folder."""
    for reviewed in opened_review(folder, sqlite_template):
        yield from opened_page(reviewed, Serving(user="anna"))


@pytest.fixture
def page(reviewed: Reviewed) -> Iterator[Page]:
    yield from opened_page(reviewed, Serving(user="anna"))


@pytest.fixture
def locked_page(reviewed: Reviewed) -> Iterator[Page]:
    """A server that people must log in to."""
    yield from opened_page(reviewed, Serving(user=None))
