"""Word error rate and speed of `asrlab label` on Debian's recorded telephone prompts: one voice, known texts.

It measures the command line a user types, in a process of its own; nothing is tuned for the set. The audio is
fetched from Debian and stays in the cache folder: it is never part of the repository.

    .venv/bin/python benchmarks/prompts_wer.py            all prompts
    .venv/bin/python benchmarks/prompts_wer.py --every 7  every seventh
"""

import argparse
import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import soundfile
from platformdirs import user_cache_path

from asrlab.evaluate.wer import WerReport, word_error_rate
from asrlab.text.normalise import english

PACKAGES = ("asterisk-core-sounds-en", "asterisk-core-sounds-en-g722")
TEXTS = Path("usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz")
SOUNDS = Path("usr/share/asterisk/sounds/en_US_f_Allison")
# What G.722 carries, and what engines read: nothing is resampled.
SAMPLING_RATE_HZ = 16_000
# A prompt of one or two words gives an engine nothing to go by ("b", "at"), so it also has a row of its own.
LONGER_PROMPT_WORDS = 3
WORST_SHOWN = 10
# `asrlab label` prints what it could not label; those prompts count as not heard.
DONE_WITH_FAILURES = 3
# Not spoken: "[ascending tones]", "(1 second of silence)", "<beep ascending>".
NOTE = re.compile(r"[\[(<].*[\])>]")


class BenchmarkError(Exception):
    """Something outside asrlab is missing; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A recorded prompt: its name and text as the package has them, its decoded file and its length."""

    name: str
    text: str
    wav: Path
    seconds: float


def main() -> int:
    """Run the benchmark; the exit code is 1 when the rate is above `--at-most`."""
    given = _arguments()
    try:
        chosen = spoken_prompts(given.cache)[:: given.every]
        texts, label_seconds = label(chosen)
    except BenchmarkError as error:
        print(f"prompts_wer: {error}", file=sys.stderr)
        return 1
    total = show(chosen, [texts.get(prompt.name, "") for prompt in chosen], label_seconds)
    return 0 if 100 * total.wer <= given.at_most else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every N-th prompt")
    parser.add_argument(
        "--at-most",
        type=float,
        default=float("inf"),
        metavar="PERCENT",
        help="fail above this word error rate",
    )
    parser.add_argument(
        "--cache", type=Path, default=user_cache_path("asrlab") / "prompts", help="where the prompts are kept"
    )
    return parser.parse_args()


def spoken_prompts(cache: Path) -> list[Prompt]:
    """All prompts in which something is said, by name; fetched and decoded into `cache` the first time.

    A recording that stands under several names is taken once: a catalog knows recordings by their content.
    """
    root = _unpacked(cache)
    prompts: list[Prompt] = []
    seen: set[str] = set()
    for name, text in sorted(_texts(root / TEXTS).items()):
        sound = root / SOUNDS / f"{name}.g722"
        if not english(NOTE.sub("", text)) or not sound.exists():
            continue
        digest = hashlib.sha256(sound.read_bytes()).hexdigest()
        if digest in seen:
            continue
        seen.add(digest)
        wav = cache / "wav" / f"{name}.wav"
        if not wav.exists():
            _decode(sound, wav)
        prompts.append(Prompt(name, text, wav, soundfile.info(wav).duration))
    return prompts


def _unpacked(cache: Path) -> Path:
    """The folder with the unpacked packages."""
    root = cache / "packages"
    if (root / TEXTS).exists() and (root / SOUNDS).exists():
        return root
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="asrlab-prompts-") as folder:
        # Fails with the same words on a machine that is no Debian and on one without package lists.
        hint = "this needs Debian or Ubuntu, its network, and `apt-get update` run once"
        _run(["apt-get", "download", *PACKAGES], Path(folder), hint)
        for archive in sorted(Path(folder).glob("*.deb")):
            _run(["dpkg", "-x", str(archive), str(root)], Path(folder), "is the disk full?")
    return root


def _run(command: Sequence[str], folder: Path, hint: str) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise BenchmarkError(f"there is no {command[0]} here: {hint}") from error
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise BenchmarkError(f"`{' '.join(command)}` failed ({last}): {hint}")


