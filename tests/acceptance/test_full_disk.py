"""A full disk: one clear line, nothing left behind, nothing lost; with room again, the same command goes on."""

import contextlib
import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.acceptance.conftest import TIME_LIMIT_S, Asrlab
from tests.factories import write_tone

FAKE = ("--engine", "fake", "--aligner", "fake", "--no-vad")
CONTENTS = "SELECT uri, start_s, end_s, text FROM v_current ORDER BY uri, start_s"
FILES = 40
DISK_BYTES = 4 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for a catalog and little more."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip("a file system of its own needs the right to mount one")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    for index in range(FILES):
        write_tone(tmp_path / "audio" / f"{index:02}.wav", 0.3, 200 + index)
    return tmp_path / "audio"


def fill(folder: Path, leave: int) -> Path:
    """Take all but `leave` bytes."""
    filler = folder / "filler"
    with filler.open("wb") as file:
        file.write(bytes(max(0, os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize - leave)))
    return filler


def one_line(errors: str) -> str:
    """What was said, without the progress."""
    (line,) = [line for line in errors.splitlines() if line.startswith("asrlab:")]
    return line


@pytest.fixture
def own(asrlab: Asrlab) -> Asrlab:
    """`asrlab` with a folder for temporary files that is its own, by which its processes are known too."""
    asrlab.environment["TMPDIR"] = str(asrlab.folder / "tmp")
    (asrlab.folder / "tmp").mkdir()
    return asrlab


def left_behind(place: Asrlab) -> list[str]:
    """Processes and temporary files of calls that have ended."""
    found = os.listdir(place.environment["TMPDIR"])
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("TMPDIR") == place.environment["TMPDIR"]:
                found.append(" ".join(process.cmdline()))
    return found


@pytest.mark.parametrize("way", [["--inline"], []], ids=["inline", "flow"])
def test_the_catalogs_disk_runs_full(own: Asrlab, small_disk: Path, audio: Path, way: list[str]) -> None:
    own.environment["ASRLAB_CATALOG"] = f"sqlite:///{small_disk / 'catalog.db'}"
    own.run("init")
    filler = fill(small_disk, 250_000)
    own.run("label", *way, *FAKE, audio, code=1)
    assert "is full: make room" in one_line(own.errors)
    filler.write_bytes(b"")
    stored = own.query("SELECT COUNT(*) AS stored FROM v_recordings")[0]["stored"]
    assert 0 < stored < FILES
    assert left_behind(own) == []
    filler.unlink()
    own.run("label", "--inline", *FAKE, audio)
    of_both = own.query(CONTENTS)
    undisturbed = f"sqlite:///{own.folder / 'undisturbed.db'}"
    own.run("label", "--inline", *FAKE, audio, ASRLAB_CATALOG=undisturbed)
    own.environment["ASRLAB_CATALOG"] = undisturbed
    assert of_both == own.query(CONTENTS)


def test_no_room_to_open_or_make_a_catalog(asrlab: Asrlab, small_disk: Path, audio: Path) -> None:
    catalog = f"sqlite:///{small_disk / 'catalog.db'}"
    filler = fill(small_disk, 0)
    for command in (["init"], ["label", "--inline", *FAKE, audio]):
        asrlab.run(*command, code=1, ASRLAB_CATALOG=catalog)
        assert "full" in one_line(asrlab.errors)
    filler.unlink()
    asrlab.run("init", ASRLAB_CATALOG=catalog)
    filler = fill(small_disk, 0)
    asrlab.run("label", "--inline", *FAKE, audio, code=1, ASRLAB_CATALOG=catalog)
    assert "full" in one_line(asrlab.errors)


def test_the_servers_disk_is_full(own: Asrlab, small_disk: Path, audio: Path) -> None:
    fill(small_disk, 100_000)
    own.run("label", *FAKE, audio, code=1, ASRLAB_SERVER_DIR=str(small_disk / "prefect"))
    assert "Prefect server ended at its start" in one_line(own.errors)
    assert "--inline" in own.errors
    assert left_behind(own) == []


@pytest.mark.parametrize("form", ["nemo", "lhotse", "kaldi", "srt", "qwen3-asr"])
def test_an_export_that_does_not_fit_leaves_no_half_file(
    asrlab: Asrlab, small_disk: Path, audio: Path, form: str
) -> None:
    asrlab.run("label", "--inline", *FAKE, audio)
    fill(small_disk, 2_000)
    asrlab.run("export", form, "--out", small_disk / "out", code=1)
    assert "No space left on device" in one_line(asrlab.errors)
    names = {path.name for path in (small_disk / "out").rglob("*")}
    assert not names & {"manifest.jsonl", "supervisions.jsonl.gz", "segments", "train.jsonl"}
    assert not any(name.startswith(".") for name in names)


def test_a_file_size_limit_is_told_like_a_full_disk(asrlab: Asrlab, audio: Path) -> None:
    """The same without the right to mount: the catalog may not grow."""
    asrlab.run("init")
    size = (asrlab.folder / "asrlab.db").stat().st_size

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    done = subprocess.run(
        asrlab.command("label", "--inline", *FAKE, audio),
        cwd=asrlab.folder,
        env=asrlab.environment,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        preexec_fn=limit,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert one_line(done.stderr)
    asrlab.run("label", "--inline", *FAKE, audio)
    assert len(asrlab.query(CONTENTS)) == FILES
