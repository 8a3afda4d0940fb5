"""Verdicts, their way back, and the time they took."""

from tests.browser.conftest import Served, Watched, until


def verdict(served: Served) -> str | None:
    found: str | None = served.text("verdicts")["verdict"]
    return found


def test_accepting_goes_on_and_is_undone(served: Served, watched: Watched) -> None:
    segment_id = served.text("verdicts")["segment_id"]
    page = watched.open(segment_id)
    page.keyboard.press("Control+Enter")
    page.get_by_text("Accepted.").wait_for()
    assert verdict(served) == "accepted"
    until(page, f"location.hash !== '#segment={segment_id}'")
    assert "1 done" in page.locator("#session").inner_text()
    page.keyboard.press("Control+z")
    page.get_by_text("Undone.").wait_for()
    until(page, f"location.hash === '#segment={segment_id}'")
    assert verdict(served) is None


def test_rejecting_keeps_the_reason(served: Served, watched: Watched) -> None:
    page = watched.open(served.text("verdicts")["segment_id"])
    page.keyboard.press("r")
    page.get_by_role("dialog", name="Reject").wait_for()
    page.keyboard.press("3")
    page.get_by_text("Rejected: Unintelligible").wait_for()
    assert verdict(served) == "rejected"
    (review,) = served.query("SELECT reason FROM v_reviews WHERE verdict = 'rejected'")
    assert review["reason"] == "Unintelligible"
    page.locator("#queue-kind").select_option("rejected")
    page.locator("#queue-list .badge", has_text="rejected").wait_for()


def test_skipping_decides_nothing(served: Served, watched: Watched) -> None:
    segment_id = served.text("idle")["segment_id"]
    page = watched.open(segment_id)
    page.keyboard.press("s")
    until(page, f"location.hash !== '#segment={segment_id}'")
    assert served.text("idle")["verdict"] is None
    (act,) = served.query(f"SELECT kind FROM v_review_acts WHERE segment_id = {segment_id}")
    assert act["kind"] == "skipped"


def test_undoing_a_skip_opens_what_was_skipped(served: Served, watched: Watched) -> None:
    pair = served.text("pair")["segment_id"]
    decided = served.text("pair", 1)["segment_id"]
    page = watched.open(decided)
    page.keyboard.press("Control+Enter")
    page.get_by_text("Accepted.").wait_for()
    until(page, f"location.hash !== '#segment={decided}'")
    page.evaluate(f"location.hash = '#segment={pair}'")
    page.locator(f"#queue-list li.here[data-id='{pair}']").wait_for()
    page.keyboard.press("s")
    until(page, f"location.hash !== '#segment={pair}'")
    page.keyboard.press("Control+z")
    page.get_by_text("Here is what you skipped.").wait_for()
    until(page, f"location.hash === '#segment={pair}'")
    assert served.text("pair", 1)["verdict"] == "accepted"


def test_rejecting_loses_nothing_that_was_typed(served: Served, watched: Watched) -> None:
    before = served.text("engines")
    typed = before["text"] + " TYPED"
    page = watched.open(before["segment_id"])
    page.keyboard.press("e")
    page.keyboard.press("End")
    page.keyboard.type(" TYPED")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    page.keyboard.press("1")
    page.get_by_text("Rejected: Not speech").wait_for()
    row = page.locator(f"#queue-list li[data-id='{before['segment_id']}'] .entry-text")
    assert (served.text("engines")["verdict"], served.text("engines")["text"]) == ("rejected", typed)
    assert row.inner_text() == typed
    page.keyboard.press("Control+z")
    page.get_by_text("Undone.").wait_for()
    until(page, f"location.hash === '#segment={before['segment_id']}'")
    until(page, f"document.getElementById('words').innerText === '{typed}'")
    assert served.text("engines")["verdict"] is None


def test_time_away_is_not_time_spent(served: Served, watched: Watched) -> None:
    segment_id = served.text("idle")["segment_id"]
    watched.page.clock.install()
    page = watched.open(segment_id)
    for _minute in range(10):
        page.clock.run_for(60_000)
    page.keyboard.press("Control+Enter")
    page.get_by_text("Accepted.").wait_for()
    (act,) = served.query(
        f"SELECT seconds FROM v_review_acts WHERE segment_id = {segment_id} AND kind = 'accepted'"
    )
    assert 1 < act["seconds"] <= 45


def test_figures_tell_of_what_was_decided(served: Served, watched: Watched) -> None:
    page = watched.open(served.text("borders")["segment_id"])
    page.keyboard.press("Control+Enter")
    page.get_by_text("Accepted.").wait_for()
    page.get_by_role("link", name="Statistics").click()
    people = page.get_by_role("table", name="People")
    people.get_by_role("rowheader", name="ann").wait_for()
    page.get_by_role("link", name="Review").click()
    page.locator("#item-body").wait_for()
