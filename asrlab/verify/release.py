"""A release: is what was written still that, byte for byte, and does a reader find in it what was sealed?"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from asrlab.catalog import Catalog
from asrlab.catalog.releases import Release, export_folders, get_release, transcripts_of_release
from asrlab.errors import ReleaseError, UserError
from asrlab.export.lock import FILE_NAME, LockedFile, files_of, is_list_whole, read_lock
from asrlab.verify.read_back import read_back
from asrlab.verify.report import Report
from asrlab.verify.unlisted import unlisted_files


def verify_release(catalog: Catalog, name: str, folder: Path | None = None) -> Report:
    """Check what a release was written to: its newest folder, or `folder`. Raises ReleaseError without either."""
    with catalog.reading() as session:
        release = get_release(session, name)
        folders = export_folders(session, release.release_id)
        sealed = set(transcripts_of_release(session, release.release_id))
    known = dict(folders)
    chosen = folder.resolve() if folder else Path(folders[0][0]) if folders else None
    if chosen is None:
        raise ReleaseError(f"{name} was written nowhere that is known: give --dir")
    report = Report([f"release {name}, written to {chosen}"])
    if release.num_forgotten:
        report.problems.append(f"{release.num_forgotten} texts of {name} were forgotten since it was sealed")
    lock = _check_folder(chosen, report)
    if lock is not None:
        report.problems += _against_catalog(release, sealed, lock)
        checksum = hashlib.sha256((chosen / FILE_NAME).read_bytes()).hexdigest()
        if str(chosen) in known and checksum != known[str(chosen)]:
            report.problems.append(f"{chosen / FILE_NAME} is not the one that was written there")
    return report


def verify_folder(folder: Path) -> Report:
    """Check the files of any export against its own lock file; needs no catalog."""
    report = Report([f"export in {folder}"])
    _check_folder(folder, report)
    return report


def _check_folder(folder: Path, report: Report) -> dict[str, Any] | None:
    try:
        lock = read_lock(folder)
    except UserError as error:
        report.problems.append(str(error))
        return None
    files = files_of(lock)
    report.problems += _changed_files(folder, files)
    size = sum(file.size for file in files)
    report.facts.append(f"{len(files)} files, {size / 1e6:.1f} MB: checksums compared")
    if not is_list_whole(lock):
        report.problems.append(
            f"{folder / FILE_NAME}: its list of files was changed: write the release again"
        )
    report.problems += (f"not of this release: {path}" for path in unlisted_files(folder, files))
    _read_back(folder, lock, report)
    return lock


def _changed_files(folder: Path, files: list[LockedFile]) -> Iterator[str]:
    for file in files:
        path = folder / file.path
        try:
            with path.open("rb") as content:
                digest = hashlib.file_digest(content, "sha256").hexdigest()
        except OSError as error:
            yield f"{path}: {error.strerror}: write the release again"
            continue
        if digest != file.sha256:
            yield f"{path} was changed since it was written: write the release again"


def _read_back(folder: Path, lock: dict[str, Any], report: Report) -> None:
    """Let a reader of the format count what it finds in each split."""
    for split, counts in lock["counts"].items():
        wanted = counts["utterances"]
        if not wanted:
            continue
        below = folder if split == "all" else folder / split
        listed = (folder / file.path for file in files_of(lock))
        own = (path for path in listed if path.is_relative_to(below))
        form = lock["format"]
        found = read_back(own, form, lock["query"]["writing"]["variant"])
        name = "" if split == "all" else f" of {split}"
        if found is None:
            report.facts.append(f"{wanted} utterances{name}: no reader of {form} counts utterances")
        elif not found.is_of(wanted):
            report.problems.append(
                f"{below}: a reader of {form} finds {found.count} {found.parts or 'utterances'}, not {wanted}"
                f"{' or more' if found.parts else ''}"
            )
        elif found.parts:
            report.facts.append(
                f"{wanted} utterances{name}, in {found.count} {found.parts} as a reader of {form} finds them"
            )
        else:
            report.facts.append(f"{wanted} utterances{name}, as a reader of {form} finds them")


def _against_catalog(release: Release, sealed: set[int], lock: dict[str, Any]) -> Iterator[str]:
    if lock["release"] != release.name:
        yield f"the lock file is of {lock['release'] or 'no release'}, not of {release.name}"
        return
    written = sum(counts["utterances"] for counts in lock["counts"].values())
    if written != release.num_utterances:
        yield f"{written} utterances were written, {release.num_utterances} were sealed"
    named = {each for recording in lock["recordings"] for each in recording["transcripts"]}
    if named - sealed:
        yield f"{len(named - sealed)} texts were written that are not in {release.name}"
    unexplained = len(sealed - named)
    left_out = sum(each["utterances"] for each in lock["left_out"].values())
    if unexplained and not left_out:
        yield f"{unexplained} texts of {release.name} were not written, and nothing says why"
