"""Rules of the voice detector, on real speech, with silero-vad's own code as the independent reference."""

import gc
import importlib.metadata
import os
import subprocess
import sys
import threading
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

import asrlab
from asrlab.domain.reasons import FailureReason
from asrlab.domain.recipe import Recipe
from asrlab.domain.time import TimeSpan
from asrlab.engines.protocol import VoiceDetector, Waveform
from asrlab.engines.silero import SileroDetector, describe_silero, open_silero
from asrlab.errors import AudioError, CheckpointError, MissingExtraError

RATE_HZ = 16_000
WINDOW_MS = 32
DETECTOR: VoiceDetector = SileroDetector(Recipe())


@cache
def audio(name: str) -> Waveform:
    """A recording that ships with the test dependency moonshine-voice, mono at 16 kHz."""
    (entry,) = (file for file in importlib.metadata.files("moonshine-voice") or () if file.name == name)
    samples, rate = soundfile.read(entry.locate(), dtype="float32", always_2d=True)
    waveform: Waveform = soxr.resample(samples.mean(axis=1), rate, RATE_HZ).astype(np.float32)
    return waveform


def in_blocks(waveform: Waveform, size: int) -> Iterator[Waveform]:
    return (waveform[i : i + size] for i in range(0, len(waveform), size))


def milliseconds(spans: list[TimeSpan]) -> list[tuple[int, int]]:
    return [(span.start_ms, span.end_ms) for span in spans]


Reference = Callable[[Waveform, Recipe], list[tuple[int, int]]]


@pytest.fixture(scope="module")
def reference() -> Iterator[Reference]:
    """Silero's own get_speech_timestamps, as regions in milliseconds."""
    import torch

    threads = torch.get_num_threads()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the package's, not ours
        import silero_vad

        model = silero_vad.load_silero_vad()

    def regions(waveform: Waveform, recipe: Recipe) -> list[tuple[int, int]]:
        found = silero_vad.get_speech_timestamps(
            torch.from_numpy(waveform),
            model,
            threshold=recipe.threshold,
            min_silence_duration_ms=round(recipe.min_silence_seconds * 1000),
            min_speech_duration_ms=round(recipe.min_speech_seconds * 1000),
            speech_pad_ms=0,
        )
        return [(region["start"] // 16, region["end"] // 16) for region in found]

    yield regions
    torch.set_num_threads(threads)


@pytest.mark.parametrize("name", ["two_cities.wav", "beckett.wav", "endgame_nagg_nell.wav", "clone-test.wav"])
@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(),
        Recipe(min_silence_seconds=0.1, min_speech_seconds=0.25),  # silero's defaults
        Recipe(threshold=0.3, min_silence_seconds=0, min_speech_seconds=0),
        Recipe(threshold=0.8, min_silence_seconds=1),
    ],
    ids=["ours", "theirs", "eager", "strict"],
)
def test_the_regions_are_those_of_the_packages_own_code(
    reference: Reference, name: str, recipe: Recipe
) -> None:
    waveform = audio(name)
    found = milliseconds(SileroDetector(recipe).speech(in_blocks(waveform, 4000)))
    expected = reference(waveform, recipe)
    assert expected
    assert len(found) == len(expected)
    assert np.abs(np.subtract(found, expected)).max() <= WINDOW_MS


def test_the_probabilities_are_those_of_the_packages_own_model(reference: Reference) -> None:
    import silero_vad
    import torch

    from asrlab.engines import silero

    waveform = audio("two_cities.wav")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        expected = silero_vad.load_silero_vad().audio_forward(torch.from_numpy(waveform)[None], RATE_HZ)[0]
    found, state = [], None
    for chunk, _ in silero._chunks(in_blocks(waveform, 999)):
        scores, state = silero._network().score(chunk, state)
        found.append(scores)
    assert np.abs(np.concatenate(found) - expected.numpy()).max() < 1e-5


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 60_000), max_size=8))
def test_the_regions_do_not_depend_on_the_blocks(sizes: list[int]) -> None:
    waveform = audio("two_cities.wav")[: 20 * RATE_HZ]
    blocks = np.split(waveform, np.minimum(np.cumsum([0, *sizes]), len(waveform)))
    assert DETECTOR.speech(blocks) == DETECTOR.speech([waveform])


