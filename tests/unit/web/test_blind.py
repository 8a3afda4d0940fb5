"""What a person is to hear without others' work shows none of it, anywhere, and takes a pass alone; on both databases."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from asrlab.catalog import Catalog
from asrlab.review import acts
from asrlab.review.passes import mark_gold
from asrlab.review.queues import BlindShares
from asrlab.web.serving import Serving
from tests.factories import write_tone
from tests.unit.web.conftest import SECONDS, Page, Reviewed, opened_page, review_of

PASS = {"kind": "second", "parent_id": 1, "text": "hello where", "verdict": "corrected"}


@pytest.fixture
def reviewed(catalog: Catalog, tmp_path: Path) -> Reviewed:
    """Anna corrected the first of two segments."""
    found = review_of(catalog, write_tone(tmp_path / "a.wav", SECONDS))
    acts.save(catalog, "anna", 1, 1, "secret there")
    return found


@pytest.fixture
def second_page(reviewed: Reviewed) -> Iterator[Page]:
    """Ben's, where all that is decided is heard again."""
    yield from opened_page(reviewed, Serving(user="ben", shares=BlindShares(second=1.0)))


@pytest.fixture(params=["second", "gold"])
def blind_page(request: pytest.FixtureRequest, reviewed: Reviewed) -> Iterator[Page]:
    """Ben's, where Anna's is heard again, or is gold that is mixed in next to never."""
    if request.param == "gold":
        mark_gold(reviewed.catalog, "anna", 1)
    shares = BlindShares(gold=1e-9) if request.param == "gold" else BlindShares(second=1.0)
    yield from opened_page(reviewed, Serving(user="ben", shares=shares))


def items(page: Page, **queue: Any) -> dict[int, dict[str, Any]]:
    answer = page.get("/api/queue", **queue)
    assert answer.status_code == 200
    return {item["segment_id"]: item for item in answer.json()["items"]}


@pytest.mark.parametrize("kind", ["all", "sample"])
def test_a_list_shows_what_the_machine_heard(blind_page: Page, kind: str) -> None:
    item = items(blind_page, kind=kind)[1]
    assert (item["text"], item["verdict"]) == ("hello world", None)
    assert item["confidence"] is not None
    assert items(blind_page, kind=kind)[2]["text"] == "good bye"


def test_second_passes_are_listed_and_searched_by_what_is_shown(second_page: Page) -> None:
    item = items(second_page, kind="second")[1]
    assert (item["text"], item["verdict"]) == ("hello world", None)
    assert list(items(second_page, kind="second", search="world")) == [1]
    assert list(items(second_page, kind="second", below=1)) == [1]
    assert items(second_page, kind="second", below=0.01) == {}
    assert items(second_page, kind="second", search="secret") == {}


def test_a_search_does_not_find_what_is_hidden(blind_page: Page) -> None:
    assert items(blind_page, kind="all", search="secret") == {}
    asked = {"queue": {"kind": "all", "search": "secret"}}
    assert blind_page.post("/api/next", asked).json()["segment_id"] is None


@pytest.mark.parametrize("blind_page", ["gold"], indirect=True)
def test_gold_that_was_rejected_later_is_not_listed_as_rejected(reviewed: Reviewed, blind_page: Page) -> None:
    acts.judge(reviewed.catalog, "anna", 1, 3, "rejected", "noise")
    assert items(blind_page, kind="rejected") == {}
    assert items(blind_page, kind="all")[1]["verdict"] is None


def test_neighbours_in_the_waveform_are_hidden_too(blind_page: Page) -> None:
    shown = blind_page.get("/api/recordings/1/segments", start=0, end=10).json()["segments"]
    assert [(each["text"], each["verdict"]) for each in shown] == [("hello world", None), ("good bye", None)]


def test_no_difference_tells_a_hidden_text(blind_page: Page) -> None:
    assert blind_page.get("/api/diff", a=1, b=3).status_code == 403
    assert blind_page.get("/api/diff", a=1, b=2).status_code == 200


ACTS: dict[str, dict[str, Any]] = {
    "save": {"parent_id": 3, "text": "x"},
    "judge": {"parent_id": 3, "verdict": "accepted"},
    "restore": {"parent_id": 3, "transcript_id": 1},
    "borders": {"parent_id": 3, "start_s": 0.5, "end_s": 4.0},
    "split": {"parent_id": 3, "at_s": 2.0, "at_character": 6},
    "merge": {"parent_id": 3, "other_id": 2, "other_parent_id": 2},
    "words": {"parent_id": 3, "words": []},
    "describe": {"parent_id": 3, "speaker": "Ann"},
    "undo": {},
    "gold": {},
}


def test_every_act_but_a_pass_is_refused(blind_page: Page) -> None:
    for act, body in ACTS.items():
        answer = blind_page.post(f"/api/segments/1/{act}", body)
        assert (act, answer.status_code) == (act, 403)
        assert "secret" not in answer.text
    if blind_page.get("/api/segments/1").json()["blind"] == "gold":
        assert blind_page.get("/api/segments/1").json()["gold"] is None
    assert blind_page.delete("/api/segments/1/gold").status_code == 403
    stale = blind_page.post("/api/segments/1/save", {"parent_id": 1, "text": "x"})
    assert (stale.status_code, list(stale.json())) == (403, ["error"])
    by_neighbour = {"parent_id": 2, "other_id": 1, "other_parent_id": 3}
    assert blind_page.post("/api/segments/2/merge", by_neighbour).status_code == 403
    for act in ("claim", "release", "skip"):
        assert blind_page.post(f"/api/segments/1/{act}", {}).status_code == 200
    kind = blind_page.get("/api/segments/1").json()["blind"]
    assert blind_page.post("/api/segments/1/pass", {**PASS, "kind": kind}).status_code == 200
    shown = blind_page.get("/api/segments/1").json()
    assert (shown["blind"], shown["current"]["text"]) == (None, "secret there")


@pytest.mark.parametrize(
    ("segment_id", "change"),
    [
        (2, {"parent_id": 2}),
        (1, {"kind": "gold"}),
        (1, {"parent_id": 3}),
    ],
)
def test_a_pass_that_nobody_asks_for_is_refused(
    second_page: Page, segment_id: int, change: dict[str, Any]
) -> None:
    answer = second_page.post(f"/api/segments/{segment_id}/pass", {**PASS, **change})
    assert answer.status_code == 400


def test_what_was_cut_is_not_heard_again_blind(reviewed: Reviewed, second_page: Page) -> None:
    for other in opened_page(reviewed, Serving(user="anna")):
        moved = other.post("/api/segments/1/borders", {"parent_id": 3, "start_s": 0.5, "end_s": 4.0}).json()
        other.post(
            f"/api/segments/{moved['segment_id']}/judge",
            {"parent_id": moved["transcript_id"], "verdict": "accepted"},
        )
        assert other.post(f"/api/segments/{moved['segment_id']}/gold").status_code == 400
    assert items(second_page, kind="second") == {}
    shown = second_page.get(f"/api/segments/{moved['segment_id']}").json()
    assert (shown["blind"], shown["current"]["text"]) == (None, "secret there")
