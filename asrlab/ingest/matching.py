"""Where imported texts belong: the segment of the very interval and channel, or a new one. Values in, values out."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from asrlab.catalog.references import END_TOLERANCE_S
from asrlab.catalog.segments import segment_content_hash
from asrlab.catalog.values import storable
from asrlab.domain.imported import ImportedText, KnownRecording, KnownSegment, KnownText
from asrlab.domain.labels import AlignedWord
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import MS_PER_SECOND, TimeSpan
from asrlab.ingest.cues import joined_cues
from asrlab.text.languages import language_tag

NEAR_MS = 10
"""Files round times: an interval so near to a segment is that segment."""
PART_SUPERSEDED = 0.5
"""A segment of which new ones take so much has moved, and gives way to them."""

_Span = tuple[int | None, int, int]
"""Channel, start and end in ms."""


@dataclass(frozen=True, slots=True)
class Placement:
    """A text and its segment. segment: None for a new one. is_new: whether the text is to be a version of it.

    words: within the segment, on the recording's clock.
    """

    text: ImportedText
    segment: KnownSegment | None
    channel: int | None
    start_ms: int
    end_ms: int
    is_new: bool
    words: tuple[AlignedWord, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A text that can't be stored, and why."""

    text: ImportedText
    why: str
    reason: FailureReason = FailureReason.BAD_REFERENCE


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be stored. superseded: segments that give way, by id, and which placement each gives way to."""

    placements: list[Placement] = field(default_factory=list)
    superseded: dict[int, int] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)


def plan_import(
    known: KnownRecording,
    texts: Sequence[ImportedText],
    kept: Collection[int] = frozenset(),
    forgotten: Collection[str] = frozenset(),
) -> Plan:
    """Place each text of one recording; texts that the catalog has already are placed and not new.

    kept: segments that give way to none of them, as the same import has placed texts there. forgotten: content hashes of
    segments that are not to come back.
    """
    cues = [text for text in texts if text.is_cue]
    whole = [text for text in texts if not text.is_cue]
    return _Planning(known, kept, forgotten).run([*whole, *joined_cues(known, cues)])


class _ForgottenError(ValueError):
    """The interval was forgotten on purpose."""


class _Planning:
    """One recording's plan in the making."""

    def __init__(self, known: KnownRecording, kept: Collection[int], forgotten: Collection[str]) -> None:
        self._known, self._kept, self._forgotten = known, kept, forgotten
        self._plan = Plan()
        self._segments = sorted(known.segments, key=lambda each: (each.is_superseded, each.start_ms))
        self._live = [each for each in self._segments if not each.is_superseded]
        self._starts = [each.start_ms for each in self._live]
        self._persons = [each for each in self._live if each.is_of_a_person]
        self._taken: dict[int | _Span, ImportedText] = {}

    def run(self, texts: Iterable[ImportedText]) -> Plan:
        near: list[tuple[ImportedText, _Span]] = []
        for text in texts:
            try:
                span = self._span(text)
                segment = self._chosen(text, self._exact(text, span))
                if segment is None:
                    near.append((text, span))
                else:
                    self._place(text, span, segment)
            except ValueError as error:
                self._refuse(text, error)
        # Those that mean their segment to the millisecond come first.
        for text, span in near:
            try:
                self._place(text, span, self._chosen(text, self._near(text, span)))
            except ValueError as error:
                self._refuse(text, error)
        self._supersede()
        return self._plan

    def _refuse(self, text: ImportedText, error: ValueError) -> None:
        is_forgotten = isinstance(error, _ForgottenError)
        reason = FailureReason.FORGOTTEN if is_forgotten else FailureReason.BAD_REFERENCE
        self._plan.refused.append(Refused(text, str(error), reason))

    def _span(self, text: ImportedText) -> _Span:
        """Raises ValueError for an interval or channel that the recording does not have."""
        last_ms, reference = self._known.last_ms, text.reference
        start_ms = round(reference.start * MS_PER_SECOND)
        end_ms = last_ms if reference.end is None else round(reference.end * MS_PER_SECOND)
        if start_ms >= min(end_ms, last_ms) or end_ms > last_ms + END_TOLERANCE_S * MS_PER_SECOND:
            raise ValueError(
                f"the interval {start_ms / MS_PER_SECOND:g}–{end_ms / MS_PER_SECOND:g} s does not lie in the "
                f"audio's {last_ms / MS_PER_SECOND:g} s"
            )
        channel = text.channel
        if channel is not None and channel >= self._known.num_channels:
            raise ValueError(f"there is no channel {channel}: the audio has {self._known.num_channels}")
        return channel, start_ms, min(end_ms, last_ms)

    def _exact(self, text: ImportedText, span: _Span) -> list[KnownSegment]:
        _, start_ms, end_ms = span
        same = [
            each for each in self._around(text, span) if (each.start_ms, each.end_ms) == (start_ms, end_ms)
        ]
        if same:
            return same
        # What gave way before may come back.
        return [
            each
            for each in self._segments[len(self._live) :]
            if (each.channel, each.start_ms, each.end_ms) == span
        ]

    def _near(self, text: ImportedText, span: _Span) -> list[KnownSegment]:
        _, start_ms, end_ms = span
        return sorted(
            (each for each in self._around(text, span) if each.segment_id not in self._taken),
            key=lambda each: abs(each.start_ms - start_ms) + abs(each.end_ms - end_ms),
        )

    def _around(self, text: ImportedText, span: _Span) -> list[KnownSegment]:
        channel, start_ms, end_ms = span
        first = bisect_left(self._starts, start_ms - NEAR_MS)
        behind = bisect_right(self._starts, start_ms + NEAR_MS)
        is_mono = self._known.num_channels == 1
        # Where a file does not tell the channel it may be any; all channels together are another thing.
        is_any = channel is None and (is_mono or not text.is_of_all)
        return [
            each
            for each in self._live[first:behind]
            if abs(each.end_ms - end_ms) <= NEAR_MS
            and (is_any or each.channel == channel or (is_mono and each.channel is None))
        ]

    def _chosen(self, text: ImportedText, found: Sequence[KnownSegment]) -> KnownSegment | None:
        """Of several channels' segments the one that is meant; raises ValueError when that can't be told."""
        same = [each for each in found if each.channel == text.channel]
        if same or len(found) < 2:
            return same[0] if same else next(iter(found), None)
        by_speaker = [each for each in found if each.speaker == text.reference.speaker]
        if text.reference.speaker is not None and len(by_speaker) == 1:
            return by_speaker[0]
        by_text = [each for each in found if each.current and _is_same_text(each.current, text)]
        if by_text:
            return next((each for each in by_text if each.segment_id not in self._taken), by_text[0])
        raise ValueError("several channels have a segment there: say which one is meant")

    def _place(self, text: ImportedText, span: _Span, segment: KnownSegment | None) -> None:
        channel, start_ms, end_ms = (
            span if segment is None else (segment.channel, segment.start_ms, segment.end_ms)
        )
        key = span if segment is None else segment.segment_id
        before = self._taken.get(key)
        if before is not None:
            if before.text != text.text:
                raise ValueError(f"another text stands for the same audio: {before.reference.place}")
            return
        if segment is None or segment.is_superseded:
            self._check_forgotten(text, channel, start_ms, end_ms)
            self._check_persons(text, channel, start_ms, end_ms)
        if not text.text and (segment is None or segment.is_superseded or segment.current is None):
            raise ValueError("no text, and none stands there that it could empty")
        words = _words_within(text, start_ms, end_ms)
        before_it = None if segment is None else _latest_like(segment, text)
        is_new = segment is None or not (
            _is_said(segment.current, text, words) or _is_said(before_it, text, words)
        )
        self._taken[key] = text
        self._plan.placements.append(Placement(text, segment, channel, start_ms, end_ms, is_new, words))

    def _check_forgotten(self, text: ImportedText, channel: int | None, start_ms: int, end_ms: int) -> None:
        """That the interval, on a channel that may be meant, was not forgotten."""
        if not self._forgotten:
            return
        meant: set[int | None] = {channel}
        if self._known.num_channels == 1:
            meant |= {None, 0}
        elif channel is None and not text.is_of_all:
            meant |= set(range(self._known.num_channels))
        span = TimeSpan.from_ms(start_ms, end_ms)
        if any(
            segment_content_hash(self._known.content_hash, each, span) in self._forgotten for each in meant
        ):
            raise _ForgottenError(
                "what is said there was forgotten on purpose and does not come back: remove the line"
            )

    def _check_persons(self, text: ImportedText, channel: int | None, start_ms: int, end_ms: int) -> None:
        """What a person wrote or confirmed gives way to no file, and the same speech is not labeled twice.

        Somebody else who is heard at the same time may have a text of their own.
        """
        speaker = text.reference.speaker
        for each in self._persons:
            if speaker is not None and each.speaker is not None and speaker != each.speaker:
                continue
            shorter_ms = min(each.end_ms - each.start_ms, end_ms - start_ms)
            if _overlap_ms(each, channel, start_ms, end_ms) >= PART_SUPERSEDED * shorter_ms:
                raise ValueError(
                    f"a person's text stands for {each.start_ms / MS_PER_SECOND:g}–"
                    f"{each.end_ms / MS_PER_SECOND:g} s, cut otherwise: give the interval as it is"
                )

    def _supersede(self) -> None:
        """Let the segments that new ones mostly cover give way."""
        placements = self._plan.placements
        new = sorted((each.start_ms, place) for place, each in enumerate(placements) if _is_added(each))
        longest_ms = max((placements[place].end_ms - start_ms for start_ms, place in new), default=0)
        for segment in self._live if new else ():
            if (
                segment.segment_id in self._taken
                or segment.segment_id in self._kept
                or segment.is_of_a_person
            ):
                continue
            first = bisect_left(new, (segment.start_ms - longest_ms, 0))
            behind = bisect_left(new, (segment.end_ms, 0))
            shares = [(_share_of(segment, placements[place]), -place) for _, place in new[first:behind]]
            if sum(share for share, _ in shares) >= PART_SUPERSEDED:
                self._plan.superseded[segment.segment_id] = -max(shares)[1]