def test_single_samples_are_blocks_too() -> None:
    waveform = audio("beckett.wav")[: 2 * RATE_HZ]
    assert DETECTOR.speech(in_blocks(waveform, 1)) == DETECTOR.speech([waveform]) != []


def test_one_stream_leaves_nothing_behind_for_the_next() -> None:
    waveform = audio("beckett.wav")
    first = DETECTOR.speech([waveform])
    DETECTOR.speech([audio("two_cities.wav")[: 7 * RATE_HZ]])
    assert DETECTOR.speech([waveform]) == first


def test_threads_share_one_detector_without_mixing_their_streams() -> None:
    names = ["two_cities.wav", "beckett.wav", "endgame_nagg_nell.wav", "clone-test.wav"] * 3
    alone = [DETECTOR.speech([audio(name)]) for name in names]
    together = threading.Barrier(4)

    def detect(name: str) -> list[TimeSpan]:
        together.wait(timeout=60)
        return DETECTOR.speech(in_blocks(audio(name), 1600))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(detect, names)) == alone


def test_added_silence_is_not_speech_and_shifts_the_rest() -> None:
    waveform = audio("two_cities.wav")
    silence = np.zeros(160 * 512, dtype=np.float32)  # 5.12 s: whole windows
    shift_ms = 5120
    plain = milliseconds(DETECTOR.speech([waveform]))
    between = milliseconds(DETECTOR.speech([silence, waveform, silence]))
    assert len(between) == len(plain)
    assert np.abs(np.subtract(between, plain) - shift_ms).max() <= 2 * WINDOW_MS


@pytest.mark.parametrize("name", ["success.wav", "error.wav"])
def test_a_chime_is_not_speech(name: str) -> None:
    assert DETECTOR.speech([audio(name)]) == []


@pytest.mark.parametrize("level", [0.0, 1e-8, 1e-3])
def test_silence_and_faint_noise_are_not_speech(level: float) -> None:
    noise = np.random.default_rng(0).normal(0, level, 5 * RATE_HZ).astype(np.float32)
    assert DETECTOR.speech([noise]) == []


@pytest.mark.parametrize("length", [0, 1, 63, 511, 512, 513])
def test_streams_around_one_window_work(length: int) -> None:
    spoken = audio("two_cities.wav")[2 * RATE_HZ :][:length]
    found = SileroDetector(Recipe(threshold=0.01, min_speech_seconds=0)).speech([spoken])
    assert all(span.end <= length / RATE_HZ for span in found)
    assert DETECTOR.speech([np.zeros(length, dtype=np.float32)]) == []


def test_a_stream_without_blocks_has_no_speech() -> None:
    assert DETECTOR.speech([]) == DETECTOR.speech([np.zeros(0, dtype=np.float32)] * 3) == []


def test_speech_cut_off_by_the_end_of_the_stream_ends_there() -> None:
    num_samples = 2 * RATE_HZ + 1231  # in the middle of a sentence, and of a window
    spans = DETECTOR.speech([audio("two_cities.wav")[:num_samples]])
    assert spans[-1].end_ms == num_samples * 1000 // RATE_HZ


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
def test_samples_that_are_not_finite_are_refused(poison: float) -> None:
    waveform = audio("beckett.wav").copy()
    waveform[50_000] = poison
    with pytest.raises(AudioError) as caught:
        DETECTOR.speech([waveform])
    assert caught.value.reason is FailureReason.NOT_FINITE


