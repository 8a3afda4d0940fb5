"""The pictures of the review page in docs/images: real speech in noise, read by two engines, corrected a little.

.venv/bin/python -m benchmarks.review_screenshots
"""

import os
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Literal

import av
import numpy as np
import soundfile
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.review_page import CHROMIUM, FLAGS, RATE_HZ, SPEECH, served

IMAGES = Path(__file__).parents[1] / "docs" / "images"
LARGEST_BYTES = 200_000
PALETTE = 256
# How loud the noise is under the same speech, in dB below it.
RECORDINGS = {"reading_room": 10.0, "noisy_cafe": 4.0, "street_corner": 2.0}
WIDTH, HEIGHT = 1280, 800


def main() -> int:
    """Label, open, look; the exit code is 1 when a picture is too large to be kept."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="asrlab-pictures-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'catalog.db'}"
        label(folder, url)
        with served(folder, url) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            take_all(browser, address)
            browser.close()
    sizes = {path.name: path.stat().st_size for path in sorted(IMAGES.glob("review-*.png"))}
    for name, size in sizes.items():
        print(f"{name:24} {size / 1000:.0f} kB")
    return int(max(sizes.values()) > LARGEST_BYTES)


def label(folder: Path, url: str) -> None:
    """Write the recordings and have both engines read them."""
    package, asset = SPEECH
    samples, rate = soundfile.read(str(metadata.distribution(package).locate_file(asset)), dtype="float32")
    speech = samples[:: rate // RATE_HZ]
    noise = np.convolve(np.random.default_rng(0).standard_normal(len(speech)), np.ones(4) / 4, "same")
    noise *= np.sqrt((speech**2).mean()) / noise.std()
    (folder / "audio").mkdir()
    for name, decibels in RECORDINGS.items():
        soundfile.write(
            folder / "audio" / f"{name}.wav", 0.5 * (speech + noise * 10 ** (-decibels / 20)), RATE_HZ
        )
    asrlab(url, "label", str(folder / "audio"), "--corpus", "interviews", "--max-segment", "14", "--inline")
    asrlab(url, "relabel", "--engine", "faster-whisper", "--inline")


def asrlab(url: str, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "asrlab.cli.main", *arguments],
        env={**os.environ, "ASRLAB_CATALOG": url, "HF_HUB_OFFLINE": "1"},
        check=True,
        stdout=subprocess.DEVNULL,
    )


def take_all(browser: Browser, address: str) -> None:
    with opened(browser, address, "light") as page:
        # Two are done, so that there is something to be seen of it.
        for _ in range(2):
            page.keyboard.press("Control+Enter")
            page.wait_for_timeout(1200)
        at_doubtful_word(page)
        take(page, "review-light")
        page.keyboard.press("a")
        page.locator("#compare .choice").first.wait_for()
        page.locator("#compare").scroll_into_view_if_needed()
        page.wait_for_timeout(300)
        take(page, "review-compare")
    with opened(browser, address, "dark") as page:
        at_doubtful_word(page)
        page.keyboard.press("e")
        page.keyboard.type("present")
        take(page, "review-dark")
        page.keyboard.press("Control+Enter")
        page.wait_for_timeout(1500)
        page.goto(f"{address}#stats")
        page.locator(".tile").first.wait_for()
        page.wait_for_timeout(500)
        take(page, "review-stats")


@contextmanager
def opened(browser: Browser, address: str, scheme: Literal["light", "dark"]) -> Iterator[Page]:
    """The page of the least certain first, in these colours, not playing by itself."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=scheme)
    try:
        page = context.new_page()
        page.add_init_script(
            'localStorage.setItem("asrlab.review", \'{"autoplay":false,"kind":"doubtful"}\')'
        )
        page.goto(address)
        page.wait_for_selector("html[data-ready]")
        page.wait_for_selector("#wave[data-to]")
        page.wait_for_timeout(1500)
        yield page
    finally:
        context.close()


def at_doubtful_word(page: Page) -> None:
    page.locator(".word.doubtful").last.click()
    page.wait_for_timeout(1200)


def take(page: Page, name: str) -> None:
    page.locator(".toast").evaluate_all("(toasts) => toasts.forEach((toast) => toast.remove())")
    page.mouse.move(WIDTH - 5, HEIGHT - 5)
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path)
    path.write_bytes(in_few_colours(path))


def in_few_colours(path: Path) -> bytes:
    """The picture as a PNG of 256 colours, the most frequent: a third of the size, and letters stay sharp."""
    with av.open(str(path)) as container:
        pixels = next(container.decode(video=0)).to_ndarray(format="rgb24").astype(np.int32)
    height, width, _ = pixels.shape
    colours, of_pixel, counts = np.unique(
        pixels.reshape(-1, 3), axis=0, return_inverse=True, return_counts=True
    )
    palette = colours[np.argsort(-counts)[:PALETTE]]
    nearest = np.array([((palette - colour) ** 2).sum(axis=1).argmin() for colour in colours], dtype=np.uint8)
    lines = nearest[of_pixel.reshape(-1)].reshape(height, width)
    # Each line begins with the number of its filter: 0, none.
    raw = np.insert(lines, 0, 0, axis=1).tobytes()
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = {
        b"IHDR": header,
        b"PLTE": palette.astype(np.uint8).tobytes(),
        b"IDAT": zlib.compress(raw, 9),
        b"IEND": b"",
    }
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts.items()
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


if __name__ == "__main__":
    sys.exit(main())
