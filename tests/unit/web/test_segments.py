"""Reading and changing segments over HTTP, on both databases."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from asrlab.catalog import Catalog
from asrlab.review.people import ensure_person
from asrlab.review.queues import BlindShares
from asrlab.web.serving import Serving
from tests.factories import write_tone
from tests.unit.web.conftest import SECONDS, Page, Reviewed, opened_page, review_of


@pytest.fixture
def reviewed(catalog: Catalog, tmp_path: Path) -> Reviewed:
    return review_of(catalog, write_tone(tmp_path / "a.wav", SECONDS))


SCRIPT = '<script>alert(1)</script> & "quotes" \u202e\u05d0'


def test_a_correction_is_the_next_version_and_counts(page: Page) -> None:
    saved = page.post("/api/segments/1/save", {"parent_id": 1, "text": SCRIPT, "seconds": 4.5}).json()
    shown = page.get("/api/segments/1").json()
    assert shown["current"]["transcript_id"] == saved["transcript_id"]
    assert (shown["current"]["text"], shown["current"]["origin"], shown["verdict"]) == (
        SCRIPT,
        "human",
        "corrected",
    )
    assert [version["text"] for version in shown["versions"]] == ["hello world", SCRIPT]


def test_text_that_looks_like_a_page_is_sent_as_json(page: Page) -> None:
    page.post("/api/segments/1/save", {"parent_id": 1, "text": SCRIPT})
    answer = page.get("/api/segments/1")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_second_of_two_on_the_same_parent_sees_the_first(page: Page) -> None:
    page.post("/api/segments/1/save", {"parent_id": 1, "text": "hello there"})
    answer = page.post("/api/segments/1/save", {"parent_id": 1, "text": "yellow world"})
    assert answer.status_code == 409
    told = answer.json()
    assert told["current"]["text"] == "hello there"
    merged = {"parent_id": told["current"]["transcript_id"], "text": "yellow there"}
    assert page.post("/api/segments/1/save", merged).status_code == 200


def test_what_was_split_is_a_conflict_that_names_no_lost_text(page: Page) -> None:
    pieces = page.post("/api/segments/1/split", {"parent_id": 1, "at_s": 2.0, "at_character": 6}).json()[
        "segments"
    ]
    answer = page.post("/api/segments/1/judge", {"parent_id": 1, "verdict": "accepted"})
    assert answer.status_code == 409
    assert answer.json()["superseded_by"] in [piece["segment_id"] for piece in pieces]
    texts = [page.get(f"/api/segments/{piece['segment_id']}").json()["current"]["text"] for piece in pieces]
    assert texts == ["hello", "world"]


def test_every_act_can_be_done_and_taken_back(page: Page) -> None:
    moved = page.post("/api/segments/1/borders", {"parent_id": 1, "start_s": 0.5, "end_s": 4.0}).json()
    path = f"/api/segments/{moved['segment_id']}"
    assert page.get(path).json()["start_s"] == 0.5
    back = page.post(f"{path}/undo").json()["saved"]
    assert back["segment_id"] == 1
    merged = page.post("/api/segments/1/merge", {"parent_id": 1, "other_id": 2, "other_parent_id": 2}).json()
    assert (
        page.get(f"/api/segments/{merged['segment_id']}").json()["current"]["text"] == "hello world good bye"
    )
    page.post(f"/api/segments/{merged['segment_id']}/undo")
    said = page.post("/api/segments/1/describe", {"parent_id": 1, "speaker": "Ann", "language": "de"}).json()
    shown = page.get("/api/segments/1").json()
    assert (shown["speaker"], shown["current"]["language"]) == ("Ann", "de")
    restored = page.post("/api/segments/1/restore", {"parent_id": said["transcript_id"], "transcript_id": 1})
    assert restored.json()["transcript_id"] > said["transcript_id"]
    assert page.post("/api/segments/2/skip", {"seconds": 1}).json() == {"done": True}


def test_a_rejection_has_its_reason(page: Page) -> None:
    page.post("/api/segments/1/judge", {"parent_id": 1, "verdict": "rejected", "reason": "music"})
    shown = page.get("/api/segments/1").json()
    assert (shown["verdict"], shown["reason"]) == ("rejected", "music")


def test_a_rejection_without_a_reason_has_none(page: Page) -> None:
    page.post("/api/segments/1/judge", {"parent_id": 1, "verdict": "rejected", "reason": " "})
    shown = page.get("/api/segments/1").json()
    assert (shown["verdict"], shown["reason"]) == ("rejected", None)


def test_what_is_gold_is_told_and_taken_back(page: Page) -> None:
    assert page.get("/api/segments/1").json()["gold"] is None
    page.post("/api/segments/1/save", {"parent_id": 1, "text": "hello there"})
    page.post("/api/segments/1/gold")
    gold = page.get("/api/segments/1").json()["gold"]
    assert (gold["text"], gold["added_by"]) == ("hello there", "anna")
    assert datetime.fromisoformat(gold["added_at"]).tzinfo is not None
    for _ in range(2):
        assert page.delete("/api/segments/1/gold").json() == {"done": True}
        assert page.get("/api/segments/1").json()["gold"] is None
    assert page.delete("/api/segments/99/gold").status_code == 404


def test_a_difference_is_told_in_parts(page: Page) -> None:
    saved = page.post("/api/segments/1/save", {"parent_id": 1, "text": "hello there"}).json()
    parts = page.get("/api/diff", a=1, b=saved["transcript_id"]).json()["parts"]
    assert "".join(part["text"] for part in parts if part["kind"] != "added") == "hello world"
    assert "".join(part["text"] for part in parts if part["kind"] != "removed") == "hello there"
    assert page.get("/api/diff", a=1, b=99).status_code == 404


def test_a_queue_comes_in_pages_and_gives_the_next_item(page: Page) -> None:
    first = page.get("/api/queue", limit=1).json()
    second = page.get("/api/queue", limit=1, after=first["next"]).json()
    assert [first["items"][0]["segment_id"], second["items"][0]["segment_id"]] == [1, 2]
    assert page.post("/api/next", {"queue": {"kind": "open"}, "skip": [1]}).json() == {
        "segment_id": 2,
        "blind": None,
    }
    assert page.get("/api/choices").json()["corpora"] == ["default"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/segments/99/undo", {}),
        ("/api/segments/99/claim", {}),
        ("/api/segments/99/save", {"parent_id": 1, "text": "x"}),
        ("/api/segments/99/skip", {}),
        ("/api/segments/99/gold", {}),
        ("/api/segments/99/pass", {"kind": "gold", "parent_id": 1, "text": "x", "verdict": "accepted"}),
        ("/api/segments/99/merge", {"parent_id": 1, "other_id": 2, "other_parent_id": 2}),
        ("/api/segments/1/restore", {"parent_id": 1, "transcript_id": 2}),
    ],
)
def test_what_there_is_not_is_not_found(page: Page, path: str, body: dict[str, object]) -> None:
    answer = page.post(path, body)
    assert (answer.status_code, list(answer.json())) == (404, ["error"])


@pytest.fixture
def blind_page(reviewed: Reviewed) -> Iterator[Page]:
    """Ben's, on a server where all that is decided is heard again."""
    ensure_person(reviewed.catalog, "ben")
    yield from opened_page(reviewed, Serving(user="ben", shares=BlindShares(second=1.0)))


def test_a_blind_item_shows_the_machine_s_text_alone(reviewed: Reviewed, blind_page: Page) -> None:
    for other in opened_page(reviewed, Serving(user="anna")):
        other.post("/api/segments/1/save", {"parent_id": 1, "text": "hello there"})
    shown = blind_page.get("/api/segments/1").json()
    assert (shown["blind"], shown["current"]["text"], shown["verdict"]) == ("second", "hello world", None)
    assert [version["text"] for version in shown["versions"]] == ["hello world"]
    body = {"kind": "second", "parent_id": 1, "text": "hello where", "verdict": "corrected", "seconds": 3}
    assert blind_page.post("/api/segments/1/pass", body).json() == {"done": True}
    shown = blind_page.get("/api/segments/1").json()
    assert (shown["blind"], shown["current"]["text"]) == (None, "hello there")
