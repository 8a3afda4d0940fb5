"""The aligner `pocketsphinx`: a Viterbi search of the given words, in order, through CMU's English acoustic model.

Each written word becomes the readings it may have ("1999" as a year or digit by digit), each of them its
pronunciations; the search takes those that fit the audio best, with silence allowed between any two. A text that
fits badly, or has no path at all, is refused: its words are flagged `mismatch`.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count, groupby

import numpy as np
import numpy.typing as npt
from pocketsphinx import Decoder

from asrlab.domain.labels import FLAG_INTERPOLATED, FLAG_MISMATCH, AlignedWord
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import Seconds, TimeSpan
from asrlab.engines.pocketsphinx.factory import ModelFiles, is_english
from asrlab.engines.pocketsphinx.pronounce import Pronouncer
from asrlab.engines.protocol import EngineInfo, Waveform
from asrlab.errors import ItemError
from asrlab.text.spoken_english import readings
from asrlab.text.words import words_of

SAMPLING_RATE_HZ = 16_000
FRAME_SECONDS = 0.01
# A frame looks at 25.6 ms; the border between two frames lies between their middles.
HALF_OVERLAP_SECONDS = (0.0256 - FRAME_SECONDS) / 2
# The model's phones have three states and skip none, so a shorter one has no path.
MIN_FRAMES_PER_PHONE = 3
# Wider than the defaults (1e-48, 7e-29), which lose the path of one right prompt in seven at 10 dB of noise, where
# these lose one in thirty; hardly slower.
BEAM = 1e-80
WORD_BEAM = 1e-60
# A text whose mean score is lower is not what the audio says. Of 551 clean telephone prompts (half of them one or two
# words) this refuses 1 right text and 82 % of the texts of other prompts; in white noise at 10 dB 16 % of the right.
MIN_MEAN_SCORE = 0.03
PEAK = 0.9
# The search keeps likelihoods as integer logarithms without their last ten bits (its SENSCR_SHIFT).
SCORE_SCALE = 1024
# The smallest likelihood a float holds: that of a word that fits nothing.
TINY = 5e-324
FSG_NAME = "text"

Sayings = tuple[tuple[tuple[str, ...], ...], ...]
"""Of one written word: its readings; of a reading its spoken words; of those their pronunciations."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where the search saw a written word: frames [first, end), and how well they fit, in [0, 1]."""

    first: int
    end: int
    score: float


class PocketsphinxAligner:
    """An Aligner for English."""

    def __init__(self, info: EngineInfo, files: ModelFiles) -> None:
        self._info = info
        self._files = files
        self._pronouncer = Pronouncer(self._decoder(dictionary=str(files.dictionary)))

    @property
    def info(self) -> EngineInfo:
        return self._info

    def align(
        self, waveforms: Sequence[Waveform], texts: Sequence[str], *, languages: Sequence[str | None]
    ) -> list[tuple[AlignedWord, ...]]:
        """See Aligner. Raises ItemError for a language other than English; None is taken for English.

        A word without sound ("–", "中") stands between its neighbours, flagged `interpolated`, without a score.
        A text that the audio does not say is refused, and all its words are flagged `mismatch`: with the times of
        the best path, or spread evenly, `interpolated` and of score 0 where there is none.
        """
        return [
            self._align(waveform, text, language)
            for waveform, text, language in zip(waveforms, texts, languages, strict=True)
        ]

    def close(self) -> None:
        """Nothing to give back: a search ends with its text."""

    def _align(self, waveform: Waveform, text: str, language: str | None) -> tuple[AlignedWord, ...]:
        words = words_of(text)
        if not words:
            return ()
        if language is not None and not is_english(language):
            raise ItemError(
                FailureReason.LANGUAGE_UNSUPPORTED,
                f"the aligner pocketsphinx knows English, and the text is in {language!r}: use --aligner whisper",
            )
        duration = math.floor(len(waveform) * 1000 / SAMPLING_RATE_HZ) / 1000
        found = self._search(waveform, [self._sayings(word) for word in words])
        if not found:
            return tuple(_refused(words, duration))
        return tuple(_placed(words, found, duration))

    def _sayings(self, word: str) -> Sayings:
        return tuple(
            tuple(sounds)
            for reading in readings(word)
            if all(sounds := [self._pronouncer.sounds(said) for said in reading])
        )

    def _search(self, waveform: Waveform, text: Sequence[Sayings]) -> dict[int, Found]:
        """Where each word that has a sound is said, by its position; {} when there is no path through them all.

        A search of its own for each text: nothing it learns of one clip (its level, its words) reaches the next.
        """
        if not any(text) or len(waveform) // (FRAME_SECONDS * SAMPLING_RATE_HZ) < _min_frames(text):
            return {}
        decoder = self._decoder(dictionary=None)
        # The words of the search are named by their place in the text: position.reading.part
        states = count(1)
        state, transitions = 0, []
        for position, sayings in enumerate(text):
            after = next(states) if sayings else state
            for number, reading in enumerate(sayings):
                here = state
                for part, sounds in enumerate(reading):
                    name = f"{position}.{number}.{part}.{len(reading)}"
                    _add_word(decoder, name, sounds)
                    there = after if part == len(reading) - 1 else next(states)
                    transitions.append((here, there, 1.0, name))
                    here = there
            state = after
        decoder.add_fsg(FSG_NAME, decoder.create_fsg(FSG_NAME, 0, state, transitions))
        decoder.activate_search(FSG_NAME)
        decoder.start_utt()
        decoder.process_raw(_as_int16(waveform).tobytes(), full_utt=True)
        decoder.end_utt()
        return _path(decoder, [position for position, sayings in enumerate(text) if sayings])

    def _decoder(self, dictionary: str | None) -> Decoder:
        return Decoder(
            hmm=str(self._files.acoustic),
            dict=dictionary,
            lm=None,
            # The mean over the clip, not a running one that the first words would not have.
            cmn="batch",
            bestpath=False,
            beam=BEAM,
            pbeam=BEAM,
            wbeam=WORD_BEAM,
            loglevel="FATAL",
        )


