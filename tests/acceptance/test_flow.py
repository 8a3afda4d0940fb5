"""The Prefect flow as real processes: real speech through real weights, kills, two at once, failed tasks."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests.acceptance.conftest import Asrlab
from tests.acceptance.test_label import CONTENTS, FAKE, WORDS, write_broken_files, write_good_files
from tests.factories import write_tone

START_LIMIT_S = 240


def servers_of(asrlab: Asrlab) -> list[int]:
    """The pids of Prefect servers that this test's calls have started and that still run."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        if "flows.server_process" not in (process.info["cmdline"] or []):
            continue
        if (process.info["environ"] or {}).get("ASRLAB_SERVER_DIR") == asrlab.environment[
            "ASRLAB_SERVER_DIR"
        ]:
            found.append(process.pid)
    return found


def wait_until_gone(asrlab: Asrlab) -> None:
    deadline = time.monotonic() + 30
    while servers_of(asrlab):
        assert time.monotonic() < deadline, "a Prefect server was left behind"
        time.sleep(0.1)


def test_real_speech_is_labeled_through_the_flow(asrlab: Asrlab, speech_file: Path) -> None:
    out = asrlab.run("label", speech_file)
    assert "1 recordings" in out
    assert servers_of(asrlab) == []
    text = " ".join(row["text"] for row in asrlab.query(CONTENTS)).lower()
    for words in ("it was the best of times", "the age of foolishness", "winter of despair"):
        assert words in text
    words = asrlab.query(WORDS)
    assert [word["word"] for word in words] == " ".join(row["text"] for row in asrlab.query(CONTENTS)).split()
    times = [time for word in words for time in (word["start_s"], word["end_s"])]
    assert times == sorted(times)
    runs = asrlab.query("SELECT stage, engine, checkpoint, finished_at FROM v_runs ORDER BY run_id")
    assert [(run["stage"], run["checkpoint"]) for run in runs] == [
        ("transcribe", "openai/whisper-tiny.en"),
        ("align", "openai/whisper-tiny.en"),
    ]
    assert all(run["finished_at"] for run in runs)
    # Inline runs the very same stages: nothing is left for it.
    assert "nothing to do" in asrlab.run("label", speech_file, "--inline")


def count_of(asrlab: Asrlab, table: str) -> int:
    try:
        return int(asrlab.query(f"SELECT COUNT(*) AS n FROM {table}")[0]["n"])
    except AssertionError:
        return 0  # no catalog yet