def _texts(path: Path) -> dict[str, str]:
    """Name to text, from lines such as `vm-goodbye: Goodbye!`."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        named = (line.partition(": ") for line in lines if not line.startswith(";"))
        return {name.strip(): text.strip() for name, colon, text in named if colon}


def _decode(sound: Path, wav: Path) -> None:
    """Raw G.722 has no header, so the container has to be named; it is mono at 16 kHz."""
    with av.open(str(sound), format="g722") as container:
        frames = [frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]
        if container.streams.audio[0].rate != SAMPLING_RATE_HZ:
            raise BenchmarkError(f"{sound} is not at {SAMPLING_RATE_HZ} Hz")
    wav.parent.mkdir(parents=True, exist_ok=True)
    # Written beside and renamed: a stopped run leaves no half file that the next would take.
    beside = wav.with_suffix(".part")
    soundfile.write(beside, np.concatenate(frames), SAMPLING_RATE_HZ, subtype="PCM_16", format="WAV")
    beside.replace(wav)


def label(prompts: Sequence[Prompt]) -> tuple[dict[str, str], float]:
    """What `asrlab label` hears in each prompt, by name, and the seconds it took, start-up and all."""
    with tempfile.TemporaryDirectory(prefix="asrlab-prompts-") as folder:
        audio = Path(folder) / "audio"
        for prompt in prompts:
            # A copy, because a catalog may know a file by where a link leads.
            copy = audio / f"{prompt.name}.wav"
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(prompt.wav, copy)
        catalog = f"sqlite:///{folder}/catalog.db"
        started = time.perf_counter()
        _asrlab("label", str(audio), "--inline", "--catalog", catalog)
        seconds = time.perf_counter() - started
        query = "SELECT uri, text FROM v_current ORDER BY uri, start_s"
        rows = json.loads(_asrlab("sql", query, "--format", "json", "--catalog", catalog))
        texts: dict[str, list[str]] = {}
        for row in rows:
            name = Path(row["uri"]).relative_to(audio.resolve()).with_suffix("").as_posix()
            texts.setdefault(name, []).append(row["text"])
    return {name: " ".join(parts) for name, parts in texts.items()}, seconds


def _asrlab(*arguments: str) -> str:
    """Standard output of the `asrlab` that is installed beside this Python."""
    command = [str(Path(sys.executable).with_name("asrlab")), *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, DONE_WITH_FAILURES):
        raise BenchmarkError(f"`{' '.join(command[:3])} …` ended with exit code {done.returncode}")
    return done.stdout


def show(prompts: Sequence[Prompt], heard: Sequence[str], label_seconds: float) -> WerReport:
    """Print the table and the worst prompts; returns the report over all of them."""
    total = _report(prompts, heard)
    longer = [index for index, prompt in enumerate(prompts) if _is_longer(prompt)]
    print(f"{'prompts':>26} {'minutes':>8} {'words':>6} {'WER %':>6} {'sub':>5} {'del':>5} {'ins':>5}")
    _print_row("all", prompts, total)
    of_longer = [prompts[index] for index in longer]
    _print_row(
        f"of {LONGER_PROMPT_WORDS} words or more",
        of_longer,
        _report(of_longer, [heard[index] for index in longer]),
    )
    audio_seconds = sum(prompt.seconds for prompt in prompts)
    speed = label_seconds / audio_seconds
    print(f"asrlab label took {label_seconds:.0f} s with its start-up: {speed:.3f} × real time")
    print(f"the {WORST_SHOWN} with most errors:")
    for edits, prompt, text in _worst(prompts, heard):
        print(
            f"  {edits:3d} in {prompt.name}\n      said  {english(prompt.text)}\n      heard {english(text)}"
        )
    return total


def _is_longer(prompt: Prompt) -> bool:
    return len(english(prompt.text).split()) >= LONGER_PROMPT_WORDS


def _print_row(name: str, prompts: Sequence[Prompt], report: WerReport) -> None:
    minutes = sum(prompt.seconds for prompt in prompts) / 60
    print(
        f"{name:>20} {len(prompts):5d} {minutes:8.1f} {report.words:6d} {100 * report.wer:6.2f} "
        f"{report.substitutions:5d} {report.deletions:5d} {report.insertions:5d}"
    )


def _report(prompts: Sequence[Prompt], heard: Sequence[str]) -> WerReport:
    return word_error_rate([prompt.text for prompt in prompts], heard, normaliser=english)


def _worst(prompts: Sequence[Prompt], heard: Sequence[str]) -> list[tuple[int, Prompt, str]]:
    pairs = zip(prompts, heard, strict=True)
    scored = [(_report([prompt], [text]).edits, prompt, text) for prompt, text in pairs]
    scored.sort(key=lambda entry: (-entry[0], entry[1].name))
    return [entry for entry in scored[:WORST_SHOWN] if entry[0]]


if __name__ == "__main__":
    sys.exit(main())
