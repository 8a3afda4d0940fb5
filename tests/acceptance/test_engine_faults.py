"""Engines that raise, hang, die or run out of memory: the healthy is labeled, the rest listed with its reason."""

import time

import psutil
import pytest
import soundfile
from asrlab_fake import text_of

from asrlab.audio.read import read_spans
from asrlab.domain.time import TimeSpan
from tests.acceptance.conftest import Asrlab
from tests.acceptance.test_label import FAKE, write_good_files

FILES = 40
TIMEOUT_S = "1.5"
REASONS = "SELECT uri, stage, reason FROM v_failures ORDER BY uri"


@pytest.mark.parametrize(
    "way", [("--inline",), pytest.param((), marks=pytest.mark.soak)], ids=["inline", "flow"]
)
def test_every_healthy_clip_is_labeled_and_every_bad_one_listed(asrlab: Asrlab, way: tuple[str, ...]) -> None:
    write_good_files(asrlab.folder / "audio", FILES)
    texts = texts_of(asrlab)
    raises, oom, hangs, dies, unaligned = list(texts)[3:30:6]
    asrlab.run(
        "label",
        "audio",
        *way,
        *FAKE,
        code=3,
        ASRLAB_BATCH_TIMEOUT=TIMEOUT_S,
        ASRLAB_FAKE_RAISE_ON=texts[raises],
        ASRLAB_FAKE_OOM_ON=texts[oom],
        ASRLAB_FAKE_HANG_ON=texts[hangs],
        ASRLAB_FAKE_DIE_ON=texts[dies],
        ASRLAB_FAKE_ALIGN_HANG_ON=texts[unaligned],
    )
    found = {row["uri"].rsplit("/", 1)[1]: (row["stage"], row["reason"]) for row in asrlab.query(REASONS)}
    assert found == {
        raises: ("transcribe", "engine_error"),
        oom: ("transcribe", "out_of_memory"),
        hangs: ("transcribe", "timed_out"),
        dies: ("transcribe", "engine_died"),
        unaligned: ("align", "timed_out"),
    }
    labeled = {
        row["uri"].rsplit("/", 1)[1]: row["text"] for row in asrlab.query("SELECT uri, text FROM v_current")
    }
    assert labeled == {name: text for name, text in texts.items() if name not in (raises, oom, hangs, dies)}
    # The engine is well again, and what was listed is done on request.
    asrlab.run("retry")
    asrlab.run("label", "audio", *way, *FAKE, ASRLAB_BATCH_TIMEOUT=TIMEOUT_S)
    assert asrlab.query(REASONS) == []
    assert asrlab.query("SELECT COUNT(DISTINCT transcript_id) AS n FROM v_words") == [{"n": FILES}]


def test_an_engine_in_its_own_process_ends_with_the_call_that_is_killed(asrlab: Asrlab) -> None:
    write_good_files(asrlab.folder / "audio", 2)
    asrlab.run("init")
    hung = next(iter(texts_of(asrlab).values()))
    process = asrlab.start(
        "label", "audio", "--inline", *FAKE, ASRLAB_BATCH_TIMEOUT="600", ASRLAB_FAKE_HANG_ON=hung
    )
    deadline = time.monotonic() + 60
    while not (
        engines := [
            p for p in psutil.Process(process.pid).children() if "spawn_main" in " ".join(p.cmdline())
        ]
    ):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.kill()
    process.wait()
    gone, alive = psutil.wait_procs(engines, 10)
    assert (len(gone), alive) == (1, [])


def texts_of(asrlab: Asrlab) -> dict[str, str]:
    """What the fake engine hears in each file, all different."""
    texts = {}
    for path in sorted((asrlab.folder / "audio").iterdir()):
        (waveform,) = read_spans(path, [TimeSpan(0, soundfile.info(path).duration)], channel=None)
        texts[path.name] = text_of(waveform)
    assert len(set(texts.values())) == len(texts)
    return texts
