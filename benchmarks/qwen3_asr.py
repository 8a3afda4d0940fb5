"""Qwen3-ASR beside transformers as people use it: audio seconds per second, on random weights of true shapes.

    .venv/bin/python -m benchmarks.qwen3_asr                          tiny, and 0.6B widths with 2 + 2 layers, on a CPU
    .venv/bin/python -m benchmarks.qwen3_asr --device cuda            0.6B and 1.7B in true size, bfloat16 (and see
                                                                      benchmarks/qwen3_asr_gpu.py)
    .venv/bin/python -m benchmarks.qwen3_asr --chunks                 the same four minutes in chunks of other lengths
    .venv/bin/python -m benchmarks.qwen3_asr --reference PYTHON       beside qwen-asr, which that Python has (0.0.6)

24 clips of mixed lengths; each writes a fixed number of tokens (3.5 a second), because random weights don't know when
to stop. The peer takes the clips in the order given, one `generate` per batch of 8, as the model's documentation shows.
Tokens are checked against the peer's, clip by clip.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoProcessor, Qwen3ASRConfig, Qwen3ASRForConditionalGeneration

from asrlab.engines.protocol import Waveform
from asrlab.engines.qwen3_asr.decoding import Request, generate
from asrlab.engines.qwen3_asr.encoder import encode
from asrlab.engines.qwen3_asr.loading import LoadedQwen3, load_qwen3, ready
from asrlab.engines.qwen3_asr.prompt import recognition_text, tokenize
from asrlab.qwen3_asr import Qwen3ASRModel

RATE_HZ = 16_000
TINY = Path(__file__).parents[1] / "tests" / "goldens" / "qwen3_asr" / "checkpoints" / "asr-hf"
TINY_ORIGINAL = TINY.with_name("asr-orig")
TOKENS_PER_SECOND = 3.5
REFERENCE_TOKENS = 64
LONG_SECONDS = 1200
CHUNK_LENGTHS = (15, 30, 60, 120, 300, 1200)
PEER_BATCH = 8
# At least so much faster than the peer; asked of a CPU.
LEAST_RATIO = 2.0
WIDE_VOCABULARY = 151_936


@dataclass(frozen=True, slots=True)
class Size:
    """Widths and layers of a model; None for the checkpoint's own."""

    audio: dict[str, int] | None = None
    text: dict[str, int] | None = None


def _size(audio: tuple[int, int, int, int], text: tuple[int, int, int]) -> Size:
    """audio: layers, width, heads, feed-forward. text: layers, width, feed-forward."""
    layers, width, heads, inner = audio
    text_layers, text_width, text_inner = text
    return Size(
        {
            "encoder_layers": layers,
            "d_model": width,
            "encoder_attention_heads": heads,
            "encoder_ffn_dim": inner,
            "output_dim": text_width,
            "downsample_hidden_size": 480,
        },
        {
            "num_hidden_layers": text_layers,
            "hidden_size": text_width,
            "intermediate_size": text_inner,
            "num_attention_heads": 16,
            "num_key_value_heads": 8,
            "head_dim": 128,
            "vocab_size": WIDE_VOCABULARY,
        },
    )


SIZES = {
    "tiny": Size(),
    "0.6B widths, 2 + 2 layers": _size((2, 896, 14, 3584), (2, 1024, 3072)),
    "0.6B": _size((18, 896, 14, 3584), (28, 1024, 3072)),
    "1.7B": _size((24, 1024, 16, 4096), (28, 2048, 6144)),
}


