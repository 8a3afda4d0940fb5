"""Keys of one's own, and what no key may take away."""

from tests.browser.conftest import Served, Watched, until


def test_space_pauses_also_on_a_word(served: Served, watched: Watched) -> None:
    page = watched.open(served.text("speech")["segment_id"])
    page.locator("#words .word").first.focus()
    page.keyboard.press("Enter")
    until(page, "!document.getElementById('audio').paused")
    page.keyboard.press("Space")
    until(page, "document.getElementById('audio').paused")
    page.keyboard.press("Space")
    until(page, "!document.getElementById('audio').paused")


def test_a_plain_key_leaves_the_one_that_works_in_the_text(served: Served, watched: Watched) -> None:
    page = watched.open(served.text("speech")["segment_id"])
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    for key, shown in (("q", "Q or Ctrl+↵"), ("Tab", "Q or Ctrl+↵"), ("Enter", "Q or Ctrl+↵")):
        dialog.locator("[data-action=accept] button").click()
        page.keyboard.press(key)
        label = f"Accept, or save the correction, and go on: {shown}. Change"
        assert dialog.locator("[data-action=accept] button").get_attribute("aria-label") == label
    assert page.get_by_text("is needed to get about the page").count() == 2
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.get_by_text("Ctrl+↵ saves and goes on").wait_for()
    page.keyboard.press("Control+End")
    page.keyboard.type(" q")
    assert page.locator("#text").input_value().endswith(" q")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Corrected.").wait_for()
