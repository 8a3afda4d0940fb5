"""Forgetting: first the files, then the rows. While a file can't be removed, its rows stay and say where it lies."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from asrlab.audio.files import printable
from asrlab.audio.peaks import remove_outline
from asrlab.audio.probe import content_hash
from asrlab.audio.remote.urls import is_url
from asrlab.catalog import Catalog
from asrlab.catalog.forget import Doomed, Place, audio_places, of_speaker, releases_that_hold
from asrlab.catalog.forget import forget as forget_rows
from asrlab.catalog.recordings import content_hashes, find_recordings
from asrlab.catalog.releases import export_folders, get_release
from asrlab.errors import InputNotFoundError, UserError


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What would go. files: of this machine, to be removed; elsewhere: URLs that nobody but their owner can empty.

    shared: recordings that stay, because others speak in them too. releases: how many of the texts each holds;
    folders: where those were written.
    """

    doomed: Doomed
    files: tuple[str, ...]
    elsewhere: tuple[str, ...]
    releases: dict[str, int]
    folders: tuple[str, ...]


def plan_forgetting(catalog: Catalog, recordings: Sequence[str], speakers: Sequence[str]) -> Forgetting:
    """What these recordings (id, hash, place or file name) and persons are; changes nothing.

    Raises InputNotFoundError for one that nothing is known of.
    """
    with catalog.reading() as session:
        whole: dict[int, None] = {}
        segments: dict[int, None] = {}
        for wanted in recordings:
            found = find_recordings(session, wanted)
            if not found:
                raise InputNotFoundError(f"no recording is called {wanted!r}: see v_recordings")
            whole.update(dict.fromkeys(found))
        for speaker in speakers:
            said = of_speaker(session, speaker)
            if not said.recordings and not said.segments:
                raise InputNotFoundError(
                    f'nobody is called {speaker!r}: see `asrlab sql "SELECT DISTINCT speaker FROM v_segments"`'
                )
            whole.update(dict.fromkeys(said.recordings))
            segments.update(dict.fromkeys(said.segments))
        doomed = Doomed(tuple(sorted(whole)), tuple(sorted(segments)))
        places = audio_places(session, doomed.recordings)
        releases = releases_that_hold(session, doomed)
        folders = {
            folder
            for name in releases
            for folder, _ in export_folders(session, get_release(session, name).release_id)
        }
    return Forgetting(
        doomed,
        tuple(place.uri for place in places if _holds(place)),
        tuple(place.uri for place in places if is_url(place.uri)),
        releases,
        tuple(sorted(folders)),
    )


def forget(catalog: Catalog, forgetting: Forgetting, *, keep_audio: bool = False) -> dict[str, int]:
    """Carry it out; returns how many files and rows of each kind went. keep_audio: leave the files alone.

    Raises UserError when a file can't be removed; then no row is gone yet.
    """
    removed = 0
    with catalog.reading() as session:
        places = audio_places(session, forgetting.doomed.recordings)
        hashes = content_hashes(session, forgetting.doomed.recordings)
    _remove_copies(places)
    for digest in hashes:
        remove_outline(digest)
    if not keep_audio:
        for uri in forgetting.files:
            try:
                os.unlink(uri)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise UserError(
                    f"can't remove {printable(uri)}: {error.strerror}; no text was removed. Remove it by hand, or "
                    "give --keep-audio"
                ) from error
            removed += 1
    return {"files": removed, **forget_rows(catalog, forgetting.doomed)}


def _holds(place: Place) -> bool:
    """Whether the very bytes of the recording lie there: another file that came to the place is nobody's to remove."""
    if is_url(place.uri) or not os.path.isfile(place.uri):
        return False
    return content_hash(Path(place.uri)) == place.content_hash


def _remove_copies(places: Sequence[Place]) -> None:
    remote = [place for place in places if is_url(place.uri)]
    if remote:
        from asrlab.audio.remote.copies import remove_copy

        for place in remote:
            remove_copy(place.content_hash, place.uri)
