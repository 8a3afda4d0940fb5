"""The engine `openai` through the command: an address and a name, and what comes of a server's answers."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from asrlab.audio.write import write_wav
from tests.acceptance.conftest import Asrlab
from tests.openai_servers import Answer, ChosenServer

RATE_HZ = 16_000
WORDS = [{"word": "hello", "start": 0.2, "end": 0.5}, {"word": "there", "start": 0.6, "end": 0.9}]
OPENAI = ("--engine", "openai", "--model", "some/model", "--aligner", "none", "--no-vad")


@pytest.fixture
def server() -> Iterator[ChosenServer]:
    made = ChosenServer()
    made.answer = lambda heard: Answer(body={"text": "Hello there.", "language": "en", "words": WORDS})
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    folder = tmp_path / "audio"
    folder.mkdir()
    for seconds in (1, 2, 3):
        tone = np.sin(np.arange(seconds * RATE_HZ) / 9) / 4
        write_wav(folder / f"{seconds}.wav", tone.astype(np.float32), RATE_HZ)
    return folder


@pytest.mark.parametrize("way", [("--inline",), ()], ids=["inline", "flow"])
def test_a_server_labels_a_folder_with_its_own_word_times(
    asrlab: Asrlab, server: ChosenServer, audio: Path, way: tuple[str, ...]
) -> None:
    secret = {"ASRLAB_OPENAI_URL": server.url, "ASRLAB_OPENAI_KEY": "secret-key"}
    asrlab.run("label", audio, *OPENAI, "--context", "Zyx", "--language", "de", *way, **secret)
    assert {heard.authorization for heard in server.heard} == {"Bearer secret-key"}
    assert all(heard.fields["prompt"] == ["Zyx"] for heard in server.heard)
    words = asrlab.query("SELECT word, start_s, end_s FROM v_words ORDER BY segment_id, position")
    assert [(word["word"], word["start_s"], word["end_s"]) for word in words[:2]] == [
        ("Hello", 0.2, 0.5),
        ("there.", 0.6, 0.9),
    ]
    assert len(words) == 6
    (run,) = asrlab.query("SELECT engine, checkpoint FROM v_runs")
    assert run == {"engine": "openai", "checkpoint": f"some/model at {server.url}"}
    # Nothing is asked twice, and the key is nowhere.
    asrlab.run("label", audio, *OPENAI, "--context", "Zyx", "--language", "de", *way, **secret)
    assert len(server.heard) == 3
    kept = [
        path
        for folder in (asrlab.folder, Path(asrlab.environment["ASRLAB_SERVER_DIR"]))
        for path in folder.rglob("*")
        if path.is_file() and path.stat().st_size < 50_000_000
    ]
    assert kept
    assert not [path for path in kept if b"secret-key" in path.read_bytes()]


def test_a_server_that_is_not_there_is_named_and_the_work_goes_on_later(
    asrlab: Asrlab, server: ChosenServer, audio: Path
) -> None:
    nowhere = {"ASRLAB_OPENAI_URL": "http://127.0.0.1:9/v1", "ASRLAB_OPENAI_ATTEMPTS": "1"}
    asrlab.run("label", audio, *OPENAI, "--inline", code=1, **nowhere)
    assert "http://127.0.0.1:9/v1 can't be reached" in asrlab.errors
    asrlab.run("label", audio, *OPENAI, "--inline", ASRLAB_OPENAI_URL=server.url)
    assert len(server.heard) == 3


def test_ctrl_c_does_not_wait_for_a_server_that_hangs(
    asrlab: Asrlab, server: ChosenServer, audio: Path
) -> None:
    server.answer = lambda heard: Answer(after=60.0)
    process = asrlab.start("label", audio, *OPENAI, "--inline", ASRLAB_OPENAI_URL=server.url)
    deadline = time.monotonic() + 60
    while not server.heard and time.monotonic() < deadline:
        time.sleep(0.1)
    assert server.heard
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 130


def test_one_clip_that_a_server_refuses_is_listed(asrlab: Asrlab, server: ChosenServer, audio: Path) -> None:
    answer = server.answer
    server.answer = lambda heard: (
        Answer(413, {"error": "too long"}) if heard.frames > 40_000 else answer(heard)
    )
    asrlab.run("label", audio, *OPENAI, "--inline", code=3, ASRLAB_OPENAI_URL=server.url)
    (failure,) = asrlab.query("SELECT reason, message FROM v_failures")
    assert failure["reason"] == "engine_error"
    assert "answered 413: too long" in failure["message"]


@pytest.mark.parametrize(
    ("arguments", "environment", "says"),
    [
        (("--engine", "openai"), {}, "--model"),
        (OPENAI, {"ASRLAB_OPENAI_URL": "nowhere"}, "ASRLAB_OPENAI_URL"),
        (OPENAI, {"ASRLAB_OPENAI_CONCURRENCY": "0"}, "openai_concurrency"),
    ],
)
def test_what_is_missing_is_said_before_any_work(
    asrlab: Asrlab, audio: Path, arguments: tuple[str, ...], environment: dict[str, str], says: str
) -> None:
    asrlab.run("label", audio, *arguments, "--inline", code=1, **environment)
    assert says in asrlab.errors
