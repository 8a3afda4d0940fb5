"""Word diffs: nothing is lost, and what is marked is what changed."""

from hypothesis import given
from hypothesis import strategies as st

from asrlab.text.diff import diff_words, marked

WORDS = st.lists(st.sampled_from(["it", "was", "the", "best", "worst", "times,", "Times"]), max_size=30)


def test_changes_are_marked_as_git_marks_them() -> None:
    edits = diff_words("it was the beast of times", "it was really the best of times indeed")
    assert marked(edits) == "it was {+really+} the [-beast-] {+best+} of times {+indeed+}"
    assert marked(diff_words("so it is", "it is")) == "[-so-] it is"
    assert marked(diff_words("", "")) == ""


@given(WORDS, WORDS)
def test_both_texts_come_back_from_their_edits(old: list[str], new: list[str]) -> None:
    edits = diff_words(" ".join(old), " ".join(new))
    assert [word for edit in edits for word in edit.old] == old
    assert [word for edit in edits for word in edit.new] == new
    for edit in edits:
        assert (edit.old == edit.new) == (edit.kind == "equal")
