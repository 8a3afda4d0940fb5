"""What a plan of splits kept apart, counted and in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asrlab.domain.time import MS_PER_SECOND, SECONDS_PER_HOUR
from asrlab.export.grouping import Facts, Indices
from asrlab.export.held import NO_HASH, Hashes, Ranks

# Of splitmix64 (Steele, Lea and Flood 2014), which makes of any number one that looks drawn.
_MIX_STEPS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
_MIX_LAST_SHIFT = 31
_FLOAT_BITS = 53
_HASH_BITS = 64


@dataclass(frozen=True, slots=True)
class SplitCounts:
    """What is in a split."""

    utterances: int
    recordings: int
    duration_ms: int


@dataclass(frozen=True, slots=True)
class SplitReport:
    """What is in each split, which leaks were avoided, and what earlier releases decided.

    people, recordings, sentences: how many would be in more than one split, had each utterance been drawn by itself.
    Duplicates are one recording. left_out: the utterances in no split, as a sentence of theirs is in a more held-out
    one, or was in an earlier release (left_for_earlier of them). pinned:
    recordings by the split that earlier releases decide for; moved: recordings that are more held-out now, as they
    share a person with one that was.
    """

    splits: Mapping[str, SplitCounts]
    people: int
    recordings: int
    sentences: int
    left_out: int
    left_out_ms: int
    left_for_earlier: int
    pinned: Mapping[str, int]
    moved: int

    def lines(self) -> list[str]:
        """The report for people, without the counts of the splits; nothing where there was nothing to do."""
        found = []
        crossing = _listed(
            (self.people, "person", "people"),
            (self.recordings, "recording", "recordings"),
            (self.sentences, "sentence", "sentences"),
        )
        if crossing:
            found.append(f"kept in one split: {crossing} that a draw of single utterances would have parted")
        if self.left_out:
            hours = self.left_out_ms / MS_PER_SECOND / SECONDS_PER_HOUR
            found.append(
                f"left out: {_number(self.left_out, 'utterance', 'utterances')} ({hours:.2f} h) whose sentence is "
                f"more held-out, {self.left_for_earlier:,} of them by an earlier release alone"
            )
        pinned = [f"{count:,} in {name}" for name, count in self.pinned.items() if count]
        if pinned:
            found.append(f"where earlier releases have them: recordings, {', '.join(pinned)}")
        if self.moved:
            found.append(
                f"more held-out than in an earlier release: {_number(self.moved, 'recording', 'recordings')}, for a "
                "person in them who was held out"
            )
        return found


def counts_of(facts: Facts, ranks: Ranks, rank: int) -> SplitCounts:
    """What is in the split of this rank."""
    is_in = ranks == rank
    recordings = len(np.unique(facts.content_of[is_in]))
    return SplitCounts(int(is_in.sum()), recordings, int(facts.lengths_ms[is_in].sum()))


def parted_by_single_draws(facts: Facts, fractions: Sequence[float]) -> tuple[int, int, int]:
    """How many people, recordings and sentences would be in several splits, had each utterance been drawn alone."""
    number = np.bitwise_xor(facts.contents[facts.content_of], facts.lengths_ms.astype(np.uint64))
    number = np.bitwise_xor(number, np.right_shift(facts.sentences[facts.sentence_of], 1))
    for shift, factor in _MIX_STEPS:
        number = np.bitwise_xor(number, np.right_shift(number, shift)) * np.uint64(factor)
    number = np.bitwise_xor(number, np.right_shift(number, _MIX_LAST_SHIFT))
    share = np.right_shift(number, _HASH_BITS - _FLOAT_BITS) / 2.0**_FLOAT_BITS
    split = np.searchsorted(np.cumsum(fractions)[:-1], share, side="right")
    return (
        _parted(facts.speakers, facts.speaker_of, split),
        _parted(facts.contents, facts.content_of, split),
        _parted(facts.sentences, facts.said, split[facts.said_by]),
    )


def _parted(values: Hashes, places: Indices, split: npt.NDArray[np.intp]) -> int:
    pairs = np.unique(places * 3 + split) // 3
    is_parted = np.bincount(pairs, minlength=len(values)) > 1
    return int((is_parted & (values != NO_HASH)).sum())


def _listed(*counted: tuple[int, str, str]) -> str:
    said = [_number(count, one, many) for count, one, many in counted if count]
    return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


def _number(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
