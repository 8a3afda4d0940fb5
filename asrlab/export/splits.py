"""Splits that do not leak: no person, file or sentence in two of them, and nothing once tested on in train again.

A plan depends on what is in the data alone: not on its order, the machine, or a draw by chance. Of an utterance only
hashes of 8 bytes are held; what collides is kept together, which leaks nothing.
"""

import math
from array import array
from dataclasses import dataclass

import numpy as np

from asrlab.errors import OptionError
from asrlab.export.dataset import DROPPED, LETTERS, SPLITS
from asrlab.export.grouping import Facts, drawn, facts_of, grouped
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
    """Takes utterances one by one, in any order, and then plans; 28 bytes are held of each.

    What shares a person or a file is a group. A group with a person or file of an earlier release's splits goes to the
    most held-out of those, whatever the fractions are. The others are put in the order of a hash, and go one by one
    where most seconds are missing; the last ones where nothing is yet, so that no split that is to have something
    stays without a group if there are enough. Then a sentence that is in several splits stays in the most held-out one
    alone, and in none that is less held-out than an earlier release had it in.
    """

    def __init__(self, fractions: Fractions, by: str = "speaker", held: HeldBefore | None = None) -> None:
        if by not in BY:
            raise OptionError(f"splits are drawn by {', '.join(BY)}, not by {by!r}")
        self._fractions, self._by, self._held = fractions, by, held or HeldBefore()
        self._contents, self._speakers, self._sentences = array("Q"), array("Q"), array("Q")
        self._lengths_ms = array("I")

    def add(self, content_hash: str, speaker: str | None, text: str, length_ms: int) -> None:
        """An utterance. content_hash: of its recording. speaker: one name is one person, in whichever corpus."""
        self._contents.append(name_hash(content_hash))
        self._speakers.append(name_hash(speaker) if speaker else NO_HASH)
        self._sentences.append(sentence_hash(text))
        self._lengths_ms.append(length_ms)

    def plan(self) -> SplitPlan:
        """The splits of all that were added. Nothing can be added afterwards."""
        facts = facts_of(self._contents, self._speakers, self._sentences, self._lengths_ms)
        groups = grouped(facts, self._held)
        of_content = drawn(facts, groups, self._by, self._fractions.each)[groups.of_content]
        ranks = of_content[facts.content_of]
        highest = _highest(facts, ranks)
        limits = np.maximum(highest, self._held.ranks("sentences", facts.sentences))
        limits[facts.sentences == NO_HASH] = 0
        is_left = ranks < limits[facts.sentence_of]
        kept = np.where(is_left, np.uint8(0), ranks)
        people, recordings, sentences = parted_by_single_draws(facts, self._fractions.each)
        report = SplitReport(
            splits={name: counts_of(facts, kept, rank) for name, rank in RANKS.items()},
            people=people,
            recordings=recordings,
            sentences=sentences,
            left_out=int(is_left.sum()),
            left_out_ms=int(facts.lengths_ms[is_left].sum()),
            left_for_earlier=int((is_left & (ranks == highest[facts.sentence_of])).sum()),
            pinned={
                name: int((groups.pins[groups.of_content] == rank).sum()) for name, rank in RANKS.items()
            },
            moved=int(((groups.held > 0) & (groups.held < of_content)).sum()),
        )
        return SplitPlan(kept.tobytes().translate(_LETTERS.ljust(256)), report)


def _highest(facts: Facts, ranks: Ranks) -> Ranks:
    """The rank of the most held-out split that each sentence is in."""
    found = np.zeros(len(facts.sentences), np.uint8)
    np.maximum.at(found, facts.sentence_of, ranks)
    return found
