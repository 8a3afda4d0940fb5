"""What browser tests share: Chromium, real labeled speech, and the page as `asrlab review` serves it."""

import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page, sync_playwright

from asrlab.catalog import Catalog, open_catalog
from asrlab.catalog.query import run_query
from asrlab.web.routes.page import WAVESURFER
from tests.browser.speaking import add_texts
from tests.conftest import FAKE_PLUGIN
from tests.process import Asrlab

REPOSITORY = Path(__file__).parents[2]
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)
READY_S = 60.0


@dataclass(frozen=True)
class Served:
    """The page of a catalog."""

    url: str
    asrlab: Asrlab
    catalog: Catalog

    def query(self, statement: str) -> list[dict[str, Any]]:
        """What `asrlab sql` gives."""
        found = run_query(self.catalog, statement)
        return [dict(zip(found.columns, row, strict=True)) for row in found.rows]

    def text(self, corpus: str, number: int = 0) -> dict[str, Any]:
        """What counts now in the corpus's segment of this number, in time."""
        return self.query(f"SELECT * FROM v_current WHERE corpus = '{corpus}' ORDER BY start_s")[number]

    def words(self, transcript_id: int) -> list[dict[str, Any]]:
        return self.query(f"SELECT * FROM v_words WHERE transcript_id = {transcript_id} ORDER BY position")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for a module: while Playwright runs, no other test may run an event loop."""
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed: `make browser`")
    if not WAVESURFER.is_dir():
        pytest.skip("the waveform library is not there: `make assets`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


def environment(folder: Path) -> dict[str, str]:
    given = {
        name: value for name, value in os.environ.items() if not name.startswith(("ASRLAB_", "PREFECT_"))
    }
    return {
        **given,
        "PYTHONPATH": os.pathsep.join(map(str, (FAKE_PLUGIN, REPOSITORY))),
        "ASRLAB_CACHE_DIR": str(folder / "cache"),
        "ASRLAB_CATALOG": f"sqlite:///{folder / 'asrlab.db'}",
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
    }


def serve(asrlab: Asrlab, *arguments: str) -> str:
    """Start `asrlab review` and return the address that it tells."""
    process = asrlab.start("review", "--port", "0", "--no-browser", *arguments)
    end = time.monotonic() + READY_S
    while not (found := re.search(r"http://[\w.:\[\]]+/", (asrlab.folder / "started.log").read_text())):
        assert process.poll() is None, (asrlab.folder / "started.log").read_text()
        assert time.monotonic() < end, "asrlab review does not start"
        time.sleep(0.1)
    return found[0]


@pytest.fixture(scope="module")
def served(speech_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Real speech with one word misheard, and texts in other scripts, on a page of their own."""
    folder = tmp_path_factory.mktemp("served")
    asrlab = Asrlab(folder, environment(folder))
    catalog = open_catalog(asrlab.environment["ASRLAB_CATALOG"])
    add_texts(catalog, folder / "texts", speech_file)
    yield Served(serve(asrlab, "--user", "ann"), asrlab, catalog)
    asrlab.stop_all()
    catalog.close()


@dataclass
class Watched:
    """A page, and what it did that it must not."""

    page: Page
    origin: str
    errors: list[str]

    def open(self, segment_id: int | None = None, *, autoplay: bool = False) -> Page:
        """Go to a segment, or to what is first in the queue, and wait until it is there."""
        if not autoplay:
            self.page.add_init_script(
                "localStorage.getItem('asrlab.review') ?? localStorage.setItem('asrlab.review', '{\"autoplay\":false}')"
            )
        self.page.goto(self.origin + ("" if segment_id is None else f"#segment={segment_id}"))
        self.page.locator("html[data-ready]").wait_for()
        self.page.locator("#item-body").wait_for()
        return self.page

    def forgive(self, text: str) -> None:
        """Errors that the test meant to happen."""
        assert any(text in error for error in self.errors)
        self.errors[:] = [error for error in self.errors if text not in error]


def until(page: Page, expression: str) -> None:
    """Wait until an expression holds in the page, whose policy forbids Playwright's own way of waiting for it."""
    end = time.monotonic() + READY_S
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(50)


Watch = Callable[[], Watched]


@pytest.fixture
def watch(chromium: Browser, served: Served) -> Iterator[Watch]:
    """Makes pages of a fresh browser profile; afterwards none may have logged an error or asked another host."""
    yield from watching(chromium, served.url)


def answer(dialog: Dialog, note: Callable[[str], None]) -> None:
    """Leave where the browser asks whether to; nothing else may ask."""
    if dialog.type == "beforeunload":
        dialog.accept()
    else:
        note(f"dialog {dialog.message}")
        dialog.dismiss()


def watching(chromium: Browser, url: str) -> Iterator[Watch]:
    made: list[Watched] = []
    contexts = []

    def make() -> Watched:
        context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
        context.set_default_timeout(15_000)
        contexts.append(context)
        watched = Watched(context.new_page(), url, [])
        note = watched.errors.append
        watched.page.on("console", lambda m: note(m.text) if m.type in ("error", "warning") else None)
        watched.page.on("pageerror", lambda error: note(str(error)))
        watched.page.on("dialog", lambda dialog: answer(dialog, note))
        watched.page.on(
            "request", lambda r: None if r.url.startswith((url, "data:")) else note(f"asked {r.url}")
        )
        made.append(watched)
        return watched

    yield make
    for context in contexts:
        context.close()
    assert [error for watched in made for error in watched.errors] == []


@pytest.fixture
def watched(watch: Watch) -> Watched:
    return watch()
