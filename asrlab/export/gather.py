"""From the catalog to a spool: the chosen texts of each recording, shaped, by the text profile.

The catalog is read for some hundred recordings at a time; what is written after this needs it no more.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from asrlab.catalog import Catalog
from asrlab.catalog.population import Population
from asrlab.catalog.recordings import audio_sources
from asrlab.catalog.releases import Release, ReleasedRecording, ReleaseItem, get_release
from asrlab.catalog.segments import stretches_of_today
from asrlab.catalog.selection import (
    ANY,
    Criteria,
    RecordingFacts,
    Row,
    SelectedRow,
    is_blank,
    recording_facts,
    sealed_facts,
    select_rows,
    words_of_alignments,
)
from asrlab.domain.audio import AudioSource
from asrlab.domain.time import MS_PER_SECOND
from asrlab.errors import OptionError
from asrlab.export.lock import recording_line
from asrlab.export.masking import Stretch
from asrlab.export.request import AS_IS, SelectionOptions
from asrlab.export.shaping import NO_SHAPE, apply_profile, shaped
from asrlab.export.spool import RecordingSpool, Spool
from asrlab.export.statistics import Statistics
from asrlab.export.utterances import LabeledRecording, TimedWord, Utterance
from asrlab.text.profiles import PROFILES

SEGMENTS_AT_ONCE = 5_000
EMPTY_TEXT = "empty_text"
"""Why a segment was left out whose text is empty: an engine heard nothing, or somebody emptied it."""
NO_TEXT_LEFT = "no_text_left"
"""Why an utterance was left out whose text is nothing but what the profile strips."""


@dataclass(slots=True)
class Gathered:
    """What was found. left_out: by reason, how many utterances and how many seconds no format is given.

    lines: what the lock file says of each recording. statistics: of all of it, whatever the splits.
    recordings, items: what a release freezes, spooled as it was found, before any shaping.
    """

    spool: RecordingSpool
    lines: Spool
    recordings: Spool
    items: Spool
    num_segments: int = 0
    num_utterances: int = 0
    statistics: Statistics = field(default_factory=Statistics)
    run_ids: set[int | None] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)
    left_out_ms: Counter[str] = field(default_factory=Counter)

    def close(self) -> None:
        self.spool.close()
        self.lines.close()
        self.recordings.close()
        self.items.close()


def gather(
    catalog: Catalog,
    selection: SelectionOptions,
    folder: Path,
    *,
    words: bool,
    seal: bool = False,
    release: Release | None = None,
    pinned: bool = True,
) -> Gathered:
    """Spool what the options select, beside where it is to be written.

    words: whether the format writes the words' times. seal: whether a release is to be made of it. release: make that
    one again, exactly what it holds. pinned: whether that names audio where it lay when it was sealed; what is copied or
    cut may be read wherever it is. Raises QueryError, OptionError and ReleaseError for options that do not fit.
    """
    words = words or bool(selection.shape.mask)
    gathered = Gathered(RecordingSpool(folder), Spool(folder), Spool(folder), Spool(folder))
    try:
        _Gathering(catalog, selection, gathered, release, pinned=pinned).run(words=words, seal=seal)
    except BaseException:
        gathered.close()
        raise
    return gathered


class _Gathering:
    """One pass over the catalog."""

    def __init__(
        self,
        catalog: Catalog,
        selection: SelectionOptions,
        into: Gathered,
        release: Release | None,
        *,
        pinned: bool,
    ) -> None:
        self._catalog, self._selection, self._into = catalog, selection, into
        self._sealed, self._pinned = release is not None, pinned
        self._population, release_id = _population(catalog, selection, release)
        self._release_id = release_id
        shape = selection.shape
        # Over speech that was not chosen nothing is merged, and into it nothing is padded.
        self._reaches_out = shape.merge_seconds is not None or shape.pad_seconds > 0
        self._profile = PROFILES[selection.profile]
        self._is_as_is = selection.profile == AS_IS and not selection.language_tags

    def run(self, *, words: bool, seal: bool) -> None:
        # What a release holds was chosen when it was sealed.
        criteria = Criteria(verdict=ANY) if self._sealed else self._selection.criteria
        # A release freezes which words go with a text, whatever its own format writes.
        rows = select_rows(self._catalog, self._population, criteria, words=words or seal)
        for batch in _batches(rows, SEGMENTS_AT_ONCE):
            self._take(batch, words=words, seal=seal)

    def _take(self, batch: Sequence[list[Row]], *, words: bool, seal: bool) -> None:
        ids = [rows[0][0] for rows in batch]
        with self._catalog.reading() as session:
            sources = audio_sources(session, ids)
            facts = (
                recording_facts(session, ids)
                if self._release_id is None
                else sealed_facts(session, self._release_id, ids)
            )
            timed: Mapping[int, Sequence[TimedWord]] = {}
            if words:
                alignments = [row[-1] for rows in batch for row in rows if row[-1] is not None]
                timed = words_of_alignments(session, alignments)
            heard = stretches_of_today(session, ids) if self._reaches_out else {}
        for rows in batch:
            recording_id = rows[0][0]
            source = sources.get(recording_id)
            if source is None:
                # Given up between the two queries: nothing of it is current any more.
                continue
            where = _where_it_lay(source, facts[recording_id]) if self._pinned else source
            if seal:
                self._freeze(rows, where, facts[recording_id])
            said = self._without_blank(rows)
            if not said:
                continue
            chosen = {row[-4] for row in said}
            others = [Stretch(*each[1:]) for each in heard.get(recording_id, ()) if each[0] not in chosen]
            utterances = self._shaped([_utterance(row, timed) for row in said], where, others)
            self._add(said, where, facts[recording_id], utterances)

    def _without_blank(self, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows that say something; the others are counted."""
        said = [row for row in rows if not is_blank(row)]
        if len(said) < len(rows):
            blank = [row for row in rows if is_blank(row)]
            self._into.left_out[EMPTY_TEXT] += len(blank)
            self._into.left_out_ms[EMPTY_TEXT] += sum(row[2] - row[1] for row in blank)
        return said

    def _freeze(self, rows: Sequence[Row], source: AudioSource, facts: RecordingFacts) -> None:
        self._into.recordings.append((rows[0][0], source.uri, facts.corpus, facts.license, facts.metadata))
        named = map(SelectedRow._make, rows)
        self._into.items.append(
            [(row.transcript_id, row.alignment_id, "", row.speaker, row.verdict, row.flags) for row in named]
        )

    def _add(
        self, rows: Sequence[Row], source: AudioSource, facts: RecordingFacts, utterances: Sequence[Utterance]
    ) -> None:
        into = self._into
        into.num_segments += len(rows)
        into.run_ids.update({row[-2] for row in rows})
        if not utterances:
            return
        recording = LabeledRecording(
            rows[0][0], source, facts.corpus, facts.license, facts.metadata, tuple(utterances)
        )
        into.num_utterances += len(utterances)
        into.statistics.add(recording)
        into.spool.append(recording)
        into.lines.append(recording_line(recording))

    def _shaped(
        self, utterances: Sequence[Utterance], source: AudioSource, heard: Sequence[Stretch]
    ) -> Sequence[Utterance]:
        shape = self._selection.shape
        if shape != NO_SHAPE:
            result = shaped(utterances, shape, int(source.duration * MS_PER_SECOND), heard)
            utterances = result.utterances
            for reason, count, left_ms in result.left_out:
                self._into.left_out[reason] += count
                self._into.left_out_ms[reason] += left_ms
        if self._is_as_is:
            return utterances
        kept: list[Utterance] = []
        for utterance in utterances:
            written = apply_profile(utterance, self._profile, tagged=self._selection.language_tags)
            if written is None:
                self._into.left_out[NO_TEXT_LEFT] += 1
                self._into.left_out_ms[NO_TEXT_LEFT] += utterance.end_ms - utterance.start_ms
            else:
                kept.append(written)
        return kept