def _add_word(decoder: Decoder, name: str, sounds: Sequence[str]) -> None:
    for number, phones in enumerate(sounds, start=1):
        decoder.add_word(name if number == 1 else f"{name}({number})", phones, False)


def _min_frames(text: Sequence[Sayings]) -> int:
    """The fewest frames in which the text can be said at all."""
    return MIN_FRAMES_PER_PHONE * sum(
        min(sum(min(len(s.split()) for s in sounds) for sounds in reading) for reading in sayings)
        for sayings in text
        if sayings
    )


def _as_int16(waveform: Waveform) -> npt.NDArray[np.int16]:
    """At full level, so that a quiet recording does not drown in the rounding."""
    peak = float(np.max(np.abs(waveform)))
    gain = PEAK / peak if peak > 0 else 1.0
    return np.round(waveform * (gain * np.iinfo(np.int16).max)).astype("<i2")


def _path(decoder: Decoder, spoken: Sequence[int]) -> dict[int, Found]:
    """The found words by position, {} for a path that ended before the last of them."""
    if decoder.hyp() is None:
        return {}
    seen = [segment for segment in decoder.seg() if segment.word[0].isdigit()]
    found: dict[int, Found] = {}
    for position, parts in groupby(seen, key=lambda segment: int(segment.word.partition(".")[0])):
        pieces = list(parts)
        frames = sum(piece.end_frame + 1 - piece.start_frame for piece in pieces)
        score = math.exp(SCORE_SCALE * sum(math.log(max(piece.ascore, TINY)) for piece in pieces) / frames)
        found[position] = Found(pieces[0].start_frame, pieces[-1].end_frame + 1, min(score, 1.0))
    if list(found) != list(spoken):
        return {}
    _, _, part, parts_of_last = seen[-1].word.partition("(")[0].split(".")
    return found if int(part) == int(parts_of_last) - 1 else {}


def _placed(words: Sequence[str], found: dict[int, Found], duration: Seconds) -> list[AlignedWord]:
    doubt = (FLAG_MISMATCH,) if _mean_score(found.values()) < MIN_MEAN_SCORE else ()
    placed: list[AlignedWord] = []
    end = 0.0
    for position, word in enumerate(words):
        seen = found.get(position)
        if seen is None:
            placed.append(AlignedWord(word, TimeSpan(end, end), None, (FLAG_INTERPOLATED, *doubt)))
            continue
        start = min(max(_border(seen.first), end), duration)
        end = min(max(_border(seen.end), start), duration)
        placed.append(AlignedWord(word, TimeSpan(start, end), seen.score, doubt))
    return placed


def _mean_score(found: Iterable[Found]) -> float:
    """The geometric mean over all frames: one long word that does not fit weighs more than three short that do."""
    weighted = [(math.log(max(word.score, TINY)), word.end - word.first) for word in found]
    return math.exp(sum(log * frames for log, frames in weighted) / sum(frames for _, frames in weighted))


def _border(frame: int) -> Seconds:
    """When the frames before `frame` end and it begins."""
    return frame * FRAME_SECONDS + HALF_OVERLAP_SECONDS if frame else 0.0


def _refused(words: Sequence[str], duration: Seconds) -> list[AlignedWord]:
    """Even shares of the clip for words that were not found in it."""
    step = duration / len(words)
    borders = [min(round(index * step, 3), duration) for index in range(len(words) + 1)]
    return [
        AlignedWord(
            word, TimeSpan(borders[index], borders[index + 1]), 0.0, (FLAG_INTERPOLATED, FLAG_MISMATCH)
        )
        for index, word in enumerate(words)
    ]
