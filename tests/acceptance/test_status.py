"""`asrlab status`: how far each stage is with each corpus, how fast, and for other programs."""

import signal
import time
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.acceptance.conftest import Asrlab
from tests.factories import write_tone

FAKE = ("--engine", "fake", "--aligner", "fake", "--no-vad", "--inline")


@pytest.fixture
def half_done(asrlab_on_both: Asrlab, tmp_path: Path) -> Asrlab:
    """A corpus that is labeled, and one that is cut and half of it transcribed, with a failure."""
    place = asrlab_on_both
    for index in range(4):
        write_tone(tmp_path / f"done/{index}.wav", 2.0, 200 + 7 * index)
        write_tone(tmp_path / f"half/{index}.wav", 2.0, 600 + 7 * index)
    place.run("label", "done", *FAKE, "--corpus", "done")
    place.run("ingest", "half", "--corpus", "half")
    place.run("segment", "--corpus", "half", "--no-vad")
    place.run("label", "half/0.wav", "half/1.wav", *FAKE, "--corpus", "half")
    (tmp_path / "half/3.wav").unlink()
    place.run("transcribe", "--corpus", "half", "--engine", "fake", code=3)
    return place


def test_each_stage_of_each_corpus_is_counted(half_done: Asrlab) -> None:
    stages = {(s["corpus"], s["stage"]): s for s in half_done.json("status", "--json")["stages"]}
    assert set(stages) == {(c, s) for c in ("done", "half") for s in ("segment", "transcribe", "align")}
    done = stages["done", "transcribe"]
    assert (done["done"], done["total"], done["failed"], done["running"]) == (4, 4, 0, 0)
    assert done["done_seconds"] == done["total_seconds"] == pytest.approx(8.0)
    assert done["speed"] > 0
    assert done["eta_seconds"] is None
    half = stages["half", "transcribe"]
    assert (half["done"], half["total"], half["failed"]) == (3, 4, 1)
    align = stages["half", "align"]
    assert (align["done"], align["total"]) == (2, 4)
    # Four seconds are left, at the speed of now.
    assert align["eta_seconds"] == pytest.approx(4.0 / align["speed"])
    shown = half_done.run("status")
    assert "2 of 4" in shown
    assert "vanished" in shown


def test_prometheus_reads_it(half_done: Asrlab) -> None:
    text = half_done.run("status", "--prometheus")
    samples = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["asrlab_recordings", "half"] == 4
    assert samples["asrlab_items", "done", "half", "transcribe"] == 3
    assert samples["asrlab_items", "failed", "half", "transcribe"] == 1
    assert samples["asrlab_failures", "vanished"] == 1
    assert samples["asrlab_speed_ratio", "done", "transcribe"] > 0


def test_what_runs_is_seen_from_outside_while_it_runs(asrlab: Asrlab, tmp_path: Path) -> None:
    for index in range(8):
        write_tone(tmp_path / f"audio/{index}.wav", 1.0, 200 + 7 * index)
    asrlab.start("label", "audio", *FAKE, ASRLAB_FAKE_DELAY_S="1", ASRLAB_GROUP_SECONDS="4")
    deadline = time.monotonic() + 60
    while True:
        assert time.monotonic() < deadline
        (transcribe,) = [
            s for s in asrlab.json("status", "--json")["stages"] if s["stage"] == "transcribe"
        ] or [None]
        if transcribe and transcribe["running"] == 4 and transcribe["done"] == 0:
            break


def test_watch_goes_on_until_it_is_stopped(asrlab: Asrlab) -> None:
    asrlab.run("init")
    process = asrlab.start("status", "--watch", "0.3", "--json")
    log = asrlab.folder / "started.log"
    deadline = time.monotonic() + 60
    while log.read_text().count('"recordings"') < 3:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    assert "Traceback" not in log.read_text()
    asrlab.run("status", "--json", "--prometheus", code=2)
