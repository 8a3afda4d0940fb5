"""What asrlab costs beside the bare libraries: CPU seconds for the same segments with the same settings.

Each engine labels the prompts of `prompts_wer.py` through the command line (ingest, voice detection, catalog and
all; no aligner), then its peer hears the very segments that were stored, in a plain loop. CPU seconds are those of
the whole process, imports and loading included.

    .venv/bin/python -m benchmarks.overhead              200 prompts
    .venv/bin/python -m benchmarks.overhead --files 20   a quick look
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile
from platformdirs import user_cache_path

from asrlab.evaluate.wer import word_error_rate
from asrlab.text.normalise import english
from benchmarks.prompts_wer import BenchmarkError, Prompt, spoken_prompts

RATE_HZ = 16_000
SEGMENTS_SQL = "SELECT uri, start_s, end_s, text FROM v_current ORDER BY uri, start_s"
# Engine, its peer, and what is asked: at most 1.25 × the peer's CPU seconds; at least 1.5 × its audio per CPU second.
LIMITS = {"faster-whisper": 1.25, "whisper": 1 / 1.5}

Waveform = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one process took, and what it heard in each prompt (by file name)."""

    cpu_seconds: float
    texts: dict[str, str]


def main() -> int:
    """Run both pairs; the exit code is 1 when a ratio is above its limit."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--files", type=int, default=200, metavar="N", help="how many prompts, spread evenly")
    parser.add_argument("--cache", type=Path, default=user_cache_path("asrlab") / "prompts")
    parser.add_argument("--peer", choices=list(PEERS), help=argparse.SUPPRESS)
    parser.add_argument("--segments", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.peer:
        print(json.dumps(PEERS[given.peer](json.loads(given.segments.read_text()))))
        return 0
    try:
        prompts = spoken_prompts(given.cache)
        chosen = prompts[:: max(1, len(prompts) // given.files)][: given.files]
        # All are measured, whatever the first one shows.
        within = [compare(engine, chosen) for engine in LIMITS]
    except BenchmarkError as error:
        print(f"overhead: {error}", file=sys.stderr)
        return 1
    return 0 if all(within) else 1


def compare(engine: str, prompts: Sequence[Prompt]) -> bool:
    """Measure an engine and its peer, print both; returns whether the ratio is within its limit."""
    with tempfile.TemporaryDirectory(prefix="asrlab-overhead-") as name:
        folder = Path(name)
        (folder / "audio").mkdir()
        for prompt in prompts:
            shutil.copyfile(prompt.wav, folder / "audio" / _file_name(prompt))
        ours = label(engine, folder)
        theirs = peer(engine, folder)
    seconds = sum(prompt.seconds for prompt in prompts)
    for who, outcome in (("asrlab", ours), ("bare loop", theirs)):
        heard = [outcome.texts.get(_file_name(prompt), "") for prompt in prompts]
        wer = word_error_rate([prompt.text for prompt in prompts], heard, normaliser=english).wer
        print(
            f"{engine:>15} {who:>10}: {outcome.cpu_seconds:7.1f} CPU s for {seconds:.0f} s of audio "
            f"({seconds / outcome.cpu_seconds:.2f} s per CPU s), WER {100 * wer:.2f} %"
        )
    ratio = ours.cpu_seconds / theirs.cpu_seconds
    print(f"{engine:>15} {'ratio':>10}: {ratio:.2f} × the loop's CPU seconds (at most {LIMITS[engine]:.2f})")
    return ratio <= LIMITS[engine]


def label(engine: str, folder: Path) -> Outcome:
    """`asrlab label` as a user types it, on one thread."""
    asrlab = str(Path(sys.executable).with_name("asrlab"))
    catalog = ("--catalog", f"sqlite:///{folder}/catalog.db")
    cpu_seconds, _ = _measured(
        [
            asrlab,
            "label",
            str(folder / "audio"),
            "--inline",
            "--engine",
            engine,
            "--aligner",
            "none",
            *catalog,
        ]
    )
    _, answer = _measured([asrlab, "sql", SEGMENTS_SQL, "--format", "json", *catalog])
    (folder / "segments.json").write_text(answer)
    texts: dict[str, list[str]] = {}
    for row in json.loads(answer):
        texts.setdefault(Path(row["uri"]).name, []).append(row["text"])
    return Outcome(cpu_seconds, {name: " ".join(parts) for name, parts in texts.items()})


def peer(engine: str, folder: Path) -> Outcome:
    """The library's own loop over the segments that were stored, in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.overhead",
        "--peer",
        engine,
        "--segments",
        str(folder / "segments.json"),
    ]
    cpu_seconds, answer = _measured(command)
    return Outcome(cpu_seconds, json.loads(answer))


def _measured(command: Sequence[str]) -> tuple[float, str]:
    """CPU seconds (user and system) of a process and its children, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment, check=False)
    if done.returncode != 0:
        raise BenchmarkError(f"`{' '.join(command[:3])} …` ended with exit code {done.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def _file_name(prompt: Prompt) -> str:
    return prompt.name.replace("/", "_") + ".wav"


def _heard(segments: Sequence[dict[str, Any]], hear: Callable[[Waveform], str]) -> dict[str, str]:
    texts: dict[str, list[str]] = {}
    for segment in segments:
        first, last = round(segment["start_s"] * RATE_HZ), round(segment["end_s"] * RATE_HZ)
        waveform, _ = soundfile.read(segment["uri"], start=first, stop=last, dtype="float32")
        texts.setdefault(Path(segment["uri"]).name, []).append(hear(waveform).strip())
    return {name: " ".join(parts) for name, parts in texts.items()}


def hear_with_faster_whisper(segments: Sequence[dict[str, Any]]) -> dict[str, str]:
    """faster-whisper's own transcribe, greedy in int8, one segment after the other."""
    from faster_whisper import WhisperModel

    from asrlab.engines.embedded import packaged_folder

    model = WhisperModel(str(packaged_folder()), device="cpu", compute_type="int8", cpu_threads=1)

    def hear(waveform: Waveform) -> str:
        found, _ = model.transcribe(
            waveform,
            language="en",
            beam_size=1,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=True,
        )
        return "".join(str(part.text) for part in found)

    return _heard(segments, hear)


def hear_with_transformers(segments: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The speech recognition pipeline of transformers at batch 1, one segment after the other."""
    import torch
    from transformers import pipeline

    from asrlab.engines.embedded import embedded_checkpoint

    torch.set_num_threads(1)
    asr = pipeline(
        "automatic-speech-recognition", model=str(embedded_checkpoint()), device="cpu", batch_size=1
    )

    def hear(waveform: Waveform) -> str:
        answer: Any = asr({"raw": waveform, "sampling_rate": RATE_HZ})
        return str(answer["text"])

    return _heard(segments, hear)


PEERS: dict[str, Callable[[Sequence[dict[str, Any]]], dict[str, str]]] = {
    "faster-whisper": hear_with_faster_whisper,
    "whisper": hear_with_transformers,
}

if __name__ == "__main__":
    sys.exit(main())
