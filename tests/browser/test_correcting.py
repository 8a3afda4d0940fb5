"""A word made right by keyboard alone, on real speech, with a real aligner behind the page."""

from tests.browser.conftest import Served, Watched, until
from tests.browser.speaking import MISHEARD, SAID, SAID_AT_S


def test_a_word_is_corrected_by_keyboard_alone(served: Served, watched: Watched) -> None:
    before = served.text("speech")
    old_words = served.words(before["transcript_id"])
    page = watched.open(before["segment_id"])
    assert page.locator(".word.doubtful").first.inner_text() == MISHEARD
    page.keyboard.press("n")
    assert page.locator(".word.chosen").inner_text() == MISHEARD
    page.keyboard.press("e")
    page.keyboard.type(SAID)
    assert page.locator("#live-diff ins").inner_text() == SAID
    page.keyboard.press("Control+Enter")
    page.get_by_text("Corrected.").wait_for()

    after = served.text("speech")
    assert (after["origin"], after["verdict"]) == ("human", "corrected")
    assert after["text"] == before["text"].replace(MISHEARD, SAID)
    (act,) = served.query("SELECT kind, person, seconds FROM v_review_acts")
    assert (act["kind"], act["person"]) == ("corrected", "ann")
    assert 0 < act["seconds"] < 60

    # The next item came by itself; back at the first, its history tells what was done.
    until(page, f"location.hash !== '#segment={before['segment_id']}'")
    page.keyboard.press("k")
    page.locator("#history-diff ins").wait_for()
    assert page.locator("#history-diff del").inner_text() == MISHEARD
    assert page.locator("#history-diff ins").inner_text() == SAID
    until(page, "document.getElementById('banners').innerText === ''")

    new_words = served.words(after["transcript_id"])
    changed = next(index for index, word in enumerate(old_words) if word["word"] == MISHEARD)
    said = new_words[changed]
    assert said["word"] == SAID
    assert "interpolated" not in said["flags"]
    assert abs(said["start_s"] - SAID_AT_S[0]) <= 0.2
    assert abs(said["end_s"] - SAID_AT_S[1]) <= 0.2
    kept = ("word", "start_s", "end_s", "score", "confidence", "flags", "run_id")
    for index in set(range(len(old_words))) - {changed}:
        assert [new_words[index][name] for name in kept] == [old_words[index][name] for name in kept]


def test_playing_lights_the_words_and_stops_at_the_end(served: Served, watched: Watched) -> None:
    page = watched.open(served.text("speech")["segment_id"])
    page.locator(".word").nth(2).click()
    assert page.locator(".word.chosen").inner_text() == "the"
    start = page.evaluate("document.getElementById('audio').currentTime")
    page.keyboard.press("Space")
    until(page, f"document.getElementById('audio').currentTime > {start} + 0.5")
    assert page.locator(".word.now").count() <= 1
    page.wait_for_selector(".word.now")
    page.keyboard.press("]")
    page.keyboard.press("]")
    assert page.evaluate("document.getElementById('audio').playbackRate") == 1.5
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    assert page.evaluate("document.getElementById('audio').paused")
    # From just before its end the segment plays out, and then from its beginning again.
    end = page.evaluate("Number(document.getElementById('end').value)")
    page.evaluate(f"document.getElementById('audio').currentTime = {end} - 0.3")
    page.keyboard.press("Space")
    until(page, "document.getElementById('audio').paused")
    assert abs(page.evaluate("document.getElementById('audio').currentTime") - end) < 0.1
    page.keyboard.press("Space")
    until(page, f"document.getElementById('audio').currentTime < {end} - 1")
