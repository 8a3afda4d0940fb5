"""`asrlab source`, and `asrlab ingest --source`: only what is new, and a place that is lost stops nothing."""

import os
import shutil
from pathlib import Path

import pytest

from tests.acceptance.conftest import Asrlab, client_of
from tests.factories import write_tone

RECORDINGS = "SELECT uri, corpus, language, metadata FROM v_recordings ORDER BY uri"


def names(place: Asrlab) -> list[str]:
    return [os.path.basename(row["uri"]) for row in place.query(RECORDINGS)]


def test_a_folder_is_looked_at_again_and_only_new_files_are_read(asrlab_on_both: Asrlab, audio: Path) -> None:
    place = asrlab_on_both
    said = place.run(
        "source",
        "add",
        "calls",
        "audio",
        "--corpus",
        "desk",
        "--metadata",
        "room=12",
        "--metadata=language=de",
    )
    assert str(audio) in said
    assert "source calls: 3 files, 3 new" in place.run("ingest", "--source", "calls")
    rows = place.query(RECORDINGS)
    assert {(row["corpus"], row["language"]) for row in rows} == {("desk", "de")}
    assert {row["metadata"] for row in rows} == {'{"room": "12"}'}
    write_tone(audio / "later.wav", 1.0, 500)
    shutil.copy(audio / "a.wav", audio / "copy of a.wav")
    # Another size and time, the same bytes elsewhere: one new recording.
    assert "5 files, 2 new" in place.run("ingest", "--sources")
    assert len(place.query(RECORDINGS)) == 4
    assert "5 files, 0 new" in place.run("ingest", "--sources")
    (listed,) = place.json("source", "list", "--json")
    assert (listed["state"], listed["files"], listed["new"]) == ("ok", 5, 0)
    assert listed["looked_at"] is not None


def test_only_what_is_included_is_taken(asrlab: Asrlab, audio: Path) -> None:
    asrlab.run("source", "add", "deep", "audio", "--include", "deep/*")
    asrlab.run("source", "add", "named", "audio", "--include", "a.*", "--include", "c *")
    assert "1 files, 1 new" in asrlab.run("ingest", "--source", "deep")
    assert names(asrlab) == ["b.wav"]
    assert "2 files, 2 new" in asrlab.run("ingest", "--source", "named")


def test_a_lost_source_is_told_and_the_others_go_on(asrlab: Asrlab, audio: Path) -> None:
    asrlab.run("source", "add", "away", "mounted")
    assert "nothing lies at" in asrlab.errors
    asrlab.run("source", "add", "calls", "audio")
    out = asrlab.run("ingest", "--sources", code=3)
    assert "source calls: 3 files, 3 new" in out
    assert "source away could not be looked at" in asrlab.errors
    shown = asrlab.json("source", "show", "away", "--json")
    assert shown["state"] == "failed"
    assert "no such file or folder" in shown["message"]
    (failure,) = asrlab.query("SELECT stage, reason, item FROM v_failures")
    assert failure == {"stage": "source", "reason": "vanished", "item": "away"}
    # An empty folder is no loss; one that held files before is.
    (asrlab.folder / "mounted").mkdir()
    assert "source away: 0 files, 0 new" in asrlab.run("ingest", "--source", "away")
    assert asrlab.query("SELECT * FROM v_failures") == []
    shutil.rmtree(audio)
    audio.mkdir()
    asrlab.run("ingest", "--source", "calls", code=3)
    assert "held 3 files at the last look" in asrlab.json("source", "show", "calls", "--json")["message"]


def test_a_half_failing_source_gives_the_rest(asrlab: Asrlab, audio: Path) -> None:
    (audio / "bad.wav").write_bytes(b"this is no audio")
    asrlab.run("source", "add", "calls", "audio")
    assert "4 files, 4 new" in asrlab.run("ingest", "--sources", code=3)
    assert len(asrlab.query(RECORDINGS)) == 3
    shown = asrlab.run("source", "show", "calls")
    assert "partial" in shown
    assert "1 of its files or lines" in shown
    # The broken one is known by now, and not read again.
    assert "4 files, 0 new" in asrlab.run("ingest", "--sources", code=3)


def test_a_disabled_source_is_left_alone(asrlab: Asrlab, audio: Path) -> None:
    asrlab.run("source", "add", "calls", "audio")
    assert "disabled" in asrlab.run("source", "disable", "calls")
    asrlab.run("ingest", "--sources")
    assert asrlab.query(RECORDINGS) == []
    assert "disabled" in asrlab.run("source", "list")
    asrlab.run("source", "enable", "calls")
    assert "3 new" in asrlab.run("ingest", "--sources")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("source", "add", "calls", "elsewhere"), "--replace"),
        (("source", "show", "nothing"), "there are calls"),
        (("source", "disable", "nothing"), "there are calls"),
        (("ingest", "--source", "nothing"), "there are calls"),
        (("source", "add", "web", "http://me:secret@host/calls/"), "password"),
    ],
)
def test_mistakes_are_one_line(asrlab: Asrlab, arguments: tuple[str, ...], said: str) -> None:
    asrlab.run("source", "add", "calls", "audio")
    asrlab.run(*arguments, code=1)
    assert said in asrlab.errors
    assert "secret" not in asrlab.errors


@pytest.mark.parametrize(
    "arguments",
    [
        ("ingest",),
        ("ingest", "a.wav", "--sources"),
        ("ingest", "--sources", "--corpus", "x"),
        ("source", "add", "a b", "audio"),
        ("source", "add", "calls", "audio", "--metadata", "room"),
    ],
)
def test_what_does_not_go_together_is_a_usage_error(asrlab: Asrlab, arguments: tuple[str, ...]) -> None:
    asrlab.run(*arguments, code=2)


def test_a_source_is_changed_with_replace(asrlab: Asrlab, audio: Path) -> None:
    asrlab.run("source", "add", "calls", "audio", "--corpus", "one")
    asrlab.run("source", "add", "calls", "audio/deep", "--corpus", "two", "--replace")
    assert asrlab.json("source", "show", "calls", "--json")["corpus"] == "two"
    assert "1 files, 1 new" in asrlab.run("ingest", "--source", "calls")


def test_a_website_is_listed_to_its_depth_and_what_is_new_in_it_is_found(
    place: Asrlab, website: str, audio: Path
) -> None:
    place.run("source", "add", "web", f"{website}/", "--include", "*.wav")
    place.environment["ASRLAB_ALLOW_PRIVATE"] = "true"
    assert "3 files, 3 new" in place.run("ingest", "--sources")
    assert [row["uri"] for row in place.query(RECORDINGS)] == [
        f"{website}/{name}" for name in ("a.wav", "c%20d.wav", "deep/b.wav")
    ]
    write_tone(audio / "deep/later.wav", 1.0, 500)
    assert "4 files, 1 new" in place.run("ingest", "--sources")
    (audio / "deep/later.wav").unlink()
    assert "3 files, 0 new" in place.run("ingest", "--sources")


def test_a_manifest_behind_http_is_a_source(place: Asrlab, website: str, audio: Path) -> None:
    (audio / "list.csv").write_text("audio,speaker\na.wav,ann\n")
    place.environment["ASRLAB_ALLOW_PRIVATE"] = "true"
    place.run(
        "source",
        "add",
        "list",
        f"{website}/list.csv",
        "--metadata",
        "speaker=unknown",
        "--metadata",
        "room=1",
    )
    assert "1 files, 1 new" in place.run("ingest", "--sources")
    (row,) = place.query("SELECT speaker, metadata FROM v_recordings")
    assert row == {"speaker": "ann", "metadata": '{"room": "1"}'}
    with (audio / "list.csv").open("a") as manifest:
        manifest.write("deep/b.wav,\n")
    assert "2 files, 1 new" in place.run("ingest", "--sources")


def test_a_website_that_is_down_is_told(place: Asrlab) -> None:
    place.environment |= {"ASRLAB_ALLOW_PRIVATE": "true", "ASRLAB_FETCH_ATTEMPTS": "1"}
    place.run("source", "add", "web", "http://127.0.0.1:9/calls/")
    place.run("ingest", "--sources", code=3)
    assert place.json("source", "show", "web", "--json")["state"] == "failed"


def test_a_bucket_is_looked_at_again(place: Asrlab, bucket: str, audio: Path) -> None:
    place.run("source", "add", "bucket", f"{bucket}/calls/", "--corpus", "cloud")
    assert "3 files, 3 new" in place.run("ingest", "--sources")
    write_tone(audio / "later.wav", 1.0, 500)
    client_of(place).upload_file(str(audio / "later.wav"), "speech", "calls/later.wav")
    assert "4 files, 1 new" in place.run("ingest", "--sources")
    # Other bytes at the same place are new too.
    write_tone(audio / "later.wav", 1.0, 700)
    client_of(place).upload_file(str(audio / "later.wav"), "speech", "calls/later.wav")
    assert "4 files, 1 new" in place.run("ingest", "--sources")
    assert "4 files, 0 new" in place.run("ingest", "--sources")
