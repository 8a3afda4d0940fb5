"""With --auth nobody comes in without a token, and an annotator sees what is an annotator's."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from asrlab.catalog import open_catalog
from tests.browser.conftest import Served, Watched, environment, serve, watching
from tests.browser.speaking import add_texts
from tests.process import Asrlab


@pytest.fixture(scope="module")
def guarded(speech_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("guarded")
    asrlab = Asrlab(folder, environment(folder))
    catalog = open_catalog(asrlab.environment["ASRLAB_CATALOG"])
    add_texts(catalog, folder / "texts", speech_file)
    yield Served(serve(asrlab, "--auth", "--aligner", "none"), asrlab, catalog)
    asrlab.stop_all()
    catalog.close()


@pytest.fixture
def watched(chromium: Browser, guarded: Served) -> Iterator[Watched]:
    for make in watching(chromium, guarded.url):
        yield make()


def test_a_token_opens_the_page_and_signing_out_closes_it(guarded: Served, watched: Watched) -> None:
    token = guarded.asrlab.run("review", "people", "add", "Zoë").strip()
    page = watched.page
    page.goto(guarded.url)
    page.get_by_label("Token").fill("wrong")
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_text("lets nobody in").wait_for()
    watched.forgive("401")
    page.get_by_label("Token").fill(token)
    page.keyboard.press("Enter")
    page.locator("#item-body").wait_for()
    assert page.locator("#person").inner_text() == "Zoë"
    assert page.get_by_role("button", name="Make it gold").count() == 0
    page.keyboard.press("Control+Enter")
    page.get_by_text("Accepted.").wait_for()
    assert guarded.query("SELECT reviewer FROM v_reviews")[0]["reviewer"] == "Zoë"
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Token").wait_for()
    # A piece of the audio may be asked for before signing out and answered after it.
    watched.errors[:] = [error for error in watched.errors if "401" not in error]
