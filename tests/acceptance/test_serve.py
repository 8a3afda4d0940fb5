"""`asrlab serve`: schedules that fire, workers that are kept, and nothing lost when any of them dies."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from flows.limits import ENGINE_LIMIT
from tests.acceptance.conftest import Asrlab
from tests.factories import write_tone

# Prefect on SQLite stands still for a minute now and then, when several processes write.
LIMIT_S = 240
# The fake engine, by default; no voice detector, which hears no speech in tones.
FAKE = ("--engine", "fake", "--aligner", "fake", "--no-vad")
CLIPS_IN_GROUP = 4
DONE = "SELECT transcript_id FROM v_words GROUP BY transcript_id"


@pytest.fixture
def place(asrlab: Asrlab) -> Iterator[Asrlab]:
    """A folder with a Prefect home and a source of its own; whatever is served there is stopped at the end."""
    asrlab.environment["ASRLAB_SERVER_DIR"] = str(asrlab.folder / "server")
    asrlab.environment["ASRLAB_GROUP_SECONDS"] = str(CLIPS_IN_GROUP)
    (asrlab.folder / "audio").mkdir()
    asrlab.run("source", "add", "calls", "audio")
    yield asrlab
    for process in asrlab.started:
        process.terminate()
        process.wait(60)
    asrlab.run("server", "down")


def add(place: Asrlab, *numbers: int) -> None:
    for number in numbers:
        write_tone(place.folder / f"audio/{number:03}.wav", 1.0, 200 + 3 * number)


def wait_until(place: Asrlab, holds: Callable[[], bool], limit_s: float = LIMIT_S) -> None:
    deadline = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < deadline, (place.folder / "started.log").read_text()[-6000:]
        time.sleep(0.5)


def done(place: Asrlab) -> int:
    return len(place.query(DONE))


def ask(place: Asrlab, path: str, body: dict[str, Any] | None = None) -> Any:
    url = place.json("server", "status", "--json")["url"]
    request = urllib.request.Request(
        f"{url}{path}", json.dumps(body or {}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def runs_of(place: Asrlab, flow: str) -> list[dict[str, Any]]:
    found = ask(place, "/flow_runs/filter", {"flows": {"name": {"any_": [flow]}}, "sort": "START_TIME_ASC"})
    return [run for run in found if run["start_time"] is not None]


def processes(place: Asrlab, module: str) -> list[psutil.Process]:
    """Those of this place: its serving process, and what that started."""
    (serving,) = [process for process in place.started if process.poll() is None]
    family = psutil.Process(serving.pid).children(recursive=True)
    return [process for process in family if module in " ".join(process.cmdline())]


def test_a_schedule_fires_and_each_run_reads_what_came_since(place: Asrlab) -> None:
    add(place, 1, 2)
    serving = place.start("serve", "--interval", "15", *FAKE)
    wait_until(place, lambda: done(place) == 2)
    add(place, 3, 4, 5)
    wait_until(place, lambda: done(place) == 5)
    first, *_, last = [run for run in runs_of(place, "ingest") if run["state_type"] == "COMPLETED"]
    assert first["id"] != last["id"]
    tables = ask(place, "/artifacts/filter", {"artifacts": {"key": {"any_": ["asrlab-sources"]}}})
    found = sorted(tuple(map(int, table["data"].split("|")[-4:-2])) for table in tables)
    # Each file was new once, in two looks.
    assert [new for _, new in found if new] == [2, 3]
    assert found[0][0] == 2
    check_export(place)
    figures = place.query("SELECT stage, audio_hours, wall_seconds, peak_memory_bytes FROM v_runs")
    assert sum(run["audio_hours"] * 3600 for run in figures if run["stage"] == "transcribe") == pytest.approx(
        5
    )
    assert all(run["wall_seconds"] > 0 and run["peak_memory_bytes"] > 1 << 20 for run in figures)
    serving.send_signal(signal.SIGTERM)
    began = time.monotonic()
    assert serving.wait(30) == 128 + signal.SIGTERM
    assert time.monotonic() - began < 20
    assert place.json("server", "status", "--json") == {"running": False}


def check_export(place: Asrlab) -> None:
    """A run of the deployment `export`, begun as an operator does, writes and links its manifest."""
    out = place.folder / "manifests"
    url = place.json("server", "status", "--json")["url"]
    subprocess.run(
        [
            *(sys.executable, "-m", "prefect"),
            *("deployment", "run", "export/export", "--param", f"out={out}"),
        ],
        env=place.environment | {"PREFECT_API_URL": url},
        check=True,
        capture_output=True,
    )
    wait_until(place, lambda: [run["state_type"] for run in runs_of(place, "export")] == ["COMPLETED"])
    manifest = out / "manifest.jsonl"
    assert len(manifest.read_text().splitlines()) == 5
    data = [(each["key"], each["data"]) for each in ask(place, "/artifacts/filter")]
    (link,) = (text for key, text in data if key == "asrlab-export")
    assert f"({manifest.as_uri()})" in link
    assert {text for key, text in data if key == "asrlab-failures"} == {"[]"}
    stages = {row["stage"] for key, text in data if key == "asrlab-throughput" for row in json.loads(text)}
    assert stages == {"transcribe", "align"}


@pytest.mark.soak
def test_what_dies_is_begun_again_and_nothing_is_lost_or_done_twice(place: Asrlab) -> None:
    heard = place.folder / "heard.txt"
    place.environment["ASRLAB_FAKE_LOG"] = str(heard)
    add(place, *range(40))
    place.start("serve", "--interval", "60", *FAKE, ASRLAB_FAKE_DELAY_S="0.5")
    kills = 0
    for victim in ("prefect.engine", "flows.worker_process", "flows.server_process"):
        before = done(place)
        wait_until(place, lambda before=before: done(place) > before)
        # The newest: of the flows that which labels.
        found = processes(place, victim)
        assert found, victim
        found[-1].kill()
        kills += 1
    wait_until(place, lambda: done(place) == 40)
    transcribed = [line for line in heard.read_text().splitlines() if line.startswith("transcribe")]
    assert len(place.query("SELECT transcript_id FROM v_transcripts")) == 40
    # At most the batch under way is done again for each kill.
    assert 40 <= len(transcribed) <= 40 + CLIPS_IN_GROUP * kills
    assert place.json("failures", "--json") == []


def test_a_stopped_run_goes_on_when_serving_begins_again(place: Asrlab) -> None:
    add(place, *range(20))
    serving = place.start("serve", "--interval", "600", *FAKE, ASRLAB_FAKE_DELAY_S="0.5")
    wait_until(place, lambda: done(place) > 0)
    serving.send_signal(signal.SIGTERM)
    serving.wait(60)
    stopped_at = done(place)
    assert 0 < stopped_at < 20
    place.start("serve", "--interval", "600", *FAKE)
    wait_until(place, lambda: done(place) == 20)


@pytest.mark.soak
def test_two_cards_have_a_worker_each_and_no_card_has_two(place: Asrlab) -> None:
    add(place, *range(30))
    place.start("serve", "--interval", "60", "--gpus", "0,1", *FAKE, ASRLAB_FAKE_DELAY_S="0.8")
    most: dict[str, int] = {}

    def look() -> bool:
        seen: dict[str, int] = {}
        for process in processes(place, "prefect.engine"):
            try:
                environment = process.environ()
            except psutil.Error:
                continue
            card = environment.get("CUDA_VISIBLE_DEVICES", "none")
            seen[card] = seen.get(card, 0) + 1
        for card, count in seen.items():
            most[card] = max(most.get(card, 0), count)
        return done(place) == 30

    wait_until(place, look)
    assert most.get("0") == most.get("1") == 1
    # Each held its own place at its own card.
    names = {path.name for path in (place.folder / "server/slots").iterdir()}
    assert names == {"gpu-0.lock", "gpu-1.lock"}
    limits = {limit["name"]: limit for limit in ask(place, "/v2/concurrency_limits/filter")}
    engine = limits[ENGINE_LIMIT]
    assert (engine["limit"], engine["active_slots"]) == (2, 0)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("serve", "--cron", "* * * * *", "--interval", "5"), 2, "not both"),
        (("serve", "--gpus", "0,0"), 2, "each once"),
        (("serve", "--engine", "nothing"), 1, "nothing"),
        (("worker",), 1, "PREFECT_API_URL"),
    ],
)
def test_mistakes_are_told_before_anything_starts(
    asrlab: Asrlab, arguments: tuple[str, ...], code: int, said: str
) -> None:
    asrlab.run(*arguments, code=code)
    assert said in asrlab.errors


def test_a_cron_that_is_none_is_one_line(place: Asrlab) -> None:
    place.run("serve", "--cron", "every morning", code=1)
    assert "every morning" in place.errors
    assert place.json("server", "status", "--json") == {"running": False}
    assert not os.path.exists(place.folder / "server/server.json")
