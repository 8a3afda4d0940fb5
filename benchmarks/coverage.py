"""How well `not_covered` tells texts that leave speech out from whole ones.

    python -m benchmarks.coverage [--every N]

Telephone prompts with their own texts, then with half of each text cut off, through two aligners; Debian's packages of
asterisk's sounds are fetched once (see benchmarks/prompts_wer.py).
"""

import argparse
import sys
from itertools import pairwise

import soundfile
from platformdirs import user_cache_path

from asrlab.engines.coverage import MAX_UNCOVERED, speech_in, uncovered_seconds
from asrlab.engines.protocol import EngineOptions, Waveform
from asrlab.engines.registry import aligner_factory
from benchmarks.prompts_wer import BenchmarkError, spoken_prompts

ALIGNERS = ("pocketsphinx", "whisper")
# Half of a shorter text is no sentence.
MIN_WORDS = 8
LONGEST_SECONDS = 29.0
LIMITS = (0.0, 0.3, 0.5, MAX_UNCOVERED, 1.0, 1.5, 2.0)


def main() -> int:
    """Print a row for each aligner and kind of text."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take every N-th prompt")
    try:
        prompts = spoken_prompts(user_cache_path("asrlab"))[:: parser.parse_args().every]
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return 1
    prompts = [prompt for prompt in prompts if prompt.seconds <= LONGEST_SECONDS]
    clips = [soundfile.read(prompt.wav, dtype="float32")[0] for prompt in prompts]
    whole = list(zip(clips, [prompt.text for prompt in prompts], strict=True))
    halves = [(clip, _half(text)) for clip, text in whole if len(text.split()) >= MIN_WORDS]
    print("aligner        texts    number  " + "  ".join(f"> {limit:g} s" for limit in LIMITS))
    for name in ALIGNERS:
        for kind, items in (("whole", whole), ("half", halves)):
            left = [_uncovered(name, clip, text) for clip, text in items]
            counts = "  ".join(f"{sum(value > limit for value in left):7d}" for limit in LIMITS)
            print(f"{name:14} {kind:8} {len(items):6d}  {counts}")
    return 0


def _uncovered(name: str, clip: Waveform, text: str) -> float:
    aligner = aligner_factory(name).open(EngineOptions(device="cpu"))
    (words,) = aligner.align([clip], [text], languages=["en"])
    assert all(one.span.end <= other.span.start for one, other in pairwise(words))
    return uncovered_seconds(speech_in(clip), words)


def _half(text: str) -> str:
    words = text.split()
    return " ".join(words[: len(words) // 2])


if __name__ == "__main__":
    sys.exit(main())
