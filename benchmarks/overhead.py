"""What asrlab costs beside the bare libraries: CPU seconds for the same segments with the same settings.

Each engine labels the prompts of `prompts_wer.py` through the command line (ingest, voice detection, catalog and
all; no aligner), then its peers hear the very segments that were stored, in a plain loop. CPU seconds are those of
the whole process, imports and loading included.

    .venv/bin/python -m benchmarks.overhead              200 prompts
    .venv/bin/python -m benchmarks.overhead --files 20   a quick look
"""

import argparse
import json
import math
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
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
# For each engine its peers, and the most of their CPU seconds it may take: 1.25 times those of the bare loop; at least
# 1.5 times the audio per CPU second of the pipeline as it comes, with five beams. The greedy one is there to see what
# the rest is: the encoder's work on 30 s a clip is the same for both.
LIMITS = {"faster-whisper": {"loop": 1.25}, "whisper": {"pipeline": 1 / 1.5, "greedy pipeline": math.inf}}

Waveform = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one process took, and what it heard in each prompt (by file name)."""

    cpu_seconds: float
    texts: dict[str, str]


def main() -> int:
    """Measure both engines; the exit code is 1 when a ratio is above its limit."""
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
    """Measure an engine and its peers, print them all; returns whether the ratios are within their limits."""
    with tempfile.TemporaryDirectory(prefix="asrlab-overhead-") as name:
        folder = Path(name)
        (folder / "audio").mkdir()
        for prompt in prompts:
            shutil.copyfile(prompt.wav, folder / "audio" / _file_name(prompt))
        ours = label(engine, folder)
        theirs = {name: peer(name, folder) for name in LIMITS[engine]}
    seconds = sum(prompt.seconds for prompt in prompts)
    for who, outcome in {"asrlab": ours, **theirs}.items():
        heard = [outcome.texts.get(_file_name(prompt), "") for prompt in prompts]
        wer = word_error_rate([prompt.text for prompt in prompts], heard, normaliser=english).wer
        print(
            f"{engine:>15} {who:>16}: {outcome.cpu_seconds:7.1f} CPU s for {seconds:.0f} s of audio "
            f"({seconds / outcome.cpu_seconds:.2f} s per CPU s), WER {100 * wer:.2f} %"
        )
    ratios = {name: ours.cpu_seconds / outcome.cpu_seconds for name, outcome in theirs.items()}
    for name, ratio in ratios.items():
        limit = LIMITS[engine][name]
        asked = f" (at most {limit:.2f})" if math.isfinite(limit) else ""
        print(f"{engine:>15} {name:>16}: {ratio:.2f} × its CPU seconds{asked}")
    return all(ratio <= LIMITS[engine][name] for name, ratio in ratios.items())


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


def peer(name: str, folder: Path) -> Outcome:
    """The library's own loop over the segments that were stored, in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.overhead",
        "--peer",
        name,
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


def hear_with_pipeline(segments: Sequence[dict[str, Any]], num_beams: int | None = None) -> dict[str, str]:
    """The speech recognition pipeline of transformers at batch 1; None leaves it its five beams."""
    import torch
    from transformers import pipeline

    from asrlab.engines.embedded import embedded_checkpoint

    torch.set_num_threads(1)
    asr = pipeline(
        "automatic-speech-recognition", model=str(embedded_checkpoint()), device="cpu", batch_size=1
    )

    beams = {} if num_beams is None else {"num_beams": num_beams}

    def hear(waveform: Waveform) -> str:
        answer: Any = asr({"raw": waveform, "sampling_rate": RATE_HZ}, generate_kwargs=beams)
        return str(answer["text"])

    return _heard(segments, hear)


PEERS: dict[str, Callable[[Sequence[dict[str, Any]]], dict[str, str]]] = {
    "loop": hear_with_faster_whisper,
    "pipeline": hear_with_pipeline,
    "greedy pipeline": partial(hear_with_pipeline, num_beams=1),
}

if __name__ == "__main__":
    sys.exit(main())