def main() -> int:
    """Measure each size; the exit code is 1 when asrlab is less than twice as fast on a CPU, or tokens differ."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--size", action="append", choices=list(SIZES), help="only these")
    parser.add_argument("--clips", type=int, default=24, metavar="N")
    parser.add_argument(
        "--reference", metavar="PYTHON", help="measure beside the qwen-asr of that Python instead"
    )
    parser.add_argument("--chunks", action="store_true", help="measure lengths of chunks instead")
    given = parser.parse_args()
    names = given.size or (["0.6B", "1.7B"] if given.device != "cpu" else list(SIZES)[:2])
    clips = mixed_clips(given.clips)
    if given.chunks:
        for name in names:
            compare_chunks(name, torch.device(given.device))
        return 0
    if given.reference:
        for name in names:
            beside_reference(name, clips, given.reference)
        return 0
    good = [measure(name, clips, torch.device(given.device)) for name in names]
    return 0 if all(good) else 1


def mixed_clips(count: int) -> list[Waveform]:
    """Noise that rises and falls, of 1 to 30 s, in no order."""
    random = np.random.default_rng(5)
    lengths = random.permutation(np.linspace(1.0, 30.0, count))
    clips = []
    for seconds in lengths:
        samples = round(float(seconds) * RATE_HZ)
        loudness = 0.05 * (1 + np.sin(np.arange(samples) / 3000))
        clips.append((random.normal(0, 1, samples) * loudness).astype(np.float32))
    return clips


def measure(name: str, clips: Sequence[Waveform], device: torch.device) -> bool:
    """Print what asrlab and the peer make of the clips; returns whether that is good enough."""
    loaded = random_model(SIZES[name], device)
    counts = [max(1, round(TOKENS_PER_SECOND * len(clip) / RATE_HZ)) for clip in clips]
    seconds = sum(len(clip) for clip in clips) / RATE_HZ
    processor = AutoProcessor.from_pretrained(TINY, local_files_only=True)  # type: ignore[no-untyped-call]
    # Warm up: the first call of each allocates and plans.
    ours(loaded, clips[:2], counts[:2])
    theirs(loaded, processor, clips[:2], counts[:2], 2)
    our_time, our_tokens = timed(lambda: ours(loaded, clips, counts), device)
    their_time, _ = timed(lambda: theirs(loaded, processor, clips, counts, PEER_BATCH), device)
    one_time, one_by_one = timed(lambda: theirs(loaded, processor, clips, counts, 1), device)
    same = sum(mine == other for mine, other in zip(our_tokens, one_by_one, strict=True))
    ratio = their_time / our_time
    print(f"{name}: {len(clips)} clips, {seconds:.0f} s of audio, {sum(counts)} tokens, {device}")
    print(f"  asrlab                      {seconds / our_time:8.1f} s of audio per second")
    print(f"  transformers, batches of 8  {seconds / their_time:8.1f}   asrlab is {ratio:.2f} x as fast")
    print(
        f"  transformers, clip by clip  {seconds / one_time:8.1f}   the same tokens in {same} of {len(clips)} clips"
    )
    print(f"  peak memory {peak_memory(device) / 1e9:.2f} GB, of all three")
    return same == len(clips) and (ratio >= LEAST_RATIO or device.type != "cpu")


def compare_chunks(name: str, device: torch.device) -> None:
    """Print how fast the same audio is read in chunks of several lengths: long ones read more keys and values a step."""
    loaded = random_model(SIZES[name], device)
    samples = LONG_SECONDS * RATE_HZ
    waveform = np.random.default_rng(5).normal(0, 0.05, samples).astype(np.float32)
    ours(loaded, [waveform[:RATE_HZ]], [4])
    print(f"{name}: {LONG_SECONDS} s of audio, {TOKENS_PER_SECOND} tokens a second, {device}")
    for length in CHUNK_LENGTHS:
        clips = [waveform[first : first + length * RATE_HZ] for first in range(0, samples, length * RATE_HZ)]
        taken, _ = timed(
            lambda clips=clips, length=length: ours(  # type: ignore[misc]
                loaded, clips, [round(TOKENS_PER_SECOND * length)] * len(clips)
            ),
            device,
        )
        print(f"  chunks of {length:4d} s  {LONG_SECONDS / taken:8.1f} s of audio per second")


def beside_reference(name: str, clips: Sequence[Waveform], python: str) -> None:
    """Print what both packages make of the clips, by the same calls of the same names, on the same weights."""
    seconds = sum(len(clip) for clip in clips) / RATE_HZ
    size = SIZES[name]
    with tempfile.TemporaryDirectory() as temporary:
        folder = TINY_ORIGINAL
        if size.audio is not None:
            folder = Path(temporary) / "checkpoint"
            widths = json.dumps({"audio_config": size.audio, "text_config": size.text})
            _reference(python, "make", TINY_ORIGINAL, folder, widths)
        stored = Path(temporary) / "clips.npz"
        np.savez(stored, *clips)
        model = Qwen3ASRModel.from_pretrained(
            str(folder), dtype=torch.float32, max_new_tokens=REFERENCE_TOKENS
        )
        audio: list[Any] = [(clip, RATE_HZ) for clip in clips]
        model.transcribe(audio=audio[:2])
        start = time.perf_counter()
        texts = [result.text for result in model.transcribe(audio=audio)]
        our_time = time.perf_counter() - start
        print(
            f"{name}: {len(clips)} clips, {seconds:.0f} s of audio, up to {REFERENCE_TOKENS} tokens each, cpu"
        )
        print(f"  asrlab, batches of 32       {seconds / our_time:8.1f} s of audio per second")
        for batch in (32, 8, 1):
            told = json.loads(
                _reference(python, "transcribe", folder, stored, str(batch), str(REFERENCE_TOKENS))
            )
            same = sum(mine == other for mine, other in zip(texts, told["texts"], strict=True))
            print(
                f"  qwen-asr, batches of {batch:<6d} {seconds / told['seconds']:8.1f}   "
                f"asrlab is {told['seconds'] / our_time:.2f} x as fast; the same text in {same} of {len(clips)} clips"
            )


def _reference(python: str, *arguments: str | Path) -> str:
    script = Path(__file__).with_name("qwen3_asr_reference.py")
    done = subprocess.run(
        [python, script, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True
    )
    # The package prints on import; the answer is the last line.
    return done.stdout.strip().rpartition("\n")[2]


def random_model(size: Size, device: torch.device) -> LoadedQwen3:
    """Random weights in this size, with the tiny checkpoint's tokenizer and prompt; no token ends a text."""
    tiny = load_qwen3(TINY, "asr")
    if size.audio is None or size.text is None:
        model: Any = tiny.model.to(device)
    else:
        torch.manual_seed(0)
        dtype = torch.float32 if device.type == "cpu" else torch.bfloat16
        with torch.device(device):
            model = Qwen3ASRForConditionalGeneration(true_config(tiny.model.config, size))
        model.to(dtype)
    return LoadedQwen3(ready(model), tiny.tokenizer, tiny.template, frozenset(), tiny.segment_ms, ())


