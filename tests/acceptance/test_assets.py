"""The page's files in what is built: fetched once from a clone, and never where somebody installs."""

import os
import runpy
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.acceptance.conftest import REPOSITORY

VENDOR = "asrlab/web/vendor/wavesurfer"
HELD = (
    f"{VENDOR}/LICENSE",
    f"{VENDOR}/wavesurfer.esm.js",
    f"{VENDOR}/plugins/regions.esm.js",
    "asrlab/web/static/index.html",
)

pytestmark = pytest.mark.skipif(
    not (REPOSITORY / HELD[0]).exists(), reason="there is no wavesurfer: `make assets`"
)


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(REPOSITORY, tmp_path_factory.mktemp("sdist"), "--sdist")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What git has of what is built: without what `make assets` fetched."""
    copied = tmp_path / "clone"
    left = shutil.ignore_patterns("vendor", "__pycache__")
    for name in ("asrlab", "flows", "migrations"):
        shutil.copytree(REPOSITORY / name, copied / name, ignore=left)
    for name in (".gitignore", "LICENSE", "README.md", "prefect.yaml", "pyproject.toml"):
        shutil.copy(REPOSITORY / name, copied / name)
    return copied


def without_npm(folder: Path) -> dict[str, str]:
    """An environment in which no program is found but Python."""
    folder.mkdir(exist_ok=True)
    return {**os.environ, "PATH": str(folder)}


def build(source: Path, out: Path, *arguments: str, environment: dict[str, str] | None = None) -> Path:
    done = run_build(source, out, *arguments, environment=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.iterdir()
    return built


def run_build(
    source: Path, out: Path, *arguments: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", out, *arguments, source],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_wheel_from_the_source_archive_holds_the_page_and_needs_no_npm(sdist: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
        archive.extractall(tmp_path / "source", filter="data")
    assert set(HELD) <= names
    assert "asrlab/web/build_assets.py" in names
    (source,) = (tmp_path / "source").iterdir()
    wheel = build(source, tmp_path / "out", "--wheel", environment=without_npm(tmp_path / "bin"))
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        assert set(HELD) <= names
        assert "asrlab/web/build_assets.py" not in names
        assert archive.read(HELD[1]) == (REPOSITORY / HELD[1]).read_bytes()
        assert b"BSD 3-Clause License" in archive.read(HELD[0])


def test_a_clone_without_npm_says_what_to_do(clone: Path, tmp_path: Path) -> None:
    done = run_build(clone, tmp_path / "out", "--wheel", environment=without_npm(tmp_path / "bin"))
    assert done.returncode != 0
    assert "needs npm" in done.stdout + done.stderr


def test_an_editable_install_of_a_clone_needs_no_npm(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    loaded = runpy.run_path(str(clone / "asrlab/web/build_assets.py"))
    hook = loaded["AssetsHook"](str(clone), {}, None, None, str(tmp_path), "wheel")
    hook.initialize("editable", {"artifacts": []})
    assert not (clone / VENDOR).exists()
    with pytest.raises(SystemExit, match="needs npm"):
        hook.initialize("standard", {"artifacts": []})


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo altered > wavesurfer.js-8.0.1.tgz; echo wavesurfer.js-8.0.1.tgz", "its hash is sha512-"),
        ("echo no network >&2; exit 1", "could not fetch wavesurfer.js 8.0.1: no network"),
    ],
)
def test_an_archive_that_is_another_or_does_not_come_is_never_built_in(
    clone: Path, tmp_path: Path, script: str, told: str
) -> None:
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(f"#!/bin/sh\n{script}\n")
    npm.chmod(0o755)
    done = subprocess.run(
        [sys.executable, clone / "asrlab/web/build_assets.py"],
        env=without_npm(npm.parent),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, told in done.stderr) == (1, True), done.stderr
    assert not (clone / VENDOR).exists()
