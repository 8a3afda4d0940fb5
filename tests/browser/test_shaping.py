"""Borders, cuts, words' times, engines side by side; by mouse and without one."""

from playwright.sync_api import Page

from tests.browser.conftest import Served, Watched, until
from tests.browser.speaking import OTHER_READING, PAIR, TEXTS


def drag(page: Page, part: str, pixels: int, side: str) -> None:
    """Take a region's border with the mouse and move it."""
    handle = page.locator(f"#wave [part~={part}] [part~=region-handle-{side}]")
    box = handle.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + pixels / 2, y)
    page.mouse.move(x + pixels, y)
    page.mouse.up()


def test_a_words_border_is_dragged_and_its_neighbour_gives_way(served: Served, watched: Watched) -> None:
    before = served.text("borders")
    old = served.words(before["transcript_id"])
    page = watched.open(before["segment_id"])
    page.locator("#wave [part~=word-1]").wait_for()
    drag(page, "word-1", 30, "right")
    page.get_by_text("moved.").wait_for()
    new = served.words(before["transcript_id"])
    assert new[1]["end_s"] > old[1]["end_s"] + 0.05
    assert new[2]["start_s"] == new[1]["end_s"]
    assert [word["start_s"] for word in (new[0], *new[3:])] == [
        word["start_s"] for word in (old[0], *old[3:])
    ]


def test_a_words_times_are_typed(served: Served, watched: Watched) -> None:
    before = served.text("borders")
    page = watched.open(before["segment_id"])
    page.locator(".word").first.focus()
    page.keyboard.press("ArrowRight")
    page.locator("#word-start").fill("1.9")
    page.keyboard.press("Enter")
    page.get_by_text("“whose” moved.").wait_for()
    assert served.words(before["transcript_id"])[1]["start_s"] == 1.9


def test_a_segments_border_is_set_at_the_play_position(served: Served, watched: Watched) -> None:
    before = served.text("borders")
    page = watched.open(before["segment_id"])
    page.evaluate("document.getElementById('audio').currentTime = 4.6")
    until(page, "document.getElementById('clock').textContent === '0:04.6'")
    page.keyboard.press("o")
    page.get_by_text("Borders moved.").wait_for()
    after = served.text("borders")
    assert (after["start_s"], after["end_s"]) == (1.0, 4.6)
    assert after["segment_id"] != before["segment_id"]
    page.keyboard.press("Control+z")
    page.get_by_text("Undone.").wait_for()
    assert served.text("borders")["segment_id"] == before["segment_id"]


def test_two_segments_are_merged_and_cut_again(served: Served, watched: Watched) -> None:
    page = watched.open(served.text("pair")["segment_id"])
    page.keyboard.press("m")
    page.get_by_role("dialog", name="Merge").wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("Merged.").wait_for()
    assert served.text("pair")["text"] == " ".join(PAIR)
    until(page, f"document.getElementById('words').innerText === '{' '.join(PAIR)}'")

    page.keyboard.press("e")
    page.locator("#text").evaluate("(box, at) => box.setSelectionRange(at, at)", len("one two "))
    page.keyboard.press("Control+Shift+S")
    page.get_by_role("dialog", name="Split").wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("Split in two.").wait_for()
    first, second = served.text("pair"), served.text("pair", 1)
    assert (first["text"], second["text"]) == ("one two", f"three four {PAIR[1]}")
    assert first["end_s"] == second["start_s"] == 1.5


def test_two_engines_are_mixed_word_by_word(served: Served, watched: Watched) -> None:
    said = TEXTS["engines"][0]
    before = served.text("engines")
    page = watched.open(before["segment_id"])
    assert before["text"] == OTHER_READING
    page.keyboard.press("a")
    page.get_by_text("Mix: 2 places differ").wait_for()
    page.locator("#compare .choice").nth(1).get_by_role("button", name="A June").click()
    page.get_by_role("button", name="Use the mix").click()
    assert page.locator("#text").input_value() == OTHER_READING.replace("juice", "June")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Corrected.").wait_for()
    assert served.text("engines")["text"] == said.replace("harbour", "harbor")


def test_an_old_version_is_restored_as_a_new_one(served: Served, watched: Watched) -> None:
    before = served.text("engines")
    page = watched.open(before["segment_id"])
    page.get_by_role("listitem").filter(has_text="Version 1").get_by_role("button", name="Restore").click()
    page.get_by_text("Version 1 is the text again").wait_for()
    after = served.text("engines")
    assert (after["version"], after["text"]) == (before["version"] + 1, TEXTS["engines"][0])


def test_speaker_and_language_are_set(served: Served, watched: Watched) -> None:
    page = watched.open(served.text("borders")["segment_id"])
    page.keyboard.press("p")
    page.keyboard.type("Zoë")
    page.keyboard.press("Enter")
    page.get_by_text("Speaker set.").wait_for()
    page.locator("#language").fill("fr")
    page.keyboard.press("Enter")
    page.get_by_text("Language set.").wait_for()
    after = served.text("borders")
    assert (after["speaker"], after["language"]) == ("Zoë", "fr")
