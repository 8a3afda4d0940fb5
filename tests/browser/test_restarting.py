"""The server goes and comes back while somebody types: nothing typed is lost."""

import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser

from asrlab.catalog import open_catalog
from tests.browser.conftest import READY_S, Served, Watch, Watched, environment, serve, watching
from tests.browser.speaking import add_texts
from tests.process import Asrlab

TYPED = "what was typed meanwhile"


@pytest.fixture
def site(speech_file: Path, tmp_path: Path) -> Iterator[Served]:
    """A catalog, and the address where its page is going to be."""
    asrlab = Asrlab(tmp_path, environment(tmp_path))
    catalog = open_catalog(asrlab.environment["ASRLAB_CATALOG"])
    add_texts(catalog, tmp_path / "texts", speech_file)
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    yield Served(f"http://127.0.0.1:{port}/", asrlab, catalog)
    asrlab.stop_all()
    catalog.close()


@pytest.fixture
def watch(chromium: Browser, site: Served) -> Iterator[Watch]:
    yield from watching(chromium, site.url)


def start(site: Served, *arguments: str) -> None:
    port = site.url.rstrip("/").rsplit(":", 1)[1]
    assert serve(site.asrlab, "--aligner", "none", "--port", port, *arguments) == site.url


def restart(site: Served, *arguments: str) -> None:
    process = site.asrlab.started[-1]
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    start(site, *arguments)
    end = time.monotonic() + READY_S
    while True:
        try:
            urlopen(site.url, timeout=5).close()
            return
        except OSError:
            assert time.monotonic() < end, "asrlab review does not start again"
            time.sleep(0.1)


def forgive_absence(watched: Watched) -> None:
    """What the browser says of a server that is away, or that knows nobody any more."""
    expected = re.compile(r"net::ERR_|status of 40[13]")
    assert any("403" in error for error in watched.errors)
    watched.errors[:] = [error for error in watched.errors if not expected.search(error)]


def test_what_was_typed_is_saved_after_a_restart(site: Served, watch: Watch) -> None:
    start(site, "--user", "ann")
    watched = watch()
    page = watched.open(site.text("idle")["segment_id"])
    page.keyboard.press("e")
    page.locator("#text").fill(TYPED)
    restart(site, "--user", "ann")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Corrected.").wait_for()
    forgive_absence(watched)
    assert site.text("idle")["text"] == TYPED


def test_who_must_sign_in_again_goes_on_where_they_were(site: Served, watch: Watch) -> None:
    start(site, "--auth")
    token = site.asrlab.run("review", "people", "add", "ann").strip()
    watched = watch()
    page = watched.page
    page.goto(site.url)
    page.get_by_label("Token").fill(token)
    page.keyboard.press("Enter")
    page.locator("#item-body").wait_for()
    segment_id = page.evaluate("Number(location.hash.split('=')[1])")
    page.keyboard.press("e")
    page.locator("#text").fill(TYPED)
    restart(site, "--auth")
    page.keyboard.press("Control+s")
    page.get_by_role("dialog", name="Sign in again").get_by_label("Token").fill(token)
    page.keyboard.press("Enter")
    page.get_by_text("Saved as a new version.").wait_for()
    forgive_absence(watched)
    (now,) = site.query(f"SELECT text FROM v_current WHERE segment_id = {segment_id}")
    assert now["text"] == TYPED


def test_a_draft_outlives_a_reload_and_knows_what_it_was_typed_over(site: Served, watch: Watch) -> None:
    start(site, "--user", "ann")
    before = site.text("idle")
    first, second = watch(), watch()
    for tab in (first, second):
        tab.open(before["segment_id"])
        tab.page.keyboard.press("e")
    first.page.locator("#text").fill(before["text"].replace("time", "hours"))
    second.page.locator("#text").fill(before["text"].replace("spent", "saved"))
    second.page.keyboard.press("Control+s")
    second.page.get_by_text("Saved as a new version.").wait_for()
    first.page.reload()
    first.page.locator("html[data-ready]").wait_for()
    assert first.page.locator("#text").input_value() == before["text"].replace("time", "hours")
    first.page.keyboard.press("Control+s")
    first.page.get_by_role("dialog", name="Changed by two").get_by_role("button", name="Save merged").click()
    first.page.get_by_text("Saved as a new version.").wait_for()
    first.forgive("409")
    assert site.text("idle")["text"] == before["text"].replace("time", "hours").replace("spent", "saved")
