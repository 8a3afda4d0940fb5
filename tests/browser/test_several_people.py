"""Several people at one catalog: what is heard again is heard blind, and nobody writes over another unawares."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from asrlab.catalog import open_catalog
from tests.browser.conftest import Served, Watch, Watched, environment, serve, until, watching
from tests.browser.speaking import add_texts
from tests.process import Asrlab

ROLES = {"ann": "annotator", "bob": "reviewer", "zoe": "admin"}
BANNER = "Independent check"
Visit = Callable[[str, str], Watched]


@pytest.fixture(scope="module")
def shared(speech_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A page where everything decided is heard a second time."""
    folder = tmp_path_factory.mktemp("shared")
    asrlab = Asrlab(folder, environment(folder))
    catalog = open_catalog(asrlab.environment["ASRLAB_CATALOG"])
    add_texts(catalog, folder / "texts", speech_file)
    arguments = ("--auth", "--aligner", "none", "--second", "1", "--gold", "1")
    yield Served(serve(asrlab, *arguments), asrlab, catalog)
    asrlab.stop_all()
    catalog.close()


@pytest.fixture(scope="module")
def tokens(shared: Served) -> dict[str, str]:
    return {
        name: shared.asrlab.run("review", "people", "add", name, "--role", role).strip()
        for name, role in ROLES.items()
    }


@pytest.fixture
def watch(chromium: Browser, shared: Served) -> Iterator[Watch]:
    yield from watching(chromium, shared.url)


@pytest.fixture
def visit(watch: Watch, shared: Served, tokens: dict[str, str]) -> Visit:
    """Signs a person in and opens the corpus's segment."""

    def visit(name: str, corpus: str) -> Watched:
        watched = watch()
        page = watched.page
        page.goto(shared.url)
        page.get_by_label("Token").fill(tokens[name])
        page.keyboard.press("Enter")
        page.locator("html[data-ready]").wait_for()
        open_segment(page, shared.text(corpus))
        return watched

    return visit


def open_segment(page: Page, text: dict[str, Any]) -> None:
    page.evaluate(f"location.hash = '#segment={text['segment_id']}'")
    page.locator("#item-head .chip", has_text=text["corpus"]).wait_for()
    page.evaluate("document.getElementById('audio').pause()")


def correct(page: Page, text: str) -> None:
    page.keyboard.press("e")
    page.locator("#text").fill(text)
    page.keyboard.press("Control+Enter")


def test_a_second_pass_is_blind_and_changes_nothing(shared: Served, visit: Visit) -> None:
    heard = shared.text("idle")
    first = visit("ann", "idle").page
    correct(first, "what ann made of it")
    first.get_by_text("Corrected.").wait_for()
    until(first, f"location.hash !== '#segment={heard['segment_id']}'")

    page = visit("bob", "idle").page
    page.locator("#banners", has_text=BANNER).wait_for()
    assert page.locator("#words").inner_text() == heard["text"]
    assert page.locator("#item-head .badge").count() == 0
    assert page.locator("#history").is_hidden()
    assert page.get_by_role("button", name="Split").count() == 0
    for key in ("ArrowRight", "i", "o", "m"):
        page.keyboard.press(key)
        page.wait_for_timeout(100)
    page.get_by_text("This one is taken as it was heard").first.wait_for()
    assert page.get_by_role("dialog").count() == 0
    correct(page, "what bob made of it")
    page.get_by_text("Noted, for comparison.").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+z")
    page.get_by_text("What you made of the last one stays.").wait_for()

    now = shared.text("idle")
    spans = [(text["start_s"], text["end_s"]) for text in (heard, now)]
    assert (now["segment_id"], now["text"], now["verdict"]) == (
        heard["segment_id"],
        "what ann made of it",
        "corrected",
    )
    assert spans[0] == spans[1]
    acts = shared.query(
        f"SELECT kind FROM v_review_acts WHERE segment_id = {now['segment_id']} ORDER BY act_id"
    )
    assert [act["kind"] for act in acts] == ["corrected", "second"]


def test_a_gold_item_looks_like_any_other(shared: Served, visit: Visit) -> None:
    text = shared.text("borders")
    reviewer = visit("bob", "borders").page
    reviewer.keyboard.press("Control+Enter")
    reviewer.get_by_text("Accepted.").wait_for()
    until(reviewer, f"location.hash !== '#segment={text['segment_id']}'")
    open_segment(reviewer, text)
    reviewer.get_by_role("button", name="Make it gold").click()
    reviewer.get_by_text("A gold item now").wait_for()
    # It can be taken back, and be made one again.
    reviewer.get_by_role("button", name="No longer gold").click()
    reviewer.get_by_role("button", name="Make it gold").click()
    reviewer.get_by_role("button", name="No longer gold").wait_for()
    open_segment(reviewer, shared.text("chinese"))

    page = visit("ann", "borders").page
    page.locator("#queue-kind").select_option("all")
    row = page.locator(f"#queue-list li[data-id='{text['segment_id']}']")
    row.get_by_role("button").click()
    page.locator("#item-head .chip", has_text="borders").wait_for()
    assert row.locator(".badge").count() == 0
    assert page.get_by_text(BANNER).count() == 0
    page.keyboard.press("r")
    page.keyboard.press("1")
    toast = page.locator(".toast", has_text="Rejected: Not speech")
    toast.get_by_role("button", name="Undo").wait_for()
    assert row.locator(".badge").inner_text() == "rejected"
    assert shared.text("borders")["verdict"] == "accepted"


def test_who_is_taken_over_is_told_and_asked(shared: Served, visit: Visit) -> None:
    held = visit("zoe", "verdicts").page
    other = visit("bob", "verdicts").page
    other.get_by_text("zoe is at this item now.").wait_for()
    other.get_by_role("button", name="Take it over").click()
    other.get_by_text("zoe is at this item now.").wait_for(state="detached")
    held.get_by_text("bob is at this item now.").wait_for(timeout=20_000)

    held.keyboard.press("Control+Enter")
    dialog = held.get_by_role("dialog", name="Somebody else is at it")
    dialog.get_by_role("button", name="Cancel").click()
    assert shared.text("verdicts")["verdict"] is None
    held.keyboard.press("Control+Enter")
    dialog.get_by_role("button", name="Take it over and go on").click()
    held.get_by_text("Accepted.").wait_for()
    assert shared.text("verdicts")["verdict"] == "accepted"


def test_an_annotator_is_offered_no_statistics(visit: Visit) -> None:
    assert visit("ann", "conflict").page.locator("#nav-stats").is_hidden()
    assert visit("bob", "arabic").page.locator("#nav-stats").is_visible()
