"""The page's waveform library out of its npm package, into wheel and source archive; for `make assets` and hatchling.

It stands alone: where a wheel is built, asrlab is not installed. An editable install asks for nothing.
"""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "wavesurfer.js"
VERSION = "8.0.1"
# What the registry calls `dist.integrity`: of the archive, as in Subresource Integrity.
INTEGRITY = "sha512-h0OnRWSVTqIYLSw3/IVrBtsun/xw9L5u4FA3bjfSDTFMX/xswVWS1JwK4fFu3ulmxRUSHg8zQORl6zENG983eg=="
# In the archive → in our folder.
FILES = {
    "package/LICENSE": "LICENSE",
    "package/package.json": "package.json",
    "package/dist/wavesurfer.esm.js": "wavesurfer.esm.js",
    "package/dist/plugins/minimap.esm.js": "plugins/minimap.esm.js",
    "package/dist/plugins/regions.esm.js": "plugins/regions.esm.js",
    "package/dist/plugins/timeline.esm.js": "plugins/timeline.esm.js",
}
FOLDER = "asrlab/web/vendor/wavesurfer"
EDITABLE = "editable"


class AssetsHook(BuildHookInterface):  # type: ignore[type-arg]
    """Puts the files into what is built; a source archive holds them, so that a wheel made from it needs no npm."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == EDITABLE:
            return
        make_assets(Path(self.root) / FOLDER)
        # They are ignored by git, and would be by the build.
        build_data["artifacts"].append(f"/{FOLDER}/")


def make_assets(folder: Path) -> None:
    """Let `folder` hold the files of the version wanted, fetching it only when it does not.

    Exits with what to do when npm is missing or fails, or when the archive is not the one that was looked at.
    """
    if _is_complete(folder):
        return
    with tempfile.TemporaryDirectory(prefix="asrlab-assets-") as scratch:
        archive = _packed(Path(scratch))
        found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if found != INTEGRITY:
            sys.exit(
                f"{PACKAGE} {VERSION} is not the archive that asrlab was tried with: its hash is {found}"
            )
        unpacked = Path(scratch) / "unpacked"
        _unpack(archive, unpacked)
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.move(unpacked, folder)


def _is_complete(folder: Path) -> bool:
    if not all((folder / name).is_file() for name in FILES.values()):
        return False
    about = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    return bool(about["version"] == VERSION)


def _packed(folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        sys.exit(
            "building asrlab from a clone needs npm (Node.js), for the waveform of `asrlab review`: install it, or "
            "install asrlab's wheel or source archive, which hold what it fetches"
        )
    done = subprocess.run(
        [npm, "pack", "--silent", f"{PACKAGE}@{VERSION}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"npm could not fetch {PACKAGE} {VERSION}: {done.stderr.strip() or done.stdout.strip()}")
    return folder / done.stdout.split()[-1]


def _unpack(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as files:
        for name, ours in FILES.items():
            target = folder / ours
            target.parent.mkdir(parents=True, exist_ok=True)
            member = files.extractfile(name)
            assert member is not None, f"{name} is no file"
            target.write_bytes(member.read())


if __name__ == "__main__":
    make_assets(Path(__file__).resolve().parents[2] / FOLDER)
