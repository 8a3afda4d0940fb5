"""Checkpoints of both layouts load whole, and nothing ever runs on random weights."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from asrlab.engines.protocol import EngineOptions
from asrlab.engines.qwen3_asr.factory import qwen3_aligner, qwen3_engine
from asrlab.engines.qwen3_asr.layout import Task, end_token_ids, read_layout
from asrlab.engines.qwen3_asr.loading import load_qwen3
from asrlab.errors import CheckpointError, OptionError

Change = Callable[[Path], None]


@pytest.fixture
def copied(goldens: Path, tmp_path: Path) -> Callable[[str], Path]:
    def copy(name: str) -> Path:
        target = tmp_path / name
        shutil.copytree(goldens / "checkpoints" / name, target)
        return target

    return copy


@pytest.mark.parametrize("task", ["asr", "aligner"])
def test_both_layouts_hold_the_same_weights(goldens: Path, task: Task) -> None:
    original = load_qwen3(goldens / "checkpoints" / f"{task}-orig", task)
    converted = load_qwen3(goldens / "checkpoints" / f"{task}-hf", task)
    ours, theirs = original.model.state_dict(), converted.model.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert original.end_ids == converted.end_ids == {400, 401}
    assert original.segment_ms == converted.segment_ms == 80.0


def config_of(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((path / "config.json").read_text())
    return value


def write_config(path: Path, config: dict[str, Any]) -> None:
    (path / "config.json").write_text(json.dumps(config))


def without_a_weight(path: Path) -> None:
    weights = load_file(path / "model.safetensors")
    weights.pop(sorted(name for name in weights if "layers.1.fc1.weight" in name)[0])
    save_file(weights, path / "model.safetensors", metadata={"format": "pt"})


def with_a_weight_too_many(path: Path) -> None:
    weights = load_file(path / "model.safetensors")
    save_file(
        weights | {"thinker.extra": torch.zeros(1)}, path / "model.safetensors", metadata={"format": "pt"}
    )


def of_another_shape(path: Path) -> None:
    weights = load_file(path / "model.safetensors")
    name = sorted(name for name in weights if "layers.1.fc1.weight" in name)[0]
    weights[name] = weights[name][:-1].contiguous()
    save_file(weights, path / "model.safetensors", metadata={"format": "pt"})


def renamed(path: Path) -> None:
    weights = load_file(path / "model.safetensors")
    other = {f"wrapper.{name}": value for name, value in weights.items()}
    save_file(other, path / "model.safetensors", metadata={"format": "pt"})


@pytest.mark.parametrize("name", ["asr-orig", "asr-hf"])
@pytest.mark.parametrize("change", [without_a_weight, with_a_weight_too_many, of_another_shape, renamed])
def test_weights_that_do_not_fit_are_refused(
    copied: Callable[[str], Path], name: str, change: Change
) -> None:
    path = copied(name)
    change(path)
    with pytest.raises(CheckpointError, match=r"refused|can't be loaded"):
        load_qwen3(path, "asr")


def test_original_weights_under_a_configuration_of_transformers_are_refused(
    goldens: Path, copied: Callable[[str], Path]
) -> None:
    path = copied("asr-hf")
    shutil.copyfile(goldens / "checkpoints" / "asr-orig" / "model.safetensors", path / "model.safetensors")
    with pytest.raises(CheckpointError, match="refused"):
        load_qwen3(path, "asr")


def test_the_wrong_task_is_refused_with_what_to_do(goldens: Path) -> None:
    with pytest.raises(CheckpointError, match="holds a forced aligner"):
        load_qwen3(goldens / "checkpoints" / "aligner-orig", "asr")
    with pytest.raises(CheckpointError, match="holds a speech recognizer"):
        load_qwen3(goldens / "checkpoints" / "asr-hf", "aligner")
    with pytest.raises(CheckpointError, match="a forced aligner is needed"):
        qwen3_aligner.describe(EngineOptions(model=str(goldens / "checkpoints" / "asr-hf")))


@pytest.mark.parametrize(
    ("key", "message"),
    [("thinker_config", "describes neither layout"), ("model_type", "model of unknown type")],
)
def test_a_configuration_that_is_no_layout_is_refused(
    copied: Callable[[str], Path], key: str, message: str
) -> None:
    path = copied("asr-orig")
    config = config_of(path)
    del config[key]
    write_config(path, config)
    with pytest.raises(CheckpointError, match=message):
        read_layout(path)


def test_a_damaged_thinker_is_told_by_name(copied: Callable[[str], Path]) -> None:
    path = copied("asr-orig")
    config = config_of(path)
    del config["thinker_config"]["audio_config"]
    write_config(path, config)
    with pytest.raises(CheckpointError, match="lacks 'audio_config'"):
        read_layout(path)


def test_the_end_tokens_are_found_without_a_generation_config(copied: Callable[[str], Path]) -> None:
    path = copied("asr-orig")
    (path / "generation_config.json").unlink()
    assert end_token_ids(path) == ()
    assert load_qwen3(path, "asr").end_ids == {400, 401}


def test_a_tokenizer_of_another_model_is_refused(copied: Callable[[str], Path]) -> None:
    path = copied("asr-orig")
    config = config_of(path)
    config["thinker_config"]["audio_token_id"] = 12
    write_config(path, config)
    with pytest.raises(CheckpointError, match="tokenizer of another checkpoint"):
        load_qwen3(path, "asr")


def test_the_fingerprint_is_that_of_the_weights(goldens: Path, copied: Callable[[str], Path]) -> None:
    at_home = qwen3_engine.describe(EngineOptions(model=str(goldens / "checkpoints" / "asr-hf")))
    path = copied("asr-hf")
    assert qwen3_engine.describe(EngineOptions(model=str(path))).fingerprint == at_home.fingerprint
    weights = load_file(path / "model.safetensors")
    name = next(iter(weights))
    save_file(weights | {name: weights[name] + 1}, path / "model.safetensors", metadata={"format": "pt"})
    assert qwen3_engine.describe(EngineOptions(model=str(path))).fingerprint != at_home.fingerprint


def test_a_device_map_of_one_device_needs_no_accelerate(goldens: Path) -> None:
    path = goldens / "checkpoints" / "asr-hf"
    assert load_qwen3(path, "asr", device_map="cpu", dtype=torch.bfloat16).model.dtype == torch.bfloat16
    with pytest.raises(OptionError, match="names no device"):
        load_qwen3(path, "asr", device_map="abacus")


def test_a_number_format_it_does_not_compute_in_is_refused(goldens: Path) -> None:
    options = EngineOptions(model=str(goldens / "checkpoints" / "asr-hf"), device="cpu", compute_type="int4")
    with pytest.raises(OptionError, match="does not compute in 'int4'"):
        qwen3_engine.open(options)


@pytest.mark.parametrize("device_map", ["cpu", "auto", "balanced", {"": "cpu"}])
def test_weights_go_where_a_device_map_says(goldens: Path, device_map: str | dict[str, str]) -> None:
    """Several devices are accelerate's affair; here it finds one."""
    path = goldens / "checkpoints" / "asr-orig"
    placed = load_qwen3(path, "asr", device_map=device_map)
    whole = load_qwen3(path, "asr")
    assert {parameter.device.type for parameter in placed.model.parameters()} == {"cpu"}
    for name, weights in whole.model.state_dict().items():
        assert torch.equal(placed.model.state_dict()[name], weights)
