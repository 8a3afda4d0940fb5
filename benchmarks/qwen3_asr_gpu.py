"""Qwen3-ASR and its aligner in true size on a card: audio seconds per second, and peak memory, on random weights.

    .venv/bin/python -m benchmarks.qwen3_asr_gpu                              0.6B, 1.7B and the aligner, bfloat16
    .venv/bin/python -m benchmarks.qwen3_asr_gpu --device cpu --size tiny     the same steps where there is no card

Clips of 30 s and of 120 s, 3.5 tokens of text a second, from samples in memory to tokens (or time stamps).
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from transformers import Qwen3ASRForTokenClassification

from asrlab.engines.protocol import Waveform
from asrlab.engines.qwen3_asr.loading import LoadedQwen3, Steps, load_qwen3, ready
from asrlab.engines.qwen3_asr.placing import place
from benchmarks.qwen3_asr import (
    RATE_HZ,
    SIZES,
    TINY,
    TOKENS_PER_SECOND,
    ours,
    peak_memory,
    random_model,
    timed,
    true_config,
)

CLIP_SECONDS = (30, 120)
WORDS_PER_SECOND = 2.5
ALIGNER = "aligner"
# Audio seconds per second that are aimed at on one H200.
TARGETS = {"0.6B": 5000, "1.7B": 3000, ALIGNER: 5000}


def main() -> int:
    """Print a row for each model, length of clips and way of decoding."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--size", action="append", choices=[*SIZES, ALIGNER], help="only these")
    parser.add_argument("--batch-seconds", type=int, default=7680, metavar="S", help="audio of one batch")
    given = parser.parse_args()
    device = torch.device(given.device)
    if device.type == "cuda" and not torch.cuda.is_available():
        print("there is no card here: --device cpu --size tiny runs the same steps", file=sys.stderr)
        return 1
    print("model       clips          way      audio s per s   target   peak GB")
    for name in given.size or list(TARGETS):
        for seconds in CLIP_SECONDS:
            clips = _clips(seconds, max(1, given.batch_seconds // seconds))
            if name == ALIGNER:
                _row(name, clips, "-", device, _aligning(clips, device))
            else:
                loaded = random_model(SIZES[name], device)
                ways: list[Steps] = ["growing", "graph" if device.type == "cuda" else "static"]
                for way in ways:
                    _row(name, clips, way, device, _decoding(replace(loaded, steps=way), clips))
    return 0


def _clips(seconds: int, count: int) -> list[Waveform]:
    generator = torch.Generator().manual_seed(5)
    noise = 0.05 * torch.randn(count, seconds * RATE_HZ, generator=generator)
    return list(noise.numpy())


def _decoding(loaded: LoadedQwen3, clips: Sequence[Waveform]) -> Callable[[], list[list[int]]]:
    counts = [round(TOKENS_PER_SECOND * len(clip) / RATE_HZ) for clip in clips]
    return lambda: ours(loaded, clips, counts)


def _aligning(clips: Sequence[Waveform], device: torch.device) -> Callable[[], list[list[int]]]:
    loaded = random_aligner(device)
    words = ["word"] * round(WORDS_PER_SECOND * len(clips[0]) / RATE_HZ)

    def align() -> list[list[int]]:
        return [[len(placed)] for placed in place(loaded, [(clip, words) for clip in clips])]

    return align


def random_aligner(device: torch.device) -> LoadedQwen3:
    """The aligner in true size on a card, the tiny one elsewhere, with random weights and the tiny one's tokenizer."""
    tiny = load_qwen3(TINY.with_name("aligner-hf"), "aligner")
    if device.type == "cpu":
        return tiny
    with torch.device(device):
        # Untyped there.
        make: Any = Qwen3ASRForTokenClassification
        model = make(true_config(tiny.model.config, SIZES["0.6B"]))
    return replace(tiny, model=ready(model.to(torch.bfloat16)))


def _row(
    name: str, clips: Sequence[Waveform], way: str, device: torch.device, call: Callable[[], list[list[int]]]
) -> None:
    call()
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    taken, _ = timed(call, device)
    seconds = sum(len(clip) for clip in clips) / RATE_HZ
    length = round(len(clips[0]) / RATE_HZ)
    print(
        f"{name:10} {len(clips):4d} x {length:3d} s  {way:8} {seconds / taken:13.0f}  {TARGETS.get(name, 0):7d}"
        f"  {peak_memory(device) / 1e9:8.2f}"
    )


if __name__ == "__main__":
    sys.exit(main())