def true_config(tiny: Qwen3ASRConfig, size: Size) -> Qwen3ASRConfig:
    """The tiny checkpoint's configuration with the widths and layers of another size."""
    config = tiny.to_dict()
    config["audio_config"] |= size.audio or {}
    config["text_config"] |= size.text or {}
    return Qwen3ASRConfig(**config)


def ours(loaded: LoadedQwen3, clips: Sequence[Waveform], counts: Sequence[int]) -> list[list[int]]:
    """As the engine does: all clips of its memory budget at once."""
    ready(loaded.model)
    prompt = tokenize(loaded, recognition_text(loaded, "", None))
    audio = encode(loaded.model, clips)
    requests = [Request(prompt, tokens, count) for tokens, count in zip(audio, counts, strict=True)]
    return [answer.ids for answer in generate(loaded, requests)]


def theirs(
    loaded: LoadedQwen3, processor: Any, clips: Sequence[Waveform], counts: Sequence[int], batch: int
) -> list[list[int]]:
    """As the documentation shows: `apply_transcription_request`, then `generate`, batch by batch."""
    # Stock layout: asrlab changes it when it loads.
    loaded.model.model.audio_tower.to(memory_format=torch.contiguous_format)
    answers: list[list[int]] = []
    for first in range(0, len(clips), batch):
        some, asked = clips[first : first + batch], counts[first : first + batch]
        inputs: Any = processor.apply_transcription_request(audio=list(some))
        inputs = inputs.to(loaded.model.device, loaded.model.dtype)
        with torch.inference_mode():
            written = loaded.model.generate(
                **inputs, max_new_tokens=max(asked), min_new_tokens=max(asked), do_sample=False
            )
        start = inputs["input_ids"].shape[1]
        answers += [row[start : start + count].tolist() for row, count in zip(written, asked, strict=True)]
    return answers


def timed(call: Callable[[], list[list[int]]], device: torch.device) -> tuple[float, list[list[int]]]:
    """Seconds, and the answer."""
    start = time.perf_counter()
    answer = call()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start, answer


def peak_memory(device: torch.device) -> float:
    """In bytes: of the card, or of this process where there is none."""
    if device.type == "cuda":
        return float(torch.cuda.max_memory_allocated())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0


if __name__ == "__main__":
    sys.exit(main())