def _share_of(segment: KnownSegment, placement: Placement) -> float:
    return _share(segment, placement.channel, placement.start_ms, placement.end_ms)


def _is_added(placement: Placement) -> bool:
    return placement.segment is None or placement.segment.is_superseded


def _share(segment: KnownSegment, channel: int | None, start_ms: int, end_ms: int) -> float:
    """How much of the segment the interval covers, where both can be heard on one channel."""
    return _overlap_ms(segment, channel, start_ms, end_ms) / (segment.end_ms - segment.start_ms)


def _overlap_ms(segment: KnownSegment, channel: int | None, start_ms: int, end_ms: int) -> int:
    if channel is not None and segment.channel is not None and channel != segment.channel:
        return 0
    return max(0, min(segment.end_ms, end_ms) - max(segment.start_ms, start_ms))


def _words_within(text: ImportedText, start_ms: int, end_ms: int) -> tuple[AlignedWord, ...]:
    """The words held inside the segment; raises ValueError for one that lies elsewhere."""
    held: list[AlignedWord] = []
    slack_ms = END_TOLERANCE_S * MS_PER_SECOND
    for word in text.words:
        span = word.span
        if span.start_ms < start_ms - slack_ms or span.end_ms > end_ms + slack_ms:
            raise ValueError(f"the word {word.text!r} at {span.start:g} s lies outside its text's interval")
        first = min(max(span.start_ms, start_ms), end_ms)
        last = min(max(span.end_ms, first), end_ms)
        held.append(
            word
            if (first, last) == (span.start_ms, span.end_ms)
            else AlignedWord(word.text, type(span).from_ms(first, last), word.score, word.flags)
        )
    return tuple(held)


def _latest_like(segment: KnownSegment, text: ImportedText) -> KnownText | None:
    """The newest version that an earlier import of the same may have made."""
    return segment.by_person.get(text.annotator) if text.annotator else segment.imported


def _is_said(known: KnownText | None, text: ImportedText, words: Sequence[AlignedWord]) -> bool:
    """Whether the version says all that the file does; where the file is silent, it agrees."""
    return (
        known is not None
        and _is_same_text(known, text)
        and _is_same_language(known.language, text.reference.prompt.language)
        and (not words or _are_same_words(known.words, words))
    )


def _is_same_text(known: KnownText, text: ImportedText) -> bool:
    said = storable(text.text)
    return known.text == said if text.is_exact else known.text.split() == said.split()


def _is_same_language(known: str | None, said: str | None) -> bool:
    return said is None or language_tag(said) == known


def _are_same_words(known: Sequence[tuple[str, int, int]], words: Sequence[AlignedWord]) -> bool:
    return len(known) == len(words) and all(
        name == storable(word.text)
        and abs(start_ms - word.span.start_ms) <= NEAR_MS
        and abs(end_ms - word.span.end_ms) <= NEAR_MS
        for (name, start_ms, end_ms), word in zip(known, words, strict=True)
    )
