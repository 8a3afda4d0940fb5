"""Ctrl-C and SIGTERM: the batch under way is stored, nothing is done twice, and the process leaves within ten seconds."""

import signal
import time
from pathlib import Path

import pytest

from tests.acceptance.conftest import Asrlab
from tests.factories import write_tone

FAKE = ("--engine", "fake", "--aligner", "none", "--no-vad")
FILES = 40


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    for index in range(FILES):
        write_tone(tmp_path / f"audio/{index:03}.wav", 1.0, 200 + index)
    return tmp_path / "audio"


def wait_for_texts(place: Asrlab) -> None:
    deadline = time.monotonic() + 120
    while not place.query("SELECT transcript_id FROM v_transcripts LIMIT 1"):
        assert time.monotonic() < deadline, (place.folder / "started.log").read_text()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("how", ["--inline", "flow"])
def test_a_stopped_call_stores_its_batch_and_the_next_goes_on(
    asrlab: Asrlab, audio: Path, how: str, ending: signal.Signals
) -> None:
    place = asrlab
    arguments = ("label", audio, *FAKE, *(("--inline",) if how == "--inline" else ()))
    place.run("init")
    # Groups of four clips, two seconds each; every clip that the engine hears is written down.
    heard = place.folder / "heard.txt"
    place.environment |= {"ASRLAB_GROUP_SECONDS": "4", "ASRLAB_FAKE_LOG": str(heard)}
    process = place.start(*arguments, ASRLAB_FAKE_DELAY_S="0.5")
    wait_for_texts(place)
    process.send_signal(ending)
    began = time.monotonic()
    assert process.wait(30) == 128 + ending
    assert time.monotonic() - began < 10
    log = (place.folder / "started.log").read_text()
    assert "goes on from there" in log
    assert "Traceback" not in log
    stored = len(place.query("SELECT transcript_id FROM v_transcripts"))
    assert 0 < stored < FILES
    # What was computed is stored, to the last batch.
    assert len(heard.read_text().splitlines()) == stored
    place.run(*arguments)
    clips = heard.read_text().splitlines()
    assert len(clips) == len(set(clips)) == FILES


def test_a_batch_that_takes_too_long_is_left(asrlab: Asrlab, audio: Path) -> None:
    process = asrlab.start("label", audio, *FAKE, "--inline", ASRLAB_FAKE_DELAY_S="60")
    deadline = time.monotonic() + 120
    while not asrlab.json("status", "--json")["running"]:
        assert time.monotonic() < deadline
    process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    assert process.wait(30) == 128 + signal.SIGTERM
    assert time.monotonic() - began < 10
    # Nothing stays claimed by the process that left.
    asrlab.run("label", audio, *FAKE, "--inline")
    assert len(asrlab.query("SELECT transcript_id FROM v_transcripts")) == FILES
