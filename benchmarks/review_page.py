"""How soon the review page shows and plays a three-hour recording, in Chromium.

A recording of real speech, the same 44 s over and over, is put into a catalog with a segment for each; `asrlab review`
serves it. Opened: from asking for the page to words and waveform drawn and sound at hand, a browser without a cache each
time. Sought: from a jump to a random place to its waveform drawn and its sound at hand. The worst of each is held
against its limit.

    .venv/bin/python -m benchmarks.review_page [--format flac|wav|mp3] [--hours 3]
"""

import argparse
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

import numpy as np
import soundfile
from playwright.sync_api import Browser, Page, sync_playwright

from asrlab.catalog import open_catalog

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SPEECH = ("moonshine-voice", "moonshine_voice/assets/two_cities.wav")
RATE_HZ = 16_000
OPEN_LIMIT_S = 2.0
SEEK_LIMIT_S = 0.3
TIMES = 10
WAIT_S = 60.0

IS_OPEN = """() => document.querySelector("#wave")?.dataset.to !== undefined
  && document.querySelector("#words .word, #words:not(:empty)") !== null
  && document.querySelector("#audio").readyState >= 2"""
SEEK = """async (to) => {
  const [wave, audio, range] = ["wave", "audio", "overview-range"].map((id) => document.getElementById(id));
  const began = performance.now();
  range.value = to;
  range.dispatchEvent(new Event("input"));
  const isThere = () => Number(wave.dataset.from) <= to && to <= Number(wave.dataset.to) && !audio.seeking
    && audio.readyState >= 2;
  while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 2));
  return (performance.now() - began) / 1000;
}"""


def main() -> int:
    """Measure; the exit code is 1 when the worst is over its limit."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--format", choices=["flac", "wav", "mp3"], default="flac")
    parser.add_argument("--hours", type=float, default=3.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="asrlab-page-") as folder:
        url = f"sqlite:///{Path(folder) / 'catalog.db'}"
        seconds = make(Path(folder), url, given.format, given.hours)
        with served(Path(folder), url) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            opened = [opening(browser, address, at) for at in places(seconds, TIMES)]
            sought = seeking(browser, address, seconds)
            browser.close()
    size = f"{given.hours:g} h of {given.format}"
    is_fast = tell(f"open ({size})", opened, OPEN_LIMIT_S)
    return 0 if tell(f"seek ({size})", sought, SEEK_LIMIT_S) and is_fast else 1


def make(folder: Path, url: str, kind: str, hours: float) -> float:
    """Write the recording and its catalog; returns its length in seconds."""
    from tests.browser.speaking import add_spoken

    name, asset = SPEECH
    samples, rate = soundfile.read(str(metadata.distribution(name).locate_file(asset)), dtype="float32")
    # Every third sample of 48 kHz: good enough to be looked at and listened to.
    speech = np.ascontiguousarray(samples[:: rate // RATE_HZ])
    length = len(speech) / RATE_HZ
    repeats = round(hours * 3600 / length)
    path = folder / f"long.{kind}"
    with soundfile.SoundFile(path, "w", RATE_HZ, 1) as file:
        for _ in range(repeats):
            file.write(speech)
    catalog = open_catalog(url)
    texts = [
        (at * length + 1.0, (at + 1) * length - 2.0, "it was the best of times " * 12)
        for at in range(repeats)
    ]
    add_spoken(catalog, path, "long", texts)
    catalog.close()
    return repeats * length


@contextmanager
def served(folder: Path, url: str) -> Iterator[str]:
    """The address of `asrlab review` on this catalog, nothing of it computed yet."""
    environment = {**os.environ, "ASRLAB_CACHE_DIR": str(folder / "cache"), "ASRLAB_CATALOG": url}
    command = [sys.executable, "-m", "asrlab.cli.main", "review", "--port", "0", "--no-browser"]
    command += ["--user", "ann", "--aligner", "none"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        found = re.search(r"http://\S+", process.stdout.readline())
        if found is None:
            raise SystemExit("asrlab review did not start")
        yield found[0]
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def places(seconds: float, count: int) -> list[float]:
    """So many times of the recording, the same at each run."""
    chance = random.Random(0)
    return [chance.uniform(0, seconds - 10) for _ in range(count)]


def opening(browser: Browser, address: str, at: float) -> float:
    """Seconds until a segment near `at` can be read, seen and heard."""
    with fresh_page(browser) as page:
        page.goto(address)
        page.wait_for_selector("html[data-ready]")
        number = page.evaluate(
            "(at) => fetch(`/api/recordings/1/segments?start=${at}&end=${at + 50}`).then((found) => found.json())"
            ".then(({ segments }) => segments[0].segment_id)",
            at,
        )
    with fresh_page(browser) as page:
        began = time.perf_counter()
        page.goto(f"{address}#segment={number}")
        wait(lambda: bool(page.evaluate(IS_OPEN)))
        return time.perf_counter() - began


def seeking(browser: Browser, address: str, seconds: float) -> list[float]:
    """Seconds of each of many jumps across the recording."""
    jumps = places(seconds, 3 * TIMES)
    with fresh_page(browser) as page:
        page.goto(address)
        wait(lambda: bool(page.evaluate(IS_OPEN)))
        return [float(page.evaluate(SEEK, jump)) for jump in jumps]


@contextmanager
def fresh_page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        yield context.new_page()
    finally:
        context.close()


def wait(is_so: Callable[[], bool]) -> None:
    end = time.perf_counter() + WAIT_S
    while not is_so():
        if time.perf_counter() > end:
            raise SystemExit("the page does not come up")
        time.sleep(0.005)


def tell(what: str, took: list[float], limit_s: float) -> bool:
    """Print the figures; whether the worst keeps the limit."""
    worst = max(took)
    print(
        f"{what:22} median {statistics.median(took):.3f} s   worst of {len(took)} {worst:.3f} s   limit {limit_s} s"
    )
    return worst <= limit_s


if __name__ == "__main__":
    sys.exit(main())
