"""The aligner `qwen3`: Qwen3-ForcedAligner, its words as they stand in the text, its times inside the audio."""

from collections.abc import Sequence

from asrlab.domain.labels import FLAG_INTERPOLATED, FLAG_MISMATCH, AlignedWord
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import Seconds, TimeSpan
from asrlab.engines.protocol import EngineInfo, Waveform
from asrlab.engines.qwen3_asr.factory import ALIGNER_MAX_SECONDS
from asrlab.engines.qwen3_asr.features import SAMPLING_RATE_HZ
from asrlab.engines.qwen3_asr.languages import (
    ALIGNER_LANGUAGES,
    UnsupportedLanguageError,
    canonical_language,
)
from asrlab.engines.qwen3_asr.loading import LoadedQwen3
from asrlab.engines.qwen3_asr.placing import Placed, place
from asrlab.engines.qwen3_asr.words import AlignedUnit, units_of
from asrlab.engines.torch_memory import memory_of
from asrlab.errors import ItemError
from asrlab.text.words import word_spans

# Nobody says more words (or characters) in a second; a text that asks for it is of other audio.
MAX_UNITS_PER_SECOND = 12.0
# A text whose words were mostly placed by repair, or beyond the audio, was not heard in it.
MAX_MISPLACED_SHARE = 0.5


class Qwen3Aligner:
    """An Aligner on a loaded checkpoint."""

    def __init__(self, info: EngineInfo, loaded: LoadedQwen3, batch_seconds: Seconds) -> None:
        self._info = info
        self._loaded = loaded
        self.memory = memory_of(loaded.device, loaded.model.dtype, batch_seconds)

    @property
    def info(self) -> EngineInfo:
        return self._info

    def align(
        self, waveforms: Sequence[Waveform], texts: Sequence[str], *, languages: Sequence[str | None]
    ) -> list[tuple[AlignedWord, ...]]:
        """See Aligner. Raises ItemError for audio over 180 s and for a language the aligner was not trained for."""
        units = [units_of(text, _language(language)) for text, language in zip(texts, languages, strict=True)]
        for waveform in waveforms:
            if len(waveform) > ALIGNER_MAX_SECONDS * SAMPLING_RATE_HZ:
                raise ItemError(
                    FailureReason.TOO_LONG,
                    f"{len(waveform) / SAMPLING_RATE_HZ:.1f} s: the aligner reads {ALIGNER_MAX_SECONDS:g} s",
                )
        spoken = [index for index, each in enumerate(units) if each]
        found = place(
            self._loaded,
            [(waveforms[index], [unit.text for unit in units[index]]) for index in spoken],
            memory=self.memory,
        )
        placed = dict(zip(spoken, found, strict=True))
        return [
            _words(text, units[index], placed.get(index, []), len(waveform) / SAMPLING_RATE_HZ)
            for index, (waveform, text) in enumerate(zip(waveforms, texts, strict=True))
        ]

    def close(self) -> None:
        """Nothing to give back: weights stay with the process."""


def _language(language: str | None) -> str | None:
    if language is None:
        return None
    try:
        return canonical_language(language, ALIGNER_LANGUAGES)
    except UnsupportedLanguageError as error:
        raise ItemError(
            FailureReason.LANGUAGE_UNSUPPORTED,
            f"the aligner qwen3 was not trained for {language}: take another --aligner",
        ) from error


def _words(
    text: str, units: Sequence[AlignedUnit], placed: Sequence[Placed], duration: Seconds
) -> tuple[AlignedWord, ...]:
    """The words as written, each with the times of the units it holds; one that holds none stands at its neighbour's."""
    refused = _is_refused(placed, duration)
    words: list[AlignedWord] = []
    unit = 0
    cursor = 0.0
    for first, end in word_spans(text):
        held: list[Placed] = []
        while unit < len(units) and units[unit].first < end:
            held.append(placed[unit])
            unit += 1
        start = min(max(held[0].start, cursor), duration) if held else cursor
        stop = min(max(held[-1].end, start), duration) if held else cursor
        flags = [FLAG_INTERPOLATED] if not held or any(_is_misplaced(each, duration) for each in held) else []
        if refused:
            flags.append(FLAG_MISMATCH)
        score = min((each.score for each in held), default=None)
        words.append(AlignedWord(text[first:end], _span(start, stop, duration), score, tuple(flags)))
        cursor = stop
    return tuple(words)


def _is_misplaced(placed: Placed, duration: Seconds) -> bool:
    """Whether the model did not say the times: they ran backwards, or lie behind the end of the audio."""
    return placed.is_repaired or placed.start > duration


def _is_refused(placed: Sequence[Placed], duration: Seconds) -> bool:
    """Whether the text can't be this audio's: more words than anybody says, or most of them out of place."""
    if not placed:
        return False
    misplaced = sum(_is_misplaced(each, duration) for each in placed)
    return len(placed) > MAX_UNITS_PER_SECOND * max(duration, 1.0) or misplaced > MAX_MISPLACED_SHARE * len(
        placed
    )


def _span(start: Seconds, end: Seconds, duration: Seconds) -> TimeSpan:
    """A span whose rounded ends don't pass the last whole millisecond."""
    last = int(duration * 1000) / 1000
    return TimeSpan(min(start, last), min(end, last))
