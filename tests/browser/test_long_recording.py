"""Three hours: only what is seen is asked for."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser

from asrlab.catalog import open_catalog
from tests.browser.conftest import Served, Watched, environment, serve, until, watching
from tests.browser.speaking import add_spoken, write_hours
from tests.process import Asrlab

HOURS = 3.0
AT_S = 9_000.0


@pytest.fixture(scope="module")
def long_recording(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("long")
    asrlab = Asrlab(folder, environment(folder))
    catalog = open_catalog(asrlab.environment["ASRLAB_CATALOG"])
    spans = [(start, start + 8.0, f"said at {start:.0f}") for start in (60.0, AT_S, 10_700.0)]
    add_spoken(catalog, write_hours(folder / "long.wav", HOURS, AT_S), "long", spans)
    yield Served(serve(asrlab, "--user", "ann", "--aligner", "none"), asrlab, catalog)
    asrlab.stop_all()
    catalog.close()


@pytest.fixture
def watched(chromium: Browser, long_recording: Served) -> Iterator[Watched]:
    for make in watching(chromium, long_recording.url):
        yield make()


def test_a_window_of_three_hours_is_drawn_played_and_left(long_recording: Served, watched: Watched) -> None:
    spans: list[float] = []

    def note(url: str) -> None:
        asked = parse_qs(urlsplit(url).query)
        spans.append(float(asked["end"][0]) - float(asked["start"][0]))

    watched.page.on("request", lambda request: note(request.url) if "/peaks" in request.url else None)
    page = watched.open(long_recording.text("long", 1)["segment_id"])
    page.locator("#wave [part~=word-0]").wait_for()
    assert page.locator("#total").inner_text() == "3:00:00"
    page.keyboard.press("Space")
    until(page, f"document.getElementById('audio').currentTime > {AT_S} + 0.3")
    page.keyboard.press("Space")
    # Anywhere else in the recording, and on to the next segment there.
    page.locator("#overview-range").fill("10704")
    until(page, "document.getElementById('clock').textContent.startsWith('2:58:2')")
    region = page.locator("#wave [part~=other]").first
    region.wait_for()
    region.dblclick()
    until(page, "document.getElementById('words').innerText === 'said at 10700'")
    assert spans
    assert max(spans) < 60
