"""What earlier releases gave to which split, so that what was tested on once is never trained on later."""

import hashlib
from array import array
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from asrlab.export.dataset import SPLITS
from asrlab.text.profiles import PROFILES

Hashes = npt.NDArray[np.uint64]
Ranks = npt.NDArray[np.uint8]
"""0 for no split, then 1 for train, 2 for dev and 3 for test: the higher, the more held-out."""

Kind = Literal["contents", "speakers", "sentences"]

RANKS = {name: rank for rank, name in enumerate(SPLITS, start=1)}
NO_HASH = 0
"""Of a speaker who is not known, and of a text without a letter or digit."""

HASH_BYTES = 8
_CACHED_NAMES = 4096
_TAG_END = "|>"


@lru_cache(_CACHED_NAMES)
def name_hash(name: str) -> int:
    """8 bytes for a speaker's name or a recording's content hash: the same on every machine."""
    return _hash(name)


def sentence_hash(text: str) -> int:
    """8 bytes that texts share which are heard alike: by bare-1, whatever their case, spaces and language tag are."""
    if text.startswith("<|"):
        text = text[text.find(_TAG_END) + len(_TAG_END) :] if _TAG_END in text else text
    # Which languages write ı is not known of an earlier release's texts.
    bare = "".join(PROFILES["bare-1"].apply(text).casefold().replace("ı", "i").split())
    return _hash(bare) if any(map(str.isalnum, bare)) else NO_HASH


class HeldBefore:
    """Which split recordings, speakers and sentences were in; 27 bytes are held of each utterance of each release.

    A segment lies in one recording for ever, so what holds for its recording holds for it.
    """

    def __init__(self) -> None:
        self._hashes: dict[Kind, array[int]] = {
            "contents": array("Q"),
            "speakers": array("Q"),
            "sentences": array("Q"),
        }
        self._ranks: dict[Kind, array[int]] = {
            "contents": array("B"),
            "speakers": array("B"),
            "sentences": array("B"),
        }

    def add(self, split: str, content_hash: str, speaker: str | None, text: str) -> None:
        """An utterance of an earlier release, in any order. split: train, dev or test; any other says nothing."""
        rank = RANKS.get(split)
        if rank is None:
            return
        self._add("contents", name_hash(content_hash), rank)
        self._add("speakers", name_hash(speaker) if speaker else NO_HASH, rank)
        self._add("sentences", sentence_hash(text), rank)

    def ranks(self, kind: Kind, hashes: Hashes) -> Ranks:
        """The most held-out split that each was in, 0 for none. hashes: any."""
        known, ranks = np.asarray(self._hashes[kind]), np.asarray(self._ranks[kind])
        if not len(known):
            return np.zeros(len(hashes), np.uint8)
        order = np.lexsort((ranks, known))
        known, ranks = known[order], ranks[order]
        # Behind the last of those that are equal, which has the highest rank.
        places = np.searchsorted(known, hashes, side="right") - 1
        is_known = (places >= 0) & (known[places] == hashes)
        return np.where(is_known, ranks[places], np.uint8(0))

    def _add(self, kind: Kind, value: int, rank: int) -> None:
        if value != NO_HASH:
            self._hashes[kind].append(value)
            self._ranks[kind].append(rank)


def _hash(name: str) -> int:
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    # Never the number that stands for nothing.
    return int.from_bytes(digest[:HASH_BYTES], "big") or 1
