"""A server that answers slowly, or not at all: an act is of the item that it was meant for, and no typing is lost."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page

from tests.browser.conftest import READY_S, Served, Watch, Watched, until


@contextmanager
def slow(served: Served) -> Iterator[None]:
    """Somebody else writes: until the end of the block no write is answered."""
    place = served.catalog.engine.url.database
    assert place is not None
    other = sqlite3.connect(place, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


def wait_for_verdict(served: Served, page: Page, corpus: str, verdict: str | None) -> None:
    end = time.monotonic() + READY_S
    while served.text(corpus)["verdict"] != verdict:
        assert time.monotonic() < end, f"{corpus} is not {verdict}"
        page.wait_for_timeout(50)


def shown(watched: Watched, segment_id: object) -> Page:
    """The page, with this segment on it and nothing under way."""
    page = watched.open(int(str(segment_id)))
    until(page, f"document.getElementById('item-body').dataset.segment === '{segment_id}'")
    until(page, "!document.getElementById('item-body').hasAttribute('aria-busy')")
    return page


def neighbours(served: Served) -> tuple[dict[str, object], dict[str, object]]:
    return served.text("pair", 0), served.text("pair", 1)


def test_an_act_is_of_the_item_whose_key_was_pressed(served: Served, watched: Watched) -> None:
    first, second = neighbours(served)
    page = shown(watched, first["segment_id"])
    page.get_by_label("Speaker").fill("anna")
    with slow(served):
        page.get_by_role("button", name="Later").click()
        until(page, f"location.hash === '#segment={second['segment_id']}'")
    page.get_by_text("Speaker set.").wait_for()
    acts = served.query("SELECT segment_id, kind FROM v_review_acts WHERE kind = 'described'")
    assert acts == [{"segment_id": first["segment_id"], "kind": "described"}]
    assert page.evaluate("location.hash") == f"#segment={second['segment_id']}"
    with slow(served):
        page.get_by_label("End (s)").fill("4.5")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Earlier").click()
        until(page, f"location.hash !== '#segment={second['segment_id']}'")
    page.get_by_text("Borders moved.").wait_for()
    assert served.text("pair", 0)["end_s"] == first["end_s"]
    assert served.text("pair", 1)["segment_id"] != second["segment_id"]


def test_an_act_that_waits_its_turn_is_still_of_its_item(served: Served, watched: Watched) -> None:
    mine, other = served.text("engines"), served.text("conflict")
    page = shown(watched, mine["segment_id"])
    page.get_by_label("Speaker").fill("bert")
    with slow(served):
        # Sets the speaker, and accepts once that is done; meanwhile the person types at another item.
        page.keyboard.press("Control+Enter")
        shown_at_once(page, other["segment_id"])
        page.keyboard.press("e")
        page.keyboard.press("Control+End")
        page.keyboard.type(" elsewhere")
    wait_for_verdict(served, page, "engines", "accepted")
    assert served.text("engines")["text"] == mine["text"]
    assert page.locator("#text").input_value() == f"{other['text']} elsewhere"
    assert served.text("conflict")["verdict"] is None


def shown_at_once(page: Page, segment_id: object) -> None:
    """While something is under way."""
    page.evaluate(f"location.hash = '#segment={segment_id}'")
    until(page, f"document.getElementById('item-body').dataset.segment === '{segment_id}'")


def test_what_is_typed_while_an_act_is_under_way_stays(served: Served, watched: Watched) -> None:
    first, second = neighbours(served)
    page = shown(watched, first["segment_id"])
    with slow(served):
        page.keyboard.press("Control+Enter")
        page.get_by_role("button", name="Later").click()
        until(page, f"location.hash === '#segment={second['segment_id']}'")
        page.keyboard.press("e")
        page.keyboard.press("Control+End")
        page.keyboard.type(" typed meanwhile")
    page.get_by_text("Accepted.").wait_for()
    assert page.locator("#text").input_value() == f"{second['text']} typed meanwhile"
    assert served.text("pair", 0)["verdict"] == "accepted"
    # In the same item too: what was sent is stored, what came after waits to be sent.
    with slow(served):
        page.keyboard.press("Control+Enter")
        page.keyboard.type(" and more")
    page.get_by_text("Corrected.").wait_for()
    assert served.text("pair", 1)["text"] == f"{second['text']} typed meanwhile"
    until(page, f"location.hash !== '#segment={second['segment_id']}'")
    shown(watched, second["segment_id"])
    assert page.locator("#text").input_value() == f"{second['text']} typed meanwhile and more"
    page.keyboard.press("Control+s")
    page.get_by_text("Saved as a new version.").wait_for()
    assert served.text("pair", 1)["text"] == f"{second['text']} typed meanwhile and more"


def test_an_undo_that_nobody_answered_keeps_its_turn(served: Served, watch: Watch) -> None:
    watched = watch()
    one, two = served.text("verdicts"), served.text("idle")
    for segment in (one, two):
        page = shown(watched, segment["segment_id"])
        page.keyboard.press("Control+Enter")
        wait_for_verdict(served, page, segment["corpus"], "accepted")
        until(page, f"location.hash !== '#segment={segment['segment_id']}'")
    page.context.set_offline(True)
    page.keyboard.press("Control+z")
    page.get_by_text("The server does not answer.", exact=True).first.wait_for()
    page.context.set_offline(False)
    # What was done is known after a reload too.
    page.reload()
    shown(watched, one["segment_id"])
    page.keyboard.press("Control+z")
    wait_for_verdict(served, page, "idle", None)
    assert served.text("verdicts")["verdict"] == "accepted"
    page.get_by_text("Undone.").wait_for()
    page.keyboard.press("Control+z")
    wait_for_verdict(served, page, "verdicts", None)
    page.get_by_text("Undone.").nth(1).wait_for()
    watched.forgive("ERR_INTERNET_DISCONNECTED")
