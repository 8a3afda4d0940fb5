"""Texts back into the catalog: files of a format → versions of origin `import`. Nothing that stands there is lost."""

import fnmatch
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path

from asrlab.audio.files import cannot_read, printable
from asrlab.catalog import Catalog
from asrlab.catalog.failures import INGEST, FailedItem, open_failures, record_failure, resolve_failure
from asrlab.catalog.forget import forgotten_hashes
from asrlab.catalog.imported_versions import ImportRun, NewText
from asrlab.catalog.imports import known_recording, store_texts
from asrlab.catalog.values import chunks
from asrlab.domain.imported import ImportedText
from asrlab.domain.labels import AlignedWord
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import MS_PER_SECOND, TimeSpan
from asrlab.errors import InputNotFoundError
from asrlab.ingest.imports import AudioName, Entry, ImportFormat, find_import_format
from asrlab.ingest.locating import AudioFinder, Located, Missing
from asrlab.ingest.manifests import BadLine
from asrlab.ingest.matching import NEAR_MS, Plan, Refused, plan_import
from asrlab.stopping import check_stop

TEXTS_AT_ONCE = 5_000
BYTES_AT_ONCE = 64 << 20
RECORDINGS_PER_TRANSACTION = 100
# So many lines of a file, and not one good: it is a file of something else.
LINES_TO_JUDGE_BY = 100


@dataclass(slots=True)
class ImportOutcome:
    """What an import did: texts read, of them new versions and new segments; recordings, of them new ones.

    failures: what stands in failures now because of it, by item.
    """

    texts: int = 0
    versions: int = 0
    segments: int = 0
    recording_ids: dict[int, None] = field(default_factory=dict)
    new_recordings: int = 0
    failures: dict[str, None] = field(default_factory=dict)


def import_texts(
    catalog: Catalog, form: str, path: Path, audio_folder: Path | None = None, corpus: str = ""
) -> ImportOutcome:
    """Bring the texts of a file, or of a folder's files, of this format into the catalog.

    audio_folder: where else to look for audio, and where to unpack what lies inside files. corpus: of new recordings.
    Idempotent: what stands there makes no new version. A line that can't be used becomes a failure, and the rest goes
    on; so does a file among several. Raises UserError when there is nothing of the format, and OptionError when audio
    must be unpacked and there is no folder for it.
    """
    chosen = find_import_format(form)
    return _Import(catalog, chosen, AudioFinder(catalog, audio_folder, corpus)).run(path)


class _Import:
    """One call."""

    def __init__(self, catalog: Catalog, form: ImportFormat, finder: AudioFinder) -> None:
        self._catalog, self._form, self._finder = catalog, form, finder
        self._outcome = ImportOutcome()
        self._words_run = ImportRun()
        # Texts of one import do not push each other out, in whatever order they come.
        self._placed: dict[int, set[int]] = {}

    def run(self, path: Path) -> ImportOutcome:
        files = _files(self._form, path)
        with self._catalog.reading() as session:
            before = set(open_failures(session, INGEST))
        try:
            for file in files:
                self._one_of(files, file)
        finally:
            # What was stored until here stands, whatever ended it.
            with self._catalog.writing() as session:
                self._words_run.finish(session)
        self._resolve(before, files)
        self._outcome.new_recordings = len(self._finder.new_recordings)
        return self._outcome

    def _one_of(self, files: Sequence[Path], file: Path) -> None:
        try:
            self._file(file)
        except (InputNotFoundError, ValueError, OSError, EOFError, zlib.error) as error:
            why = _why(file, error)
            if len(files) == 1:
                raise InputNotFoundError(why) from error
            self._fail(str(file), FailureReason.BAD_REFERENCE, why)

    def _file(self, file: Path) -> None:
        entries = iter(self._form.read(file))
        first = list(islice(entries, LINES_TO_JUDGE_BY))
        if not first:
            raise ValueError("it holds no text")
        if all(isinstance(each, BadLine) for each in first):
            raise ValueError(next(each.why for each in first if isinstance(each, BadLine)))
        for some in _batches(chain(first, entries)):
            check_stop()
            for each in some:
                if isinstance(each, BadLine):
                    self._fail(
                        each.place, FailureReason.BAD_REFERENCE, f"{printable(each.place)}: {each.why}"
                    )
            self._take(file, [each for each in some if isinstance(each, Entry)])

    def _take(self, file: Path, entries: Sequence[Entry]) -> None:
        said = [_plain(each) for each in entries if each.text.reference.text is not None]
        self._outcome.texts += len(said)
        found = self._finder.find((each.audio, file) for each in said)
        missing: dict[AudioName, int] = {}
        by_recording: dict[int, list[ImportedText]] = {}
        for each in said:
            place = found[each.audio, file]
            if isinstance(place, Located):
                by_recording.setdefault(place.recording_id, []).append(_moved(each.text, place))
                continue
            missing[each.audio] = missing.get(each.audio, 0) + 1
        self._note_missing(file, said, found, missing)
        for some in chunks(list(by_recording.items()), RECORDINGS_PER_TRANSACTION):
            self._store(file.name, some)

    def _note_missing(
        self,
        file: Path,
        entries: Iterable[Entry],
        found: Mapping[tuple[AudioName, Path], Located | Missing],
        missing: Mapping[AudioName, int],
    ) -> None:
        """One failure for each audio, at the first line that names it."""
        noted: set[AudioName] = set()
        for each in entries:
            place = found[each.audio, file]
            if isinstance(place, Located) or each.audio in noted:
                continue
            noted.add(each.audio)
            more = missing[each.audio] - 1
            if place.item:
                self._outcome.failures[place.item] = None
                continue
            line = each.text.reference.place
            count = f" ({more} more texts name it)" if more else ""
            self._fail(line, place.reason, f"{printable(line)}: {place.why}{count}")

    def _store(self, author: str, texts: Sequence[tuple[int, Sequence[ImportedText]]]) -> None:
        failed: list[tuple[int, Refused]] = []
        with self._catalog.writing() as session:
            forgotten = forgotten_hashes(session)
            for recording_id, said in texts:
                known = known_recording(session, recording_id, words=any(each.words for each in said))
                placed = self._placed.setdefault(recording_id, set())
                plan = plan_import(known, said, placed, forgotten)
                placed.update(store_texts(session, known, _new_texts(plan, author), self._words_run))
                failed += [(recording_id, each) for each in plan.refused]
                self._outcome.versions += sum(each.is_new for each in plan.placements)
                self._outcome.segments += sum(each.segment is None for each in plan.placements)
                self._outcome.recording_ids[recording_id] = None
            for recording_id, refused in failed:
                place = printable(refused.text.reference.place)
                record_failure(
                    session,
                    FailedItem(
                        INGEST,
                        place,
                        place,
                        refused.reason,
                        f"{place}: {refused.why}",
                        recording_id=recording_id,
                    ),
                )
                self._outcome.failures[place] = None

    def _fail(self, place: str, reason: FailureReason, why: str) -> None:
        item = printable(place)
        with self._catalog.writing() as session:
            record_failure(session, FailedItem(INGEST, item, item, reason, why))
        self._outcome.failures[item] = None

    def _resolve(self, before: Iterable[str], files: Sequence[Path]) -> None:
        """Mark as mended what failed in these files before and does no more."""
        names = tuple(printable(file) for file in files)
        mended = [
            item
            for item in before
            if item not in self._outcome.failures
            and any(item == name or item.startswith(f"{name}:") for name in names)
        ]
        if mended:
            with self._catalog.writing() as session:
                for item in mended:
                    resolve_failure(session, INGEST, item)


