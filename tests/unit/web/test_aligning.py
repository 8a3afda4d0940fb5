"""What an edit changed is aligned behind the page's back, and what waits is never lost."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from asrlab.align import Alignment, align_segments
from asrlab.engines.protocol import EngineOptions
from asrlab.engines.registry import open_aligner
from asrlab.pipeline import LabelJob, begin_run_of
from asrlab.web.serving import Serving
from tests.unit.web.conftest import Page, Reviewed, opened_page

FAKE = LabelJob(aligner="fake")
PATIENCE_S = 20.0


def wait_for(read: Callable[[], Any], holds: Callable[[Any], bool]) -> Any:
    ends = time.monotonic() + PATIENCE_S
    while not holds(found := read()):
        assert time.monotonic() < ends, found
        time.sleep(0.02)
    return found


@pytest.fixture
def aligned(reviewed: Reviewed) -> Reviewed:
    """Both texts have the words of the fake aligner, evenly spread."""
    aligner = open_aligner("fake", EngineOptions())
    how = Alignment(aligner, begin_run_of(reviewed.catalog, FAKE, "align"), aligner.info.fingerprint, 60.0)
    assert align_segments(reviewed.catalog, how, [segment.segment_id for segment in reviewed.segments]) == 2
    return reviewed


@pytest.fixture
def aligning_page(aligned: Reviewed) -> Iterator[Page]:
    yield from opened_page(aligned, Serving(user="anna", aligner=FAKE))


def shown(page: Page, segment_id: int = 1) -> Any:
    return page.get(f"/api/segments/{segment_id}").json()


#  hello      |  world
#  hello      |  wide, world     ← spread in what "world" took, then aligned there
def test_only_what_an_edit_changed_is_aligned_anew(aligning_page: Page) -> None:
    before = shown(aligning_page)["current"]["words"]
    aligning_page.post("/api/segments/1/save", {"parent_id": 1, "text": "hello wide"})
    after = wait_for(lambda: shown(aligning_page), lambda page: not page["is_pending"])["current"]["words"]
    assert after[0] == before[0]
    assert [word["word"] for word in after] == ["hello", "wide"]
    assert after[1]["source"] == "fake"
    assert "interpolated" not in after[1]["flags"]


def test_what_waits_from_before_is_aligned_when_it_is_looked_at(aligned: Reviewed) -> None:
    for page in opened_page(aligned, Serving(user="anna")):
        page.post("/api/segments/1/save", {"parent_id": 1, "text": "hello wide"})
        assert shown(page)["is_pending"]
    for page in opened_page(aligned, Serving(user="anna", aligner=FAKE)):
        wait_for(lambda page=page: shown(page), lambda found: not found["is_pending"])


def test_the_pieces_of_a_split_get_their_words(aligning_page: Page) -> None:
    body = {"parent_id": 1, "at_s": 1.0, "at_character": 6}
    pieces = aligning_page.post("/api/segments/1/split", body).json()["segments"]
    for piece, said in zip(pieces, ("hello", "world"), strict=True):
        found = wait_for(
            lambda piece=piece: shown(aligning_page, piece["segment_id"]), lambda page: not page["is_pending"]
        )
        assert [word["word"] for word in found["current"]["words"]] == [said]
        assert found["start_s"] <= found["current"]["words"][0]["start_s"]


def test_an_aligner_that_can_t_be_opened_is_told_and_the_edit_stays(
    aligning_page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asrlab.pipeline.open_aligner", _broken)
    saved = aligning_page.post("/api/segments/1/save", {"parent_id": 1, "text": "hello wide"})
    assert saved.status_code == 200
    told = wait_for(aligning_page.refresh, lambda me: me["aligner_problem"])
    assert told["aligner_problem"] == "no weights"
    assert shown(aligning_page)["is_pending"]
    monkeypatch.undo()
    wait_for(lambda: shown(aligning_page), lambda page: not page["is_pending"])
    assert aligning_page.refresh()["aligner_problem"] is None


def _broken(*_arguments: object) -> None:
    from asrlab.errors import CheckpointError

    raise CheckpointError("no weights")


def test_a_server_without_an_aligner_leaves_it_to_the_command(page: Page) -> None:
    me = page.refresh()
    assert (me["aligner"], me["aligner_problem"]) == (None, None)
