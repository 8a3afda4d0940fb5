"""`--log-format json`: all that a command tells on standard error is a JSON object a line."""

import json
from typing import Any

import pytest

from tests.acceptance.conftest import Asrlab
from tests.factories import write_tone

FAKE = ("--engine", "fake", "--aligner", "none", "--no-vad", "--inline")


def told(place: Asrlab) -> list[dict[str, Any]]:
    return [json.loads(line) for line in place.errors.splitlines()]


def test_failures_and_progress_are_objects(asrlab: Asrlab) -> None:
    write_tone(asrlab.folder / "audio/a.wav", 1.0)
    (asrlab.folder / "audio/b.wav").write_bytes(b"")
    asrlab.run("--log-format", "json", "label", "audio", *FAKE, code=3)
    head, failure = told(asrlab)
    assert (head["level"], head["failures"]) == ("warning", 1)
    assert (failure["stage"], failure["reason"]) == ("ingest", "empty_file")
    assert failure["uri"].endswith("b.wav")
    assert failure["time"].endswith("+00:00")


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [(("label", "nowhere"), 1, "InputNotFoundError"), (("label",), 2, "UsageError")],
)
def test_mistakes_are_objects_too(asrlab: Asrlab, arguments: tuple[str, ...], code: int, error: str) -> None:
    asrlab.run(*arguments, code=code, ASRLAB_LOG_FORMAT="json")
    (line,) = told(asrlab)
    assert (line["level"], line["error"]) == ("error", error)
    assert line["message"]


def test_what_serve_starts_logs_alike(asrlab: Asrlab) -> None:
    asrlab.environment["ASRLAB_SERVER_DIR"] = str(asrlab.folder / "server")
    write_tone(asrlab.folder / "audio/a.wav", 1.0)
    asrlab.run("source", "add", "calls", "audio")
    process = asrlab.start(
        "--log-format", "json", "serve", "--engine", "fake", "--aligner", "none", "--no-vad"
    )
    log = asrlab.folder / "started.log"

    def done() -> bool:
        return "label/label starts" in log.read_text()

    from tests.acceptance.test_serve import wait_until

    try:
        wait_until(asrlab, done)
    finally:
        process.terminate()
        process.wait(60)
    lines = [line for line in log.read_text().splitlines() if line.startswith("{")]
    # What Prefect writes has keys of its own.
    messages = [str(found.get("message") or found.get("msg")) for found in map(json.loads, lines)]
    assert any("workers take runs" in message for message in messages)
    assert any("starts" in message and "new files" in message for message in messages)