def _files(form: ImportFormat, path: Path) -> list[Path]:
    """The files of the format: the one that is named, or those in the folder and below."""
    given = Path(os.path.abspath(path.expanduser()))
    if not given.exists():
        raise InputNotFoundError(f"no such file or folder: {printable(path)}: check its spelling")
    if not given.is_dir():
        return [given]
    names = sorted(
        Path(folder, name)
        for folder, _, files in os.walk(given)
        for name in files
        if not _is_hidden(Path(folder, name).relative_to(given))
    )
    for patterns in form.wanted:
        found = [
            each for each in names if any(fnmatch.fnmatchcase(each.name, pattern) for pattern in patterns)
        ]
        if found:
            return found
    shown = ", ".join(pattern for patterns in form.wanted for pattern in patterns)
    raise InputNotFoundError(f"nothing of {form.name} in {printable(path)}: looked for {shown}")


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _batches(entries: Iterable[Entry | BadLine]) -> Iterator[list[Entry | BadLine]]:
    """Some thousand at a time; what follows on another of the same audio stays with it."""
    held: list[Entry | BadLine] = []
    held_bytes = 0
    last: AudioName | None = None
    for each in entries:
        audio = last if isinstance(each, BadLine) else each.audio
        if audio != last and (len(held) >= TEXTS_AT_ONCE or held_bytes >= BYTES_AT_ONCE):
            yield held
            held, held_bytes = [], 0
        held.append(each)
        held_bytes += audio.packed.held if audio is not None and audio.packed is not None else 0
        last = audio
    if held:
        yield held


def _plain(entry: Entry) -> Entry:
    """The entry; a text of nothing but white space is "", and has no words."""
    text = entry.text
    if text.text.strip():
        return entry
    return replace(entry, text=replace(text, reference=replace(text.reference, text=""), words=()))


def _moved(text: ImportedText, place: Located) -> ImportedText:
    """The text on the clock of the recording."""
    if place.tells_channel:
        text = replace(text, channel=place.channel, is_of_all=place.channel is None)
    if place.start_ms == 0 and place.end_ms is None:
        return text
    reference = text.reference
    shift = place.start_ms / MS_PER_SECOND
    end = reference.end
    if place.end_ms is not None:
        length = (place.end_ms - place.start_ms) / MS_PER_SECOND
        # A clip has whole samples, so its length is the interval's to a millisecond at best.
        if end is None or abs(end - length) * MS_PER_SECOND <= NEAR_MS:
            end = length
    words = tuple(
        AlignedWord(
            word.text,
            TimeSpan.from_ms(word.span.start_ms + place.start_ms, word.span.end_ms + place.start_ms),
            word.score,
            word.flags,
        )
        for word in text.words
    )
    return replace(
        text,
        reference=replace(reference, start=reference.start + shift, end=None if end is None else end + shift),
        words=words,
    )


def _new_texts(plan: Plan, author: str) -> list[NewText]:
    giving_way: dict[int, list[int]] = {}
    for segment_id, number in plan.superseded.items():
        giving_way.setdefault(number, []).append(segment_id)
    return [
        NewText(
            each.text,
            author,
            None if each.segment is None else each.segment.segment_id,
            each.channel,
            TimeSpan.from_ms(each.start_ms, each.end_ms),
            each.is_new,
            each.words,
            tuple(giving_way.get(number, ())),
        )
        for number, each in enumerate(plan.placements)
    ]


def _why(file: Path, error: Exception) -> str:
    if isinstance(error, OSError):
        return cannot_read(file, error).message
    return f"{printable(file)}: {error}"
