"""Two tabs at one text: nobody's words are lost."""

from tests.browser.conftest import Served, Watch, until


def test_the_second_to_save_sees_the_first_and_merges(served: Served, watch: Watch) -> None:
    before = served.text("conflict")
    first, second = watch(), watch()
    for tab in (first, second):
        tab.open(before["segment_id"])
    for tab, old, new in ((first, "quick", "quiet"), (second, "lazy", "sleepy")):
        tab.page.keyboard.press("e")
        tab.page.locator("#text").fill(before["text"].replace(old, new))
    first.page.keyboard.press("Control+Enter")
    first.page.get_by_text("Corrected.").wait_for()
    second.page.keyboard.press("Control+Enter")

    dialog = second.page.get_by_role("dialog", name="Changed by two")
    dialog.wait_for()
    assert "the two changes fit together" in dialog.inner_text()
    merged = before["text"].replace("quick", "quiet").replace("lazy", "sleepy")
    assert dialog.get_by_label("What will be saved").input_value() == merged
    second.page.keyboard.press("Control+Enter")
    second.page.get_by_text("Corrected.").wait_for()
    second.forgive("409")

    after = served.text("conflict")
    assert (after["version"], after["text"]) == (3, merged)
    assert (
        after["parent_id"]
        == served.query(
            f"SELECT transcript_id FROM v_transcripts WHERE segment_id = {before['segment_id']} AND version = 2"
        )[0]["transcript_id"]
    )


def test_where_both_changed_a_word_the_person_chooses(served: Served, watch: Watch) -> None:
    before = served.text("conflict")
    first, second = watch(), watch()
    for tab, word in ((first, "black"), (second, "white")):
        tab.open(before["segment_id"])
        tab.page.keyboard.press("e")
        tab.page.locator("#text").fill(before["text"].replace("brown", word))
    first.page.keyboard.press("Control+s")
    first.page.get_by_text("Saved as a new version.").wait_for()
    second.page.keyboard.press("Control+s")
    dialog = second.page.get_by_role("dialog", name="Changed by two")
    dialog.wait_for()
    assert "1 place was changed by both" in dialog.inner_text()
    box = dialog.get_by_label("What will be saved")
    assert "white" in box.input_value()
    dialog.get_by_role("button", name="Theirs black").click()
    assert "black" in box.input_value()
    dialog.get_by_role("button", name="Mine white").click()
    box.fill(box.input_value().replace("white", "grey"))
    dialog.get_by_role("button", name="Save merged").click()
    second.page.get_by_text("Saved as a new version.").wait_for()
    second.forgive("409")
    assert served.text("conflict")["text"] == before["text"].replace("brown", "grey")


def test_judging_what_another_changed_shows_the_change(served: Served, watch: Watch) -> None:
    before = served.text("verdicts")
    first, second = watch(), watch()
    first.open(before["segment_id"])
    second.open(before["segment_id"])
    first.page.keyboard.press("e")
    first.page.locator("#text").fill("what was to be judged here")
    first.page.keyboard.press("Control+s")
    first.page.get_by_text("Saved as a new version.").wait_for()
    second.page.keyboard.press("Control+Enter")
    second.page.get_by_text("ann has changed this item").wait_for()
    second.forgive("409")
    until(second.page, "document.getElementById('words').innerText === 'what was to be judged here'")
    assert served.text("verdicts")["verdict"] is None


def test_what_was_typed_outlives_a_cut_by_another(served: Served, watch: Watch) -> None:
    before = served.text("borders")
    first, second = watch(), watch()
    for tab in (first, second):
        tab.open(before["segment_id"])
    second.page.keyboard.press("e")
    second.page.keyboard.press("Control+End")
    second.page.keyboard.type(" my long work")
    first.page.get_by_label("End (s)").fill("4.5")
    first.page.keyboard.press("Enter")
    first.page.get_by_text("Borders moved.").wait_for()
    second.page.keyboard.press("Control+Enter")
    dialog = second.page.get_by_role("dialog", name="Cut anew meanwhile")
    dialog.wait_for()
    second.forgive("409")
    # First back to one's own text, which goes along to what took the segment's place; then it is saved.
    second.page.keyboard.press("Escape")
    second.page.get_by_text("what you had typed is in the text box").wait_for()
    typed = f"{before['text']} my long work"
    until(second.page, f"document.getElementById('text').value === '{typed}'")
    second.page.keyboard.press("Control+Enter")
    second.page.get_by_text("Corrected.").wait_for()
    after = served.text("borders")
    assert (after["text"], after["end_s"], after["verdict"]) == (typed, 4.5, "corrected")


def test_what_was_typed_is_merged_into_what_was_cut(served: Served, watch: Watch) -> None:
    before = served.text("engines")
    first, second = watch(), watch()
    for tab in (first, second):
        tab.open(before["segment_id"])
    second.page.keyboard.press("e")
    second.page.locator("#text").fill(f"yes {before['text']}")
    first.page.get_by_label("Start (s)").fill("1.5")
    first.page.keyboard.press("Enter")
    first.page.get_by_text("Borders moved.").wait_for()
    second.page.keyboard.press("Control+s")
    dialog = second.page.get_by_role("dialog", name="Cut anew meanwhile")
    dialog.get_by_role("button", name="Save merged").click()
    second.page.get_by_text("Saved as a new version.").wait_for()
    second.forgive("409")
    after = served.text("engines")
    assert (after["text"], after["start_s"]) == (f"yes {before['text']}", 1.5)
    # A draft left lying goes along as well.
    second.page.keyboard.press("e")
    second.page.keyboard.press("Control+End")
    second.page.keyboard.type(" indeed")
    first.page.reload()
    first.open(after["segment_id"])
    first.page.get_by_label("End (s)").fill("4.25")
    first.page.keyboard.press("Enter")
    first.page.get_by_text("Borders moved.").wait_for()
    second.open(served.text("verdicts")["segment_id"])
    second.open(after["segment_id"])
    until(second.page, f"document.getElementById('text').value === 'yes {before['text']} indeed'")


def test_going_back_from_a_conflict_keeps_the_own_text(served: Served, watch: Watch) -> None:
    before = served.text("idle")
    first, second = watch(), watch()
    for tab, word in ((first, "hours"), (second, "years")):
        tab.open(before["segment_id"])
        tab.page.keyboard.press("e")
        tab.page.locator("#text").fill(before["text"].replace("time", word))
    first.page.keyboard.press("Control+s")
    first.page.get_by_text("Saved as a new version.").wait_for()
    second.page.keyboard.press("Control+Enter")
    second.page.get_by_role("dialog", name="Changed by two").wait_for()
    second.forgive("409")
    second.page.keyboard.press("Escape")
    assert second.page.locator("#text").input_value() == before["text"].replace("time", "years")
    second.page.keyboard.press("Control+Enter")
    second.page.get_by_role("button", name="Take theirs").click()
    until(
        second.page,
        f"document.getElementById('words').innerText === '{before['text'].replace('time', 'hours')}'",
    )
    second.forgive("409")
    assert served.text("idle")["verdict"] is None