def items_of(gathered: Gathered, splits: Mapping[int, str]) -> Iterator[ReleaseItem]:
    """What a release is to hold; splits: of each transcript that an utterance was made of, {} without splits."""
    for rows in gathered.items:
        for transcript_id, alignment_id, _, *rest in rows:
            yield ReleaseItem(transcript_id, alignment_id, splits.get(transcript_id, ""), *rest)


def recordings_of(gathered: Gathered) -> Iterator[ReleasedRecording]:
    return (ReleasedRecording(*row) for row in gathered.recordings)


def _population(
    catalog: Catalog, selection: SelectionOptions, release: Release | None
) -> tuple[Population, int | None]:
    """What is chosen from, and the release that says what is frozen, if one does."""
    if release is not None:
        return Population(release_id=release.release_id), release.release_id
    if not selection.as_of:
        return Population(selection.version), None
    moment = parse_moment(selection.as_of)
    if moment is not None:
        return Population(selection.version, moment), None
    with catalog.reading() as session:
        found = get_release(session, selection.as_of)
    if selection.version != SelectionOptions().version:
        raise OptionError(
            "--version does not go with --as-of RELEASE: a release holds one version of each text"
        )
    return Population(release_id=found.release_id), found.release_id


def parse_moment(text: str) -> datetime | None:
    """A date (to its end, UTC) or a moment in ISO 8601 (UTC unless it says otherwise); None for what is neither."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    is_date = len(text) <= len("2026-11-28")
    return moment + timedelta(days=1) - timedelta(microseconds=1) if is_date else moment


def _where_it_lay(source: AudioSource, facts: RecordingFacts) -> AudioSource:
    """A release points to where the audio lay; that it is still there is checked with all other audio."""
    return source if facts.uri is None or facts.uri == source.uri else replace(source, uri=facts.uri)


def _utterance(row: Row, timed: Mapping[int, Sequence[TimedWord]]) -> Utterance:
    _, start, end, channel, text, language, speaker, confidence, origin, engine, flags, verdict = row[:12]
    context, segment_id, transcript_id, _, alignment_id = row[12:]
    return Utterance(
        start,
        end,
        channel,
        text,
        language,
        speaker,
        confidence,
        origin,
        engine,
        flags,
        verdict,
        context,
        (segment_id,),
        (transcript_id,),
        tuple(timed.get(alignment_id, ())) if alignment_id is not None else (),
    )


def _batches(rows: Iterable[list[Row]], size: int) -> Iterator[list[list[Row]]]:
    batch: list[list[Row]] = []
    held = 0
    for of_recording in rows:
        batch.append(of_recording)
        held += len(of_recording)
        if held >= size:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch
