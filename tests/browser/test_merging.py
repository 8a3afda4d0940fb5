"""How texts are compared and merged in the page: nothing is lost, in any script."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Served, watching

CHUNKS = "async ([a, b]) => (await import('/assets/js/diff.js')).chunks(a, b)"
MERGE = "async (texts) => (await import('/assets/js/diff.js')).mergeChunks(...texts)"
JOINED = "async (parts) => (await import('/assets/js/diff.js')).joined(parts)"


@pytest.fixture(scope="module")
def page(chromium: Browser, served: Served) -> Iterator[Page]:
    """One page for all: nothing is done to it."""
    for make in watching(chromium, served.url):
        yield make().open()


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("one two three", "one three"),
        ("", "all new"),
        ("gone", ""),
        ("the cat sat, the cat ran", "the dog sat, a cat ran off"),
        ("今天天气很好", "昨天天气好"),
        ("mixed 中文 and English", "mixed 英文 and more English"),
        ("مرحبا بكم", "مرحبا بكم جميعا"),
        ("two  spaces\nand a line", "two spaces and a line"),
    ],
)
def test_the_chunks_give_both_texts_back(page: Page, a: str, b: str) -> None:
    runs = page.evaluate(CHUNKS, [a, b])
    assert "".join(run["a"] for run in runs) == a
    assert "".join(run["b"] for run in runs) == b
    assert all(run["a"].split() == run["b"].split() for run in runs if run["same"])


@pytest.mark.parametrize(
    ("base", "theirs", "mine", "kinds", "merged"),
    [
        ("a b c d", "a X c d", "a b c Y", ["same", "theirs", "same", "mine"], "a X c Y"),
        ("a b c", "a b c", "a c", ["same", "mine", "same"], "a c"),
        ("a b c", "a X c", "a X c", ["same", "both", "same"], "a X c"),
        ("a b c", "a X c", "a Y c", ["same", "conflict", "same"], "a Y c"),
        ("a", "a b", "c a", ["mine", "same", "theirs"], "c a b"),
        ("今天真好", "今日真好", "今天真很好", ["same", "theirs", "same", "mine", "same"], "今日真很好"),
    ],
)
def test_two_changes_become_one_text(
    page: Page, base: str, theirs: str, mine: str, kinds: list[str], merged: str
) -> None:
    runs = page.evaluate(MERGE, [base, theirs, mine])
    assert [run["kind"] for run in runs] == kinds
    taken = [run["theirs" if run["kind"] == "theirs" else "mine"] for run in runs]
    assert page.evaluate(JOINED, taken) == merged
