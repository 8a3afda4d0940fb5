"""What is shown: any script, never markup; to be read by anybody, with keys of one's own."""

import pytest

from tests.browser.conftest import Served, Watched, until
from tests.browser.looking import PALE, UNNAMED
from tests.browser.speaking import ARABIC, CHINESE, MARKUP


def test_markup_in_a_text_is_text(served: Served, watched: Watched) -> None:
    page = watched.open(served.text("markup")["segment_id"])
    assert page.locator("#words").inner_text() == MARKUP
    assert MARKUP in page.locator("#history").inner_text()
    assert "pwned" not in page.title()
    assert page.locator("#words script, #words img, #queue-list img, #history img").count() == 0
    page.keyboard.press("e")
    page.keyboard.press("Control+End")
    page.keyboard.type(" <b>bold</b>")
    assert page.locator("#live-diff b").count() == 0
    page.keyboard.press("Control+s")
    page.get_by_text("Saved as a new version.").wait_for()
    assert served.text("markup")["text"] == f"{MARKUP} <b>bold</b>"


def test_arabic_is_read_from_the_right(served: Served, watched: Watched) -> None:
    page = watched.open(served.text("arabic")["segment_id"])
    words = page.locator(".word")
    assert page.locator("#words").inner_text() == ARABIC
    first, last = words.first.bounding_box(), words.last.bounding_box()
    assert first is not None
    assert last is not None
    assert first["x"] > last["x"]
    words.first.focus()
    page.keyboard.press("ArrowLeft")
    assert page.locator(".word.chosen").inner_text() == words.nth(1).inner_text()
    page.keyboard.press("e")
    assert page.locator("#text").evaluate("(box) => getComputedStyle(box).direction") == "rtl"


def test_chinese_is_compared_by_character(served: Served, watched: Watched) -> None:
    page = watched.open(served.text("chinese")["segment_id"])
    assert page.locator("#words").inner_text() == CHINESE
    page.keyboard.press("e")
    page.locator("#text").fill(CHINESE.replace("公园", "花园"))
    assert page.locator("#live-diff del").inner_text() == "公"
    assert page.locator("#live-diff ins").inner_text() == "花"
    page.keyboard.press("Control+s")
    page.locator("#history-diff ins").wait_for()
    assert page.locator("#history-diff ins").inner_text() == "花"
    assert served.text("chinese")["text"] == CHINESE.replace("公园", "花园")


def test_what_was_typed_outlives_a_look_at_another_item(served: Served, watched: Watched) -> None:
    segment_id = served.text("engines")["segment_id"]
    page = watched.open(segment_id)
    page.keyboard.press("e")
    page.keyboard.press("Control+End")
    page.keyboard.type(" or not")
    page.keyboard.press("Escape")
    assert page.locator("#live-diff ins").inner_text() == "or not"
    page.keyboard.press("j")
    until(page, f"location.hash !== '#segment={segment_id}'")
    page.keyboard.press("k")
    until(page, f"location.hash === '#segment={segment_id}'")
    assert page.locator("#text").input_value().endswith(" or not")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Not saved: discard").click()
    assert page.locator("#live-diff").inner_text() == ""


def test_a_key_is_given_to_another_action_and_kept(served: Served, watched: Watched) -> None:
    page = watched.open()
    page.keyboard.press("?")
    page.get_by_role("button", name="Loop the segment").click()
    page.keyboard.press("x")
    page.keyboard.press("Escape")
    page.reload()
    page.locator("html[data-ready]").wait_for()
    page.keyboard.press("l")
    assert page.locator("#do-loop").get_attribute("aria-pressed") == "false"
    page.keyboard.press("x")
    assert page.locator("#do-loop").get_attribute("aria-pressed") == "true"


def test_the_queue_is_filtered_and_searched(served: Served, watched: Watched) -> None:
    page = watched.open()
    page.keyboard.press("/")
    page.keyboard.type("harbor")
    until(page, "document.querySelectorAll('#queue-list li').length === 1")
    page.locator("#queue-search").fill("")
    page.locator("#filters summary").click()
    page.get_by_label("Corpus").select_option("arabic")
    texts = "[...document.querySelectorAll('#queue-list .entry-text')].map((each) => each.innerText).join()"
    until(page, f"{texts} === '{ARABIC}'")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_has_a_name_and_can_be_read(served: Served, watched: Watched, scheme: str) -> None:
    watched.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page = watched.open(served.text("engines")["segment_id"])
    page.keyboard.press("n")
    page.locator(".version").first.wait_for()
    for key in (None, "a", "e", "?", "stats"):
        if key == "stats":
            page.keyboard.press("Escape")
            page.goto(f"{watched.origin}#stats")
            page.locator(".tile").first.wait_for()
        elif key:
            page.keyboard.press(key)
        assert page.evaluate(UNNAMED) == []
        assert page.evaluate(PALE) == []
        page.keyboard.press("Escape")