def _single_words(waveform: Waveform) -> list[Waveform]:
    """Stretches of 0.15 to 0.9 s between dips in the loudness: single words, found without the detector."""
    frames = waveform[: len(waveform) // 160 * 160].reshape(-1, 160)
    loudness = np.convolve(np.sqrt((frames**2).mean(axis=1)), np.full(3, 1 / 3), "same")
    loud = np.concatenate(([False], loudness > 0.1 * np.percentile(loudness, 95), [False]))
    edges = np.flatnonzero(np.diff(loud))
    return [
        waveform[(begin - 3) * 160 : (stop + 3) * 160]
        for begin, stop in zip(edges[::2], edges[1::2], strict=True)
        if 15 <= stop - begin <= 90 and begin >= 3
    ]


def test_short_words_alone_are_not_dropped_by_the_defaults() -> None:
    words = [
        word for name in ("two_cities.wav", "endgame_nagg_nell.wav") for word in _single_words(audio(name))
    ]
    room = np.random.default_rng(0).normal(0, 3e-4, RATE_HZ // 2).astype(np.float32)
    heard = [bool(DETECTOR.speech([room, word, room])) for word in words]
    assert len(words) >= 40
    assert np.mean(heard) >= 0.9


def test_memory_stays_flat_over_a_long_stream() -> None:
    waveform = audio("two_cities.wav")

    def peak(repeats: int) -> int:
        gc.collect()
        tracemalloc.start()
        DETECTOR.speech(block.copy() for _ in range(repeats) for block in in_blocks(waveform, RATE_HZ))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(1)  # whatever a first call loads
    assert peak(12) < peak(1) + 1_000_000  # nine minutes: 34 MB of samples pass through


def test_the_description_names_the_weights_and_what_the_recipe_changes() -> None:
    info = describe_silero(Recipe(threshold=0.4))
    assert (info.name, info.checkpoint) == ("silero-vad", "silero-vad 6.2.3")
    assert info.revision == "e1122837f4154c511485fe0b9c64455f7b929c96fbb8d79fbdb336383ebd3720"
    assert info.parameters["threshold"] == 0.4
    assert info.fingerprint != describe_silero(Recipe()).fingerprint
    assert info.fingerprint == SileroDetector(Recipe(threshold=0.4)).info.fingerprint


def test_what_only_the_planner_reads_does_not_make_another_detector() -> None:
    assert (
        describe_silero(Recipe(max_seconds=10, pad_seconds=1)).fingerprint
        == describe_silero(Recipe()).fingerprint
    )


def _python(code: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(Path(asrlab.__file__).parents[1])}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=120
    ).stdout.strip()


def test_describing_imports_neither_torch_nor_silero() -> None:
    code = """
import sys
from asrlab.domain.recipe import Recipe
from asrlab.engines.silero import SileroDetector
SileroDetector(Recipe()).info.fingerprint
print(sorted({"torch", "silero_vad"} & set(sys.modules)))
"""
    assert _python(code) == "[]"


def test_detecting_takes_no_torch() -> None:
    code = """
import sys, numpy
from asrlab.domain.recipe import Recipe
from asrlab.engines.silero import open_silero
open_silero(Recipe()).speech([numpy.zeros(16000, numpy.float32)])
print(sorted({"torch", "silero_vad"} & set(sys.modules)))
"""
    assert _python(code) == "[]"


def test_weights_of_another_network_are_refused() -> None:
    from asrlab.engines.silero_network import SileroNetwork

    with pytest.raises(ValueError, match="other weights: stft"):
        SileroNetwork({"stft.forward_basis_buffer": np.zeros((2, 1, 256), np.float32)})


def test_detecting_leaves_torchs_threads_alone() -> None:
    code = """
import numpy, torch
torch.set_num_threads(3)
from asrlab.domain.recipe import Recipe
from asrlab.engines.silero import open_silero
open_silero(Recipe()).speech([numpy.zeros(16000, numpy.float32)])
print(torch.get_num_threads())
"""
    assert _python(code) == "3"


def test_without_the_package_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "silero_vad", None)
    with pytest.raises(MissingExtraError, match="install the package silero-vad"):
        describe_silero(Recipe())


def test_a_package_without_its_model_is_a_checkpoint_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "silero_vad").mkdir()
    (tmp_path / "silero_vad" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "silero_vad", raising=False)
    with pytest.raises(CheckpointError, match="reinstall silero-vad"):
        open_silero(Recipe())


def test_a_damaged_model_file_is_a_checkpoint_error(tmp_path: Path) -> None:
    from asrlab.engines.silero_network import SileroNetwork

    (tmp_path / "silero_vad.jit").write_bytes(b"not a model")
    with pytest.raises(CheckpointError, match="not Silero VAD's 16 kHz model"):
        SileroNetwork.load(tmp_path / "silero_vad.jit")
