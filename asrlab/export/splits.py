"""Splits that do not leak: no person, file or sentence in two of them, and nothing once tested on in train again.

A plan depends on what is in the data alone: not on its order, the machine, or a draw by chance. Of an utterance only
hashes of 8 bytes are held; what collides is kept together, which leaks nothing.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from asrlab.errors import OptionError
from asrlab.export.dataset import DROPPED, LETTERS, SPLITS
from asrlab.export.grouping import Columns, Facts, Indices, drawn, facts_of, grouped
from asrlab.export.held import NO_HASH, RANKS, HeldBefore, Ranks, name_hash, sentence_hash
from asrlab.export.leaks import SplitReport, counts_of, parted_by_single_draws

BY = ("speaker", "recording", "text", "hash")
"""What the draw goes by; "recording" and "hash" are the same, as its content hash is what a recording is."""
SUM_TOLERANCE = 1e-6

_LETTERS = "".join([DROPPED, *(LETTERS[name] for name in SPLITS)]).encode()
"""By rank, see asrlab.export.held."""


@dataclass(frozen=True, slots=True)
class Fractions:
    """What of the seconds each split is to have, together 1. Raises OptionError for what is no such."""

    train: float
    dev: float
    test: float

    def __post_init__(self) -> None:
        if not all(0 <= each <= 1 for each in self.each):
            raise OptionError("each fraction of a split lies between 0 and 1")
        if abs(math.fsum(self.each) - 1) > SUM_TOLERANCE:
            raise OptionError(f"the fractions of a split add up to 1, not to {math.fsum(self.each):g}")

    @property
    def each(self) -> tuple[float, float, float]:
        return self.train, self.dev, self.test


def parse_fractions(text: str) -> Fractions:
    """Train, dev and test as in "0.9/0.05/0.05", or train and test as in "0.9/0.1"; raises OptionError."""
    try:
        values = [float(part) for part in text.split("/")]
    except ValueError:
        values = []
    if len(values) not in (2, 3):
        raise OptionError(f"a split is written 0.9/0.05/0.05 (train/dev/test) or 0.9/0.1, not {text!r}")
    return Fractions(values[0], values[1] if len(values) == 3 else 0.0, values[-1])


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """The split of each utterance, in the order they were added. letters: as asrlab.export.dataset has them."""

    letters: bytes
    report: SplitReport

    def split_of(self, position: int) -> str | None:
        """train, dev or test; None for one in none, as its sentence is, or was, in a more held-out one."""
        rank = _LETTERS.index(self.letters[position])
        return SPLITS[rank - 1] if rank else None


class SplitPlanner:
    """Takes utterances one by one, in any order, and then plans; 28 bytes are held of each, 12 of each merged part.

    What shares a person or a file is a group. A group with a person or file of an earlier release's splits goes to the
    most held-out of those, whatever the fractions are. The others are put in the order of a hash, and go one by one
    where most seconds are missing; the last ones where nothing is yet, so that no split that is to have something
    stays without a group if there are enough. Then a sentence that is in several splits stays in the most held-out one
    alone, and in none that is less held-out than an earlier release had it in. A merged utterance has several sentences,
    its own text and those of its parts: it is left out as soon as one of them is more held-out.
    """

    def __init__(self, fractions: Fractions, by: str = "speaker", held: HeldBefore | None = None) -> None:
        if by not in BY:
            raise OptionError(f"splits are drawn by {', '.join(BY)}, not by {by!r}")
        self._fractions, self._by, self._held = fractions, by, held or HeldBefore()
        self._columns = Columns()

    def add(
        self, content_hash: str, speaker: str | None, text: str, length_ms: int, parts: Iterable[str] = ()
    ) -> None:
        """An utterance. content_hash: of its recording, or of the one that it is a duplicate of.

        speaker: one name is one person, in whichever corpus. parts: the texts that a merged one was merged from.
        """
        columns = self._columns
        for part in parts:
            columns.parts.append(sentence_hash(part))
            columns.part_of.append(len(columns.sentences))
        columns.contents.append(name_hash(content_hash))
        columns.speakers.append(name_hash(speaker) if speaker else NO_HASH)
        columns.sentences.append(sentence_hash(text))
        columns.lengths_ms.append(length_ms)

    def plan(self) -> SplitPlan:
        """The splits of all that were added. Nothing can be added afterwards."""
        facts = facts_of(self._columns)
        groups = grouped(facts, self._held)
        of_content = drawn(facts, groups, self._by, self._fractions.each)[groups.of_content]
        ranks = of_content[facts.content_of]
        kept = _kept(facts, ranks, self._held.ranks("sentences", facts.sentences))
        is_left = kept == 0
        people, recordings, sentences = parted_by_single_draws(facts, self._fractions.each)
        report = SplitReport(
            splits={name: counts_of(facts, kept, rank) for name, rank in RANKS.items()},
            people=people,
            recordings=recordings,
            sentences=sentences,
            left_out=int(is_left.sum()),
            left_out_ms=int(facts.lengths_ms[is_left].sum()),
            left_for_earlier=int((is_left & (ranks == _highest_beside(facts, ranks))).sum()),
            pinned={
                name: int((groups.pins[groups.of_content] == rank).sum()) for name, rank in RANKS.items()
            },
            moved=int(((groups.held > 0) & (groups.held < of_content)).sum()),
        )
        return SplitPlan(kept.tobytes().translate(_LETTERS.ljust(256)), report)


def _kept(facts: Facts, ranks: Ranks, earlier: Ranks) -> Ranks:
    """The ranks, 0 for an utterance with a sentence that is kept in a more held-out split, or was in an earlier release.

    The most held-out split comes first: what is left out of it holds nothing back in the others.
    """
    kept = np.zeros(len(ranks), np.uint8)
    limits = earlier.copy()
    limits[facts.sentences == NO_HASH] = 0
    for rank in sorted(RANKS.values(), reverse=True):
        is_kept = (ranks == rank) & (_highest(len(ranks), facts.said_by, limits[facts.said]) <= rank)
        kept[is_kept] = rank
        said = facts.said[is_kept[facts.said_by]]
        limits[said[facts.sentences[said] != NO_HASH]] = rank
    return kept


def _highest_beside(facts: Facts, ranks: Ranks) -> Ranks:
    """For each utterance, the rank of the most held-out split that has one of its sentences."""
    of_sentences = _highest(len(facts.sentences), facts.said, ranks[facts.said_by])
    of_sentences[facts.sentences == NO_HASH] = 0
    return _highest(len(ranks), facts.said_by, of_sentences[facts.said])


def _highest(size: int, places: Indices, ranks: Ranks) -> Ranks:
    found = np.zeros(size, np.uint8)
    np.maximum.at(found, places, ranks)
    return found
