"""From the catalog to a data set on disk: select, split, lay out the audio, write, and say what was written.

A release is sealed at the very end, in one transaction: what was killed before has left whole files and no name.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from asrlab.audio.files import printable
from asrlab.catalog import Catalog
from asrlab.catalog.releases import (
    NewExport,
    NewRelease,
    Release,
    export_folders,
    find_release,
    note_export,
    seal,
)
from asrlab.catalog.runs import EngineFacts, engines_of_runs
from asrlab.errors import OptionError, ReleaseError
from asrlab.export.audio import ReferencedAudio, check_audio
from asrlab.export.card import CardFacts, write_card
from asrlab.export.dataset import SpooledDataSet
from asrlab.export.formats.protocol import AudioNeed, Format
from asrlab.export.gather import Gathered, gather, items_of, recordings_of
from asrlab.export.layout import laid_out
from asrlab.export.lock import LockedFile, digest_of, locked_files, write_lock
from asrlab.export.registry import find_format
from asrlab.export.request import (
    ExportRequest,
    SelectionOptions,
    WritingOptions,
    options_json,
    options_of,
    shown_options,
)
from asrlab.export.splitting import Splits, new_splits, sealed_splits, split_of_transcripts
from asrlab.export.statistics import Statistics, statistics_of
from asrlab.export.sweeping import check_no_source, former_export
from asrlab.export.undoing import make_folder, undone_when_refused


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote. path: the manifest, or the folder where there are several.

    splits: counts by split, {"": all} without splits. left_out: by reason, utterances and milliseconds. leaks: what
    the splits avoided, in words. is_again: whether it is a release that was sealed before.
    """

    path: Path
    splits: Mapping[str, Statistics]
    left_out: Mapping[str, tuple[int, int]]
    leaks: Sequence[str]
    is_again: bool = False

    @property
    def num_utterances(self) -> int:
        return sum(each.num_utterances for each in self.splits.values())


def export(catalog: Catalog, request: ExportRequest) -> Exported:
    """Write what is asked for; the same catalog, or the same release, gives the same bytes.

    Each file takes its place when it is whole. Raises QueryError for a bad condition, InputNotFoundError when audio it
    would point to is gone, UserError when audio can't be read or was changed, ReleaseError when a release can't be made
    again, OptionError when nothing is left to write, the format can't hold a text, or the folder can't be written.
    """
    release = _release(catalog, request)
    if release is not None:
        request = _as_sealed(request, release)
    form = find_format(request.form, request.writing.variant)
    check_no_source(catalog, request.folder)
    try:
        with _made(request.folder), undone_when_refused():
            return _written(catalog, request, form, release)
    except OSError as error:
        raise OptionError(f"can't write to {printable(request.folder)}: {error.strerror or error}") from error


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """The folder, made when there is none; an export that fails before it wrote anything leaves none behind."""
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        if is_new:
            with suppress(OSError):
                folder.rmdir()
        raise


def _written(catalog: Catalog, request: ExportRequest, form: Format, release: Release | None) -> Exported:
    found = gather(
        catalog,
        request.selection,
        request.folder,
        words=form.words,
        seal=bool(request.release) and release is None,
        release=release,
        pinned=not _lays_audio(form, request.writing),
    )
    with closing(found):
        return _Export(catalog, request, form, release, found).run()


