"""The splits of an export: drawn anew with what earlier releases held in mind, or read from a sealed release."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from asrlab.catalog import Catalog
from asrlab.catalog.releases import Release, list_releases, split_facts
from asrlab.errors import ReleaseError
from asrlab.export.dataset import LETTERS, SPLITS
from asrlab.export.gather import Gathered, gather
from asrlab.export.request import SelectionOptions, options_of
from asrlab.export.spool import RecordingSpool

_NAMES = {ord(letter): name for name, letter in LETTERS.items()}


@dataclass(frozen=True, slots=True)
class Splits:
    """names: ("",) without splits. letters: of each utterance in order, b"" without. report: leaks avoided, in words."""

    names: tuple[str, ...]
    letters: bytes = b""
    report: tuple[str, ...] = ()


NO_SPLITS = Splits(("",))


def new_splits(catalog: Catalog, selection: SelectionOptions, spool: RecordingSpool, folder: Path) -> Splits:
    """Draw the splits that the options ask for; folder: for what is spooled meanwhile.

    Raises OptionError for fractions that are none, UserError when audio can't be read.
    """
    if not selection.split:
        return NO_SPLITS
    # numpy is slow to import for an export that needs none of it.
    from asrlab.export.duplicates import find_duplicates
    from asrlab.export.held import HeldBefore
    from asrlab.export.splits import SplitPlanner, parse_fractions

    fractions = parse_fractions(selection.split)
    duplicates = find_duplicates(catalog, spool)
    held = HeldBefore()
    for split, content_hash, speaker, text in _earlier(catalog, folder):
        held.add(split, duplicates.identity(content_hash), speaker, text)
    planner = SplitPlanner(fractions, selection.by, held)
    for recording in spool:
        content_hash = duplicates.identity(recording.source.content_hash)
        for utterance in recording.utterances:
            length_ms = utterance.end_ms - utterance.start_ms
            planner.add(content_hash, utterance.speaker, utterance.text, length_ms, utterance.parts)
    plan = planner.plan()
    wanted = zip(SPLITS, fractions.each, strict=True)
    # One without a share may hold what an earlier release put there.
    names = tuple(name for name, share in wanted if share > 0 or plan.report.splits[name].utterances)
    return Splits(names, plan.letters, (*plan.report.lines(), *duplicates.lines()))


def sealed_splits(release: Release, found: Gathered) -> Splits:
    """The splits of a release, as they were sealed. found: its utterances.

    Raises ReleaseError when those are not the ones that were sealed.
    """
    if release.splits and len(release.splits) != found.num_utterances:
        raise ReleaseError(
            f"{release.name} can't be made again: this version of asrlab makes {found.num_utterances} utterances of its "
            f"texts, not the {len(release.splits)} that were split; seal them under another name"
        )
    return Splits(release.split_names, release.splits, release.leaks)


_Held = tuple[str, str, str | None, str]
"""What an earlier release gave to a split: the split, the recording's content hash, the speaker, the text."""


def _earlier(catalog: Catalog, folder: Path) -> Iterator[_Held]:
    """The texts of all earlier releases, and what was written of them where they were merged or cut."""
    with catalog.reading() as session:
        for fact in split_facts(session):
            yield fact.split, fact.content_hash, fact.speaker, fact.text
        releases = list_releases(session)
    for release in releases:
        shape = options_of(release.options)[0].shape
        if release.splits and (shape.merge_seconds is not None or shape.mask == "cut"):
            yield from _written_of(catalog, release, folder)


def _written_of(catalog: Catalog, release: Release, folder: Path) -> Iterator[_Held]:
    """The utterances of a release; none where they are not those that were sealed, as some of it was forgotten."""
    selection = options_of(release.options)[0]
    with closing(gather(catalog, selection, folder, words=False, release=release, pinned=False)) as found:
        if found.num_utterances != len(release.splits):
            return
        letters = iter(release.splits)
        for recording in found.spool:
            for utterance in recording.utterances:
                split = _NAMES.get(next(letters))
                if split is not None:
                    yield split, recording.source.content_hash, utterance.speaker, utterance.text


def split_of_transcripts(spool: RecordingSpool, splits: Splits) -> Mapping[int, str]:
    """The most held-out split that an utterance of each transcript is in; {} without splits."""
    found: dict[int, str] = {}
    if not splits.letters:
        return found
    rank = {name: position for position, name in enumerate(SPLITS)}
    letters = iter(splits.letters)
    for recording in spool:
        for utterance in recording.utterances:
            name = _NAMES.get(next(letters))
            if name is None:
                continue
            for transcript_id in utterance.transcript_ids:
                if rank[name] >= rank.get(found.get(transcript_id, ""), -1):
                    found[transcript_id] = name
    return found
