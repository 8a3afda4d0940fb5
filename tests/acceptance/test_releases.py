"""Releases in a user's shell: sealed, made again after edits, compared, verified; and what is forgotten."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import soundfile

from asrlab.catalog import open_catalog
from asrlab.catalog.schema import ReviewRow, TranscriptRow
from asrlab.catalog.values import utc_now
from tests.acceptance.conftest import Asrlab
from tests.acceptance.test_label import FAKE, write_good_files

CLIPS = 4


@pytest.fixture
def labeled(asrlab: Asrlab) -> Asrlab:
    write_good_files(asrlab.folder / "audio", CLIPS)
    asrlab.run("label", "audio", "--inline", *FAKE)
    return asrlab


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def edit(place: Asrlab, segment_id: int, text: str, verdict: str = "corrected") -> None:
    """What a person does to a text."""
    catalog = open_catalog(str(place.folder / "asrlab.db"))
    with catalog.writing() as session:
        row = TranscriptRow(
            segment_id=segment_id, version=50, origin="human", author="ana", text=text, created_at=utc_now()
        )
        session.add(row)
        session.flush()
        session.add(
            ReviewRow(transcript_id=row.transcript_id, reviewer="ana", verdict=verdict, created_at=utc_now())
        )
    catalog.close()


def test_a_release_is_made_again_byte_for_byte_after_edits(labeled: Asrlab) -> None:
    labeled.run("export", "lhotse", "--out", "v1", "--release", "v1")
    edit(labeled, 1, "another text")
    labeled.run("relabel", "--inline", "--engine", "fake", "--context", "other words")
    again = labeled.run("export", "lhotse", "--out", "again", "--release", "v1")
    assert f"{CLIPS} utterances in" in again
    assert files(labeled.folder / "again") == files(labeled.folder / "v1")
    labeled.run("export", "lhotse", "--out", "now", "--release", "v2")
    assert files(labeled.folder / "now") != files(labeled.folder / "v1")
    # Another format of the same texts.
    labeled.run("export", "nemo", "--out", "nemo", "--release", "v1")
    lines = (labeled.folder / "nemo" / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    assert "another text" not in {json.loads(line)["text"] for line in lines}
    names = [row["name"] for row in labeled.json("releases", "list", "--json")]
    assert names == ["v1", "v2"]
    exports = labeled.query("SELECT release, format FROM v_exports ORDER BY export_id")
    assert [(row["release"], row["format"]) for row in exports] == [
        ("v1", "lhotse"),
        ("v1", "lhotse"),
        ("v2", "lhotse"),
        ("v1", "nemo"),
    ]


def test_a_release_is_not_sealed_twice_with_other_options(labeled: Asrlab) -> None:
    labeled.run("export", "nemo", "--out", "v1", "--release", "v1", "--where", "start_s < 100")
    labeled.run("export", "nemo", "--out", "x", "--release", "v1", "--corpus", "other", code=1)
    assert "sealed with other options" in labeled.errors
    assert len(labeled.errors.splitlines()) == 1
    labeled.run("export", "nemo", "--out", "x", "--release", "v1", "--where", "start_s < 100")


def test_diff_tells_what_was_added_removed_and_reworded(labeled: Asrlab) -> None:
    labeled.run("export", "nemo", "--out", "v1", "--release", "v1", "--where", "segment_id < 4")
    (before,) = (row["text"] for row in labeled.query("SELECT text FROM v_current WHERE segment_id = 2"))
    edit(labeled, 2, before.replace(before.split()[0], "quite", 1))
    labeled.run("export", "nemo", "--out", "v2", "--release", "v2", "--where", "segment_id > 1")
    found = labeled.json("releases", "diff", "v1", "v2", "--json")
    assert [[each["segment_id"] for each in found[kind]] for kind in ("added", "removed", "changed")] == [
        [4],
        [1],
        [2],
    ]
    told = labeled.run("releases", "diff", "v1", "v2")
    assert f"[-{before.split()[0]}-] {{+quite+}}" in told
    assert "1 added, 1 removed, 1 with changed words" in told
    labeled.run("releases", "diff", "v1", "v9", code=1)
    assert "v9" in labeled.errors


def test_the_same_texts_and_audio_give_the_same_files_on_two_machines(asrlab: Asrlab, tmp_path: Path) -> None:
    """Two folders stand for two machines: other paths, another catalog, another order of ingestion."""
    for name, order in (("one", (0, 1, 2)), ("two", (2, 1, 0))):
        place = tmp_path / name
        write_good_files(place / "audio", 3)
        for number in order:
            asrlab.run(
                *("label", place / "audio" / f"tone{number:03}.wav", "--inline", *FAKE),
                ASRLAB_CATALOG=str(place / "catalog.db"),
            )
        asrlab.run(
            *("export", "lhotse", "--copy-audio", "--out", place / "out"),
            ASRLAB_CATALOG=str(place / "catalog.db"),
        )
    one, two = (files(tmp_path / name / "out") for name in ("one", "two"))
    lock = "export.lock.json"
    # The lock names the catalog's own ids.
    assert {name: content for name, content in one.items() if name != lock} == {
        name: content for name, content in two.items() if name != lock
    }
    everything = b"".join(one.values())
    assert str(tmp_path).encode() not in everything


def test_verify_accounts_for_every_second(labeled: Asrlab) -> None:
    told = labeled.run("verify")
    assert f"labeled: {CLIPS} segments" in told
    assert "nothing is wrong" in told
    edit(labeled, 1, "no", "rejected")
    assert "rejected: 1 segments" in labeled.run("verify")
    write_good_files(labeled.folder / "audio", CLIPS + 1)
    labeled.run("ingest", "audio")
    assert "was not cut yet" in labeled.run("verify", code=1)
    labeled.run("segment", "--no-vad")
    assert "waits for a text" in labeled.run("verify", code=1)
    labeled.run("label", "audio", "--inline", *FAKE)
    labeled.run("verify")
    path = labeled.folder / "audio" / "tone000.wav"
    stat, content = path.stat(), path.read_bytes()
    path.write_bytes(content[:-2] + b"xx")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    labeled.run("verify", "--quick")
    assert "tone000.wav holds other bytes" in labeled.run("verify", code=1)


def test_verify_finds_what_was_changed_in_a_release(labeled: Asrlab) -> None:
    labeled.run("export", "nemo", "--out", "v1", "--release", "v1", "--copy-audio")
    told = labeled.run("verify", "v1")
    assert f"{CLIPS} utterances" in told
    manifest = labeled.folder / "v1" / "manifest.jsonl"
    lines = manifest.read_text(encoding="utf-8").splitlines(keepends=True)
    manifest.write_text("".join(lines[:-1]), encoding="utf-8")
    report: dict[str, Any] = json.loads(labeled.run("verify", "v1", "--json", code=1))
    assert any("manifest.jsonl was changed" in problem for problem in report["problems"])
    assert any(f"finds {CLIPS - 1} utterances, not {CLIPS}" in problem for problem in report["problems"])
    labeled.run("export", "nemo", "--out", "v1", "--release", "v1")
    labeled.run("verify", "v1")
    shutil.move(labeled.folder / "v1", labeled.folder / "moved")
    labeled.run("verify", "v1", code=1)
    labeled.run("verify", "v1", "--dir", "moved")
    labeled.run("verify", "--dir", "moved")


def test_forgetting_removes_audio_and_texts_and_names_releases(labeled: Asrlab) -> None:
    labeled.run("export", "nemo", "--out", "v1", "--release", "v1")
    labeled.run("forget", "--recording", "tone001.wav", code=1)
    assert (labeled.folder / "audio" / "tone001.wav").exists()
    told = labeled.run("forget", "--recording", "tone001.wav", "--yes")
    assert "forgotten: 1 files, 1 texts, 1 segments, 1 recordings" in told
    assert "v1" in told
    assert not (labeled.folder / "audio" / "tone001.wav").exists()
    assert labeled.query("SELECT COUNT(*) AS n FROM v_current") == [{"n": CLIPS - 1}]
    labeled.run("export", "nemo", "--out", "again", "--release", "v1", code=1)
    assert "were forgotten" in labeled.errors
    # It does not come back by the back door.
    write_good_files(labeled.folder / "back", 2)
    labeled.run("label", "back", "--inline", *FAKE, code=3)
    assert [row["reason"] for row in labeled.json("failures", "--json")] == ["forgotten"]
    labeled.run("forget", "--speaker", "nobody", "--yes", code=1)
    assert len(labeled.errors.splitlines()) == 1


def test_audio_that_changed_is_named_before_anything_is_written(labeled: Asrlab) -> None:
    path = labeled.folder / "audio" / "tone002.wav"
    samples, rate = soundfile.read(path)
    soundfile.write(path, samples * 0.5, rate)
    labeled.run("export", "nemo", "--out", "out", code=1)
    assert "tone002.wav" in labeled.errors
    assert "changed" in labeled.errors
    assert not (labeled.folder / "out" / "manifest.jsonl").exists()
