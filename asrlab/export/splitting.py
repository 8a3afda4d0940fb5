"""The splits of an export: drawn anew with what earlier releases held in mind, or read from a sealed release."""

from collections.abc import Mapping
from dataclasses import dataclass

from asrlab.catalog import Catalog
from asrlab.catalog.releases import Release, split_facts
from asrlab.export.dataset import LETTERS, SPLITS
from asrlab.export.request import SelectionOptions
from asrlab.export.spool import RecordingSpool

_NAMES = {ord(letter): name for name, letter in LETTERS.items()}


@dataclass(frozen=True, slots=True)
class Splits:
    """names: ("",) without splits. letters: of each utterance in order, b"" without. report: leaks avoided, in words."""

    names: tuple[str, ...]
    letters: bytes = b""
    report: tuple[str, ...] = ()


NO_SPLITS = Splits(("",))


def new_splits(catalog: Catalog, selection: SelectionOptions, spool: RecordingSpool) -> Splits:
    """Draw the splits that the options ask for; raises OptionError for fractions that are none."""
    if not selection.split:
        return NO_SPLITS
    # numpy is slow to import for an export that needs none of it.
    from asrlab.export.held import HeldBefore
    from asrlab.export.splits import SplitPlanner, parse_fractions

    fractions = parse_fractions(selection.split)
    held = HeldBefore()
    with catalog.reading() as session:
        for fact in split_facts(session):
            held.add(fact.split, fact.content_hash, fact.speaker, fact.text)
    planner = SplitPlanner(fractions, selection.by, held)
    for recording in spool:
        content_hash = recording.source.content_hash
        for utterance in recording.utterances:
            length_ms = utterance.end_ms - utterance.start_ms
            planner.add(content_hash, utterance.speaker, utterance.text, length_ms)
    plan = planner.plan()
    wanted = zip(SPLITS, fractions.each, strict=True)
    # One without a share may hold what an earlier release put there.
    names = tuple(name for name, share in wanted if share > 0 or plan.report.splits[name].utterances)
    return Splits(names, plan.letters, tuple(plan.report.lines()))


def sealed_splits(release: Release) -> Splits:
    """The splits of a release, as they were sealed."""
    return Splits(release.split_names, release.splits, release.leaks)


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