def kill_group(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_five_kills_lose_nothing_and_repeat_nothing_stored(asrlab: Asrlab) -> None:
    files, kills = 60, 5
    write_good_files(asrlab.folder / "audio", files)
    asrlab.environment["ASRLAB_GROUP_SECONDS"] = "2"
    undisturbed = ("--catalog", "undisturbed.db")
    asrlab.run("label", "audio", "--inline", *FAKE, *undisturbed)

    seen: dict[str, int] = {}
    for kill in range(1, kills + 1):
        process = asrlab.start("label", "audio", *FAKE, ASRLAB_FAKE_DELAY_S="0.15")
        deadline = time.monotonic() + START_LIMIT_S
        wanted = kill * files // (kills + 2)
        while count_of(asrlab, "v_transcripts") < wanted:
            assert process.poll() is None, "it ended before it was killed"
            assert time.monotonic() < deadline, (asrlab.folder / "started.log").read_text()
            time.sleep(0.2)
        kill_group(process)
        stored = {
            row["id"]: row["v"]
            for row in asrlab.query("SELECT transcript_id AS id, version AS v FROM v_transcripts")
        }
        assert seen.items() <= stored.items(), "what was stored before the kill is gone or changed"
        seen = stored
    began = time.monotonic()
    asrlab.run("label", "audio", *FAKE)
    # A slot held by a killed process would be waited for 60 s or more.
    assert time.monotonic() - began < 55

    for statement in (CONTENTS, WORDS):
        expected = asrlab.json("sql", statement, "--format", "json", *undisturbed)
        assert asrlab.query(statement) == expected
    assert asrlab.query("SELECT COUNT(*) AS n FROM v_transcripts") == [{"n": files}]
    assert asrlab.query("SELECT COUNT(*) AS n FROM leases") == [{"n": 0}]
    wait_until_gone(asrlab)


@pytest.mark.parametrize(("count", "way"), [(2, ()), (4, ("--inline",))], ids=["two flows", "four inline"])
def test_processes_that_label_one_catalog_never_do_a_segment_twice(
    asrlab_on_both: Asrlab, count: int, way: tuple[str, ...]
) -> None:
    asrlab = asrlab_on_both
    files = 40
    write_good_files(asrlab.folder / "audio", files)
    reasons = write_broken_files(asrlab.folder / "audio" / "broken")
    asrlab.environment["ASRLAB_GROUP_SECONDS"] = "2"
    processes = [
        asrlab.start("label", "audio", *way, *FAKE, ASRLAB_FAKE_DELAY_S="0.05") for _ in range(count)
    ]
    for process in processes:
        assert process.wait(240) == 3, (asrlab.folder / "started.log").read_text()
    failures = asrlab.json("failures", "--json")
    assert {Path(failure["uri"]).name: failure["reason"] for failure in failures} == reasons
    texts = asrlab.query(CONTENTS)
    assert len(texts) == files
    assert {row["version"] for row in texts} == {1}
    assert asrlab.query("SELECT COUNT(*) AS n FROM v_transcripts") == [{"n": files}]
    assert asrlab.query("SELECT COUNT(*) AS n FROM v_words") == [{"n": files * 4}]
    assert "locked" not in (asrlab.folder / "started.log").read_text()


def test_a_transient_error_is_tried_again(asrlab: Asrlab) -> None:
    write_tone(asrlab.folder / "a.wav")
    asrlab.run("label", "a.wav", *FAKE, ASRLAB_FAKE_TRANSIENT="1")
    assert len(asrlab.query(CONTENTS)) == 1
    assert asrlab.json("failures", "--json") == []


def test_failed_tasks_make_the_flow_fail(asrlab: Asrlab, tmp_path: Path) -> None:
    write_tone(asrlab.folder / "a.wav")
    # Weights that go away between the check and the loading.
    asrlab.run("label", "a.wav", *FAKE, code=1, ASRLAB_FAKE_BROKEN_OPEN="1")
    assert "1 of" in asrlab.errors or "2 of" in asrlab.errors
    assert "can't be opened" in asrlab.errors
    wait_until_gone(asrlab)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_server_is_left_behind(asrlab: Asrlab, ending: signal.Signals) -> None:
    write_good_files(asrlab.folder / "audio", 100)
    asrlab.environment["ASRLAB_GROUP_SECONDS"] = "2"
    process = asrlab.start("label", "audio", *FAKE, ASRLAB_FAKE_DELAY_S="0.3")
    deadline = time.monotonic() + START_LIMIT_S
    while not count_of(asrlab, "v_transcripts"):
        assert time.monotonic() < deadline
        assert process.poll() is None
    assert servers_of(asrlab)
    process.send_signal(ending)
    process.wait(60)
    assert process.returncode == (-ending if ending == signal.SIGKILL else 128 + ending)
    wait_until_gone(asrlab)
    log = (asrlab.folder / "started.log").read_text()
    assert "Traceback" not in log
    assert ("goes on from there" in log) == (ending != signal.SIGKILL)
    # It stopped in the middle, and what was done stays.
    assert 0 < count_of(asrlab, "v_transcripts") < 100


def test_a_configured_api_is_used_and_shows_the_run(asrlab: Asrlab, tmp_path: Path) -> None:
    from flows.limits import ENGINE_LIMIT
    from flows.local_server import _running_server

    write_good_files(asrlab.folder / "audio", 2)
    home = tmp_path / "configured"
    home.mkdir()
    own = tmp_path / "own"
    asrlab.environment["ASRLAB_SERVER_DIR"] = str(own)
    with _running_server(home) as (_server, url):
        asrlab.run("label", "audio", *FAKE, PREFECT_API_URL=url)
        # The limit is there, and nobody holds it.
        (limit,) = _ask(f"{url}/v2/concurrency_limits/filter")
        (run,) = _ask(f"{url}/flow_runs/filter")
        tasks = _ask(f"{url}/task_runs/filter")
    # No second server was started beside it.
    assert [path.name for path in own.iterdir()] == ["slots"]
    assert (limit["name"], limit["limit"], limit["active_slots"]) == (ENGINE_LIMIT, 1, 0)
    assert (run["name"] != "", run["state_type"]) == (True, "COMPLETED")
    assert {task["name"].split("-")[0] for task in tasks} == {"ingest", "segment", "transcribe", "align"}
    # Ids, never audio, and no catalog URL with its password.
    assert run["parameters"]["inputs"] == ["audio"]
    assert {run["parameters"][name] for name in ("engine", "aligner")} == {"fake"}
    assert "sqlite" not in str(run["parameters"])


def _ask(url: str) -> list[dict[str, object]]:
    request = urllib.request.Request(url, b"{}", {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: list[dict[str, object]] = json.load(answer)
    return found


def test_an_api_that_does_not_answer_is_one_line(asrlab: Asrlab) -> None:
    write_tone(asrlab.folder / "a.wav")
    for url in ("http://127.0.0.1:9/api", "nonsense", "http://[::1/api"):
        asrlab.run("label", "a.wav", *FAKE, code=1, PREFECT_API_URL=url)
        (line,) = asrlab.errors.strip().splitlines()
        assert url in line or "PREFECT_API_URL" in line
        assert "--inline" in line


def test_neither_the_users_folders_nor_their_proxy_are_in_the_servers_way(asrlab: Asrlab) -> None:
    write_tone(asrlab.folder / "a.wav")
    for name in ("flows", "prefect", "asrlab"):
        (asrlab.folder / name).mkdir()
        (asrlab.folder / name / "__init__.py").write_text("raise SystemExit('the wrong package')\n")
    proxy = "http://127.0.0.1:9"
    code = "import sys; sys.path.remove(''); from asrlab.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "label", "a.wav", *FAKE],
        cwd=asrlab.folder,
        env={
            **asrlab.environment,
            "http_proxy": proxy,
            "HTTP_PROXY": proxy,
            "all_proxy": "socks5://127.0.0.1:9",
        },
        capture_output=True,
        text=True,
        timeout=START_LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "1 recordings, 1 segments" in done.stdout


def test_names_of_every_kind_go_through_the_flow(asrlab: Asrlab) -> None:
    folder = asrlab.folder / "odd"
    for index, name in enumerate(["@list.wav", "two\nlines.wav", "a[1].wav", "~.wav", "ü %20 #.wav"]):
        write_tone(folder / name, 0.4, 300 + index)
    bad = os.fsencode(folder) + b"/\xff.wav"
    Path(os.fsdecode(bad)).write_bytes((folder / "~.wav").read_bytes())
    asrlab.run("label", "odd", "odd/@list.wav", os.fsdecode(bad), *FAKE, code=3)
    assert len(asrlab.query(CONTENTS)) == 5
    (failure,) = asrlab.json("failures", "--json")
    assert failure["reason"] == "unreadable"
    assert "UTF-8" in failure["message"]