class _Export:
    """One export of what was gathered."""

    def __init__(
        self, catalog: Catalog, request: ExportRequest, form: Format, release: Release | None, found: Gathered
    ) -> None:
        self._catalog, self._request, self._form, self._release = catalog, request, form, release
        self._found = found

    def run(self) -> Exported:
        if self._found.num_utterances == 0:
            raise OptionError(
                "nothing to export: no transcript meets the selection (see `asrlab status`)"
                + _left_out_words(self._left_out())
            )
        # What names no audio can be made again without it.
        if self._release is None or self._form.audio is not AudioNeed.NONE:
            check_audio(self._found.spool.bare())
        splits = self._splits()
        data = {name: self._data(name, splits.letters) for name in splits.names}
        statistics = {
            name: statistics_of(each.recordings()) if name else self._found.statistics
            for name, each in data.items()
        }
        manifests: list[Path] = []
        written: list[Path] = []
        for name, each in data.items():
            if statistics[name].num_utterances:
                paths = self._write(name, each)
                manifests.append(paths[0])
                written += paths
        with self._catalog.reading() as session:
            engines = engines_of_runs(session, [run for run in self._found.run_ids if run is not None])
        files = locked_files(self._request.folder, written)
        self._check_again(files)
        card = write_card(self._request.folder, self._card(engines, splits), statistics)
        everything = [*files, *locked_files(self._request.folder, card)]
        former = former_export(self._request.folder, self._request.form)
        facts = self._facts(engines, splits, statistics)
        lock = write_lock(self._request.folder, facts, self._found.lines, everything)
        self._note(splits, statistics, files, lock)
        former.sweep(everything)
        path = manifests[0] if len(manifests) == 1 else self._request.folder
        return Exported(path, statistics, self._left_out(), splits.report, self._release is not None)

    def _splits(self) -> Splits:
        if self._release is not None:
            return sealed_splits(self._release, self._found)
        return new_splits(self._catalog, self._request.selection, self._found.spool, self._request.folder)

    def _data(self, split: str, letters: bytes) -> SpooledDataSet:
        writing = self._request.writing
        return SpooledDataSet(
            self._found.spool, ReferencedAudio(), writing.shard_size, writing.copy_audio, letters, split
        )

    def _write(self, split: str, data: SpooledDataSet) -> list[Path]:
        """Write one split below a folder of its name; returns the manifest and all other files, audio included."""
        folder = self._request.folder / split
        make_folder(folder)
        with laid_out(self._form, self._request.writing, folder, data.recordings) as layout:
            data = replace(data, audio=layout.audio)
            written = list(self._form.write(data, folder))
            layout.sweep()
            return [*written, *layout.files(data)]

    def _check_again(self, files: Sequence[LockedFile]) -> None:
        """That a release made again is, byte for byte, what was sealed; only the way it was sealed can be compared."""
        release, request = self._release, self._request
        if release is None or not _is_as_sealed(request, release):
            return
        names_itself = not request.writing.copy_audio and (
            self._form.audio in (AudioNeed.CLIPS, AudioNeed.WAV) or bool(request.writing.clips)
        )
        if names_itself:
            with self._catalog.reading() as session:
                folders = [folder for folder, _ in export_folders(session, release.release_id)]
            if str(request.folder.resolve()) not in folders:
                # Its absolute paths lead into this folder, so they can't be those of another one.
                return
        if digest_of(files) != release.manifest_sha256:
            raise ReleaseError(
                f"what was written to {printable(request.folder)} is not what {release.name} was sealed with: "
                "another version of asrlab, or of a library that writes audio"
            )

    def _left_out(self) -> dict[str, tuple[int, int]]:
        found = self._found
        return {
            reason: (count, found.left_out_ms[reason]) for reason, count in sorted(found.left_out.items())
        }

    def _facts(
        self, engines: Sequence[EngineFacts], splits: Splits, statistics: Mapping[str, Statistics]
    ) -> dict[str, Any]:
        request = self._request
        return {
            "release": request.release or None,
            "format": request.form,
            "query": {"selection": asdict(request.selection), "writing": asdict(request.writing)},
            "engines": [each._asdict() for each in engines],
            "counts": {
                name or "all": {
                    "utterances": each.num_utterances,
                    "recordings": each.num_recordings,
                    "seconds": each.audio_seconds,
                }
                for name, each in statistics.items()
            },
            "left_out": {
                reason: {"utterances": count, "seconds": length / 1000}
                for reason, (count, length) in self._left_out().items()
            },
            "leaks_avoided": list(splits.report),
        }

    def _card(self, engines: Sequence[EngineFacts], splits: Splits) -> CardFacts:
        request = self._request
        return CardFacts(
            title=request.release or "Speech data set",
            form=request.form,
            query=shown_options(request.selection, request.writing),
            engines=sorted({each[:3] for each in engines}),
            left_out=self._left_out(),
            leaks=splits.report,
            data_files=self._form.data_files,
        )

    def _note(
        self,
        splits: Splits,
        statistics: Mapping[str, Statistics],
        files: Sequence[LockedFile],
        lock: str,
    ) -> None:
        request = self._request
        new = NewExport(
            form=request.form,
            folder=str(request.folder.resolve()),
            options=options_json(request.selection, request.writing),
            num_utterances=sum(each.num_utterances for each in statistics.values()),
            audio_seconds=sum(each.audio_seconds for each in statistics.values()),
            lock_sha256=lock,
        )
        of_transcripts = split_of_transcripts(self._found.spool, splits)
        with self._catalog.writing() as session:
            release_id = self._release.release_id if self._release else None
            if request.release and self._release is None:
                release_id = seal(
                    session,
                    NewRelease(
                        request.release, new, splits.letters, splits.names, splits.report, digest_of(files)
                    ),
                    recordings_of(self._found),
                    items_of(self._found, of_transcripts),
                )
            note_export(session, new, release_id)


def _release(catalog: Catalog, request: ExportRequest) -> Release | None:
    """The release to make again; None for an export without a name, or with a new one."""
    if not request.release:
        return None
    with catalog.reading() as session:
        found = find_release(session, request.release)
    if found is not None and found.num_forgotten:
        raise ReleaseError(
            f"{found.name} can't be made again: {found.num_forgotten} of its texts were forgotten; "
            "seal what is left under another name"
        )
    return found


def _as_sealed(request: ExportRequest, release: Release) -> ExportRequest:
    """The request with the release's own options; its own way of writing too, unless another one is asked for."""
    selection, writing = options_of(release.options)
    if request.selection not in (SelectionOptions(), selection):
        raise ReleaseError(
            f"{release.name} is sealed with other options (`asrlab releases show {release.name}`): give none, "
            "or another name"
        )
    is_same_way = request.form == release.format and request.writing == WritingOptions()
    return replace(request, selection=selection, writing=writing if is_same_way else request.writing)


def _is_as_sealed(request: ExportRequest, release: Release) -> bool:
    return request.form == release.format and request.writing == options_of(release.options)[1]


def _lays_audio(form: Format, writing: WritingOptions) -> bool:
    """Whether no path of audio elsewhere is written: it is copied, cut or packed."""
    has_clips = form.audio in (AudioNeed.CLIPS, AudioNeed.PACKED) or bool(writing.clips)
    return has_clips or (writing.copy_audio and form.audio is not AudioNeed.NONE)


def _left_out_words(left_out: Mapping[str, tuple[int, int]]) -> str:
    if not left_out:
        return ""
    told = ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, (count, _) in left_out.items())
    return f"; left out: {told}"
