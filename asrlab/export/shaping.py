"""The shape of an export's utterances: what is doubtful left out, neighbours joined, lengths bounded, silence added.

Pure: the utterances of one recording go in, those to be written come out, with what was left out and why.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from asrlab.domain.labels import FLAG_INTERPOLATED
from asrlab.domain.time import MS_PER_SECOND, Seconds
from asrlab.errors import OptionError
from asrlab.export.masking import Stretch, cut_around, doubtful_words, places_in_text, rest_of
from asrlab.export.neighbours import merged, padded
from asrlab.export.utterances import TimedWord, Utterance
from asrlab.text.profiles import Profile
from asrlab.text.profiles import tagged as with_tag

MASKS = ("", "drop", "cut")

NOT_ALIGNED = "not_aligned"
"""Its words have no times, or are not those of its text: it can't be masked."""
DOUBTFUL_WORDS = "doubtful_words"
"""It has a doubtful word; of one that is cut, each stretch between its parts counts."""
TOO_SHORT = "too_short"
TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class Shape:
    """What is done to the utterances of an export, in this order.

    mask: "drop" leaves out an utterance with a doubtful word, "cut" cuts around the words. mask_below: the score under
    which a word is doubtful; a flagged one always is. merge_seconds: neighbours are joined up to this length, where at
    most merge_gap seconds lie between. min_seconds, max_seconds: others are left out. pad_seconds: at most so much of
    what lies before and behind is added. Raises OptionError for a value that is none.
    """

    mask: Literal["", "drop", "cut"] = ""
    mask_below: float = 0.5
    min_seconds: Seconds = 0.0
    max_seconds: Seconds | None = None
    merge_seconds: Seconds | None = None
    merge_gap: Seconds = 1.0
    pad_seconds: Seconds = 0.0

    def __post_init__(self) -> None:
        if self.mask not in MASKS:
            raise OptionError(f"a mask is drop or cut, not {self.mask!r}")
        if not 0 <= self.mask_below <= 1:
            raise OptionError(f"words are scored from 0 to 1: none can be masked below {self.mask_below:g}")
        for name in ("min_seconds", "max_seconds", "merge_seconds", "merge_gap", "pad_seconds"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < float("inf"):
                raise OptionError(f"{name.replace('_', '-')} can't be {value:g} seconds")
        if self.max_seconds is not None and self.max_seconds < self.min_seconds:
            raise OptionError(
                f"nothing is at least {self.min_seconds:g} and at most {self.max_seconds:g} seconds long"
            )


NO_SHAPE = Shape()


class LeftOut(NamedTuple):
    """How many utterances, or stretches of such, were left out for a reason, and how long they are together."""

    reason: str
    number: int
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Shaped:
    """The utterances to be written, by start, end and channel, and what was left out, by reason."""

    utterances: list[Utterance]
    left_out: tuple[LeftOut, ...]


def shaped(
    utterances: Sequence[Utterance], shape: Shape, duration_ms: int, heard: Iterable[Stretch] = ()
) -> Shaped:
    """Give the utterances of ONE recording their shape. utterances: by start. duration_ms: of the recording.

    heard: speech of the recording that is in none of them, as what a person rejected: nothing is merged over it or
    padded into it, nor over or into what is left out here. No word is ever cut, and no two utterances of a channel
    overlap that did not before.
    """
    work = _Work(list(utterances), list(heard))
    if shape.mask:
        work.mask(shape)
    if shape.merge_seconds is not None:
        work.kept = merged(work.kept, work.taken, _ms(shape.merge_seconds), _ms(shape.merge_gap))
    work.bound(shape)
    if shape.pad_seconds > 0:
        work.kept = padded(work.kept, work.taken, _ms(shape.pad_seconds), duration_ms)
    left_out = (LeftOut(reason, count, work.left_ms[reason]) for reason, count in work.left.items())
    return Shaped(sorted(work.kept, key=_by_time), tuple(sorted(left_out)))


def apply_profile(utterance: Utterance, profile: Profile, *, tagged: bool = False) -> Utterance | None:
    """The utterance with its text and its words by the profile; None when nothing of the text is left.

    A word that becomes nothing is dropped. One that becomes several ("stop—now") becomes as many, which share its time
    by their letters and are flagged interpolated. tagged: whether the text begins with the tag of its language.
    """
    text = profile.apply(utterance.text, utterance.language)
    if not text or text.isspace():
        return None
    timed = tuple(
        part for word in utterance.timed for part in _word_by_profile(word, profile, utterance.language)
    )
    if tagged:
        text = with_tag(text, utterance.language)
    return utterance._replace(text=text, timed=timed)


def _ms(seconds: Seconds) -> int:
    return round(seconds * MS_PER_SECOND)


@dataclass(slots=True)
class _Work:
    """What is kept so far, and what was left out. taken: speech that is in no utterance kept."""

    kept: list[Utterance]
    taken: list[Stretch]
    left: Counter[str] = field(default_factory=Counter)
    left_ms: Counter[str] = field(default_factory=Counter)

    def mask(self, shape: Shape) -> None:
        before, self.kept = self.kept, []
        for utterance in before:
            self._mask(utterance, shape)

    def bound(self, shape: Shape) -> None:
        shortest = _ms(shape.min_seconds)
        longest = None if shape.max_seconds is None else _ms(shape.max_seconds)
        before, self.kept = self.kept, []
        for utterance in before:
            length = utterance.end_ms - utterance.start_ms
            if length < shortest:
                self._leave(TOO_SHORT, utterance)
            elif longest is not None and length > longest:
                self._leave(TOO_LONG, utterance)
            else:
                self.kept.append(utterance)

    def _mask(self, utterance: Utterance, shape: Shape) -> None:
        places = places_in_text(utterance.text, utterance.timed) if utterance.timed else None
        if places is None:
            self._leave(NOT_ALIGNED, utterance)
            return
        doubts = doubtful_words(utterance, shape.mask_below)
        if not any(doubts):
            self.kept.append(utterance)
            return
        parts = cut_around(utterance, doubts, places) if shape.mask == "cut" else []
        self.kept += parts
        for stretch in rest_of(utterance, parts) if parts else [_stretch_of(utterance)]:
            self._leave_stretch(DOUBTFUL_WORDS, stretch)

    def _leave(self, reason: str, utterance: Utterance) -> None:
        self._leave_stretch(reason, _stretch_of(utterance))

    def _leave_stretch(self, reason: str, stretch: Stretch) -> None:
        self.taken.append(stretch)
        self.left[reason] += 1
        self.left_ms[reason] += stretch.end_ms - stretch.start_ms


def _stretch_of(utterance: Utterance) -> Stretch:
    return Stretch(utterance.start_ms, utterance.end_ms, utterance.channel)


def _by_time(utterance: Utterance) -> tuple[int, int, int]:
    return (utterance.start_ms, utterance.end_ms, -1 if utterance.channel is None else utterance.channel)


def _word_by_profile(word: TimedWord, profile: Profile, language: str | None) -> list[TimedWord]:
    written, start_ms, end_ms, score, flags = word
    parts = profile.apply(written, language).split() if profile.name != "as-is" else [written]
    if len(parts) == 1:
        return [(parts[0], start_ms, end_ms, score, flags)]
    letters = sum(map(len, parts))
    shares: list[TimedWord] = []
    spoken = 0
    marks = ",".join(filter(None, (flags, FLAG_INTERPOLATED if FLAG_INTERPOLATED not in flags else "")))
    for part in parts:
        begin = start_ms + (end_ms - start_ms) * spoken // letters
        spoken += len(part)
        shares.append((part, begin, start_ms + (end_ms - start_ms) * spoken // letters, score, marks))
    return shares
