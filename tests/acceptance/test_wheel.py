"""The wheel works from any folder: flows and migrations come along."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.acceptance.conftest import REPOSITORY
from tests.conftest import FAKE_PLUGIN
from tests.factories import write_tone


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout and unpacked as an installer would."""
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, REPOSITORY],
        check=True,
        capture_output=True,
    )
    (wheel,) = out.glob("*.whl")
    site = out / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def run(unpacked: Path, folder: Path, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ASRLAB_")}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={
            **environment,
            "PYTHONPATH": f"{unpacked}{os.pathsep}{FAKE_PLUGIN}",
            "ASRLAB_SERVER_DIR": str(folder / "server"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_code_flows_and_migrations_are_in_the_wheel(unpacked: Path, tmp_path: Path) -> None:
    code = "import asrlab, flows, migrations; print(asrlab.__file__, flows.__file__, migrations.__file__)"
    places = run(unpacked, tmp_path, "-c", code).split()
    assert len(places) == 3
    assert all(Path(place).is_relative_to(unpacked) for place in places)
    assert list((unpacked / "migrations" / "versions").glob("0001*.py"))
    assert not (unpacked / "tests").exists()


def test_the_wheel_makes_and_queries_a_catalog_anywhere(unpacked: Path, tmp_path: Path) -> None:
    run(unpacked, tmp_path, "-m", "asrlab.cli.main", "init")
    assert (tmp_path / "asrlab.db").exists()
    out = run(
        unpacked,
        tmp_path,
        "-m",
        "asrlab.cli.main",
        "sql",
        "SELECT COUNT(*) AS n FROM v_current",
        "--format",
        "csv",
    )
    assert out == "n\n0\n"


def test_the_entry_points_name_what_is_there(unpacked: Path, tmp_path: Path) -> None:
    (metadata,) = unpacked.glob("asrlab-*.dist-info")
    entries = (metadata / "entry_points.txt").read_text()
    for line in ("asrlab = asrlab.cli.main:main", "whisper = asrlab.engines.whisper.factory:whisper_engine"):
        assert line in entries
    assert (metadata / "licenses" / "LICENSE").exists()


@pytest.mark.parametrize("way", [(), ("--inline",)], ids=["flow", "inline"])
def test_the_wheel_labels_anywhere(unpacked: Path, tmp_path: Path, way: tuple[str, ...]) -> None:
    write_tone(tmp_path / "a.wav")
    out = run(
        unpacked,
        tmp_path,
        *("-m", "asrlab.cli.main", "label", "a.wav", "--engine", "fake", "--aligner", "fake", "--no-vad"),
        *way,
    )
    assert "1 recordings, 1 segments" in out
