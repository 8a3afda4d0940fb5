"""The two layouts Qwen3-ASR checkpoints come in: transformers' own, and the original with its "thinker".

transformers reads the original layout as a model with random weights, and says so only in its log. Here its
configuration is flattened and its weights are renamed; what does not fit is refused. No torch here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from asrlab.errors import CheckpointError

Task = Literal["asr", "aligner"]

MODEL_TYPE = "qwen3_asr"
# Regular expressions of the original names, in the order in which they are tried.
_RENAMED = {
    r"^thinker\.audio_tower\.proj1\.": "model.multi_modal_projector.linear_1.",
    r"^thinker\.audio_tower\.proj2\.": "model.multi_modal_projector.linear_2.",
    r"^thinker\.audio_tower\.": "model.audio_tower.",
    r"^thinker\.model\.": "model.language_model.",
}
_HEAD = {"asr": {r"^thinker\.lm_head\.": "lm_head."}, "aligner": {r"^thinker\.lm_head\.": "score."}}
# Of the original configuration; transformers' has no use for them.
_UNUSED = ("max_source_positions", "conv_chunksize", "model_type", "rope_theta", "rope_scaling")
# The published models', for a configuration that does not say.
_DEFAULT_SEGMENT_MS = 80.0
_ALIGNER = "qwen3_forced_aligner"


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read one checkpoint.

    task: what its weights are for. config: for transformers' Qwen3ASRConfig, None to read the directory's.
    renamed: for from_pretrained's key_mapping. segment_ms: how long one class of time stamps is (aligners).
    languages: those the checkpoint lists; none when it does not tell.
    """

    task: Task
    config: dict[str, Any] | None
    renamed: dict[str, str]
    segment_ms: float = _DEFAULT_SEGMENT_MS
    languages: tuple[str, ...] = ()


def read_layout(path: Path) -> Layout:
    """The layout of the checkpoint in a directory. Raises CheckpointError when it is not one of Qwen3-ASR's."""
    given = _read_json(path / "config.json")
    if given.get("model_type") != MODEL_TYPE:
        raise CheckpointError(
            f"{path} holds a {given.get('model_type') or 'model of unknown type'}: give a Qwen3-ASR checkpoint "
            "(model_type qwen3_asr)"
        )
    thinker = given.get("thinker_config")
    if isinstance(thinker, dict):
        return _original(path, given, thinker)
    if "audio_config" not in given or "text_config" not in given:
        raise CheckpointError(f"{path / 'config.json'} describes neither layout of Qwen3-ASR: fetch it again")
    names = given.get("architectures") or []
    task: Task = "aligner" if any("TokenClassification" in str(name) for name in names) else "asr"
    processor = path / "processor_config.json"
    segment = _read_json(processor).get("timestamp_segment_time") if processor.is_file() else None
    return Layout(task, None, {}, float(segment or _DEFAULT_SEGMENT_MS))


def _original(path: Path, given: Mapping[str, Any], thinker: Mapping[str, Any]) -> Layout:
    try:
        classes = thinker.get("classify_num")
        task: Task = "aligner" if thinker.get("model_type") == _ALIGNER or classes else "asr"
        text = dict(thinker["text_config"])
        config: dict[str, Any] = {
            "audio_config": {**_used(thinker["audio_config"]), "model_type": "qwen3_asr_encoder"},
            "text_config": {
                **_used(text),
                "model_type": "qwen3",
                # Positions of text and audio tokens are the same on all of the original's three axes.
                "rope_parameters": {"rope_type": "default", "rope_theta": text["rope_theta"]},
            },
            "audio_token_id": thinker["audio_token_id"],
            "tie_word_embeddings": bool(text.get("tie_word_embeddings", task == "asr")),
        }
        if task == "aligner":
            config |= {"num_labels": int(classes or 0), "timestamp_token_id": given["timestamp_token_id"]}
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{path / 'config.json'} lacks {error} in the original layout: fetch it again"
        ) from error
    # The head of an aligner is its own, whatever the text model's configuration says.
    if task == "aligner":
        config["tie_word_embeddings"] = False
    segment = given.get("timestamp_segment_time") or _DEFAULT_SEGMENT_MS
    listed = given.get("support_languages") or ()
    return Layout(
        task, config, {**_RENAMED, **_HEAD[task]}, float(segment), tuple(str(name) for name in listed)
    )


def chat_template(path: Path) -> str:
    """The template of the prompt, wherever the layout keeps it. Raises CheckpointError without one."""
    plain = path / "chat_template.jinja"
    if plain.is_file():
        return plain.read_text(encoding="utf-8")
    for name in ("chat_template.json", "tokenizer_config.json"):
        if (path / name).is_file():
            template = _read_json(path / name).get("chat_template")
            if isinstance(template, str):
                return template
    raise CheckpointError(f"{path} has no chat template (chat_template.jinja or .json): fetch it again")


def end_token_ids(path: Path) -> tuple[int, ...]:
    """The tokens that end a text, by generation_config.json or config.json; none when neither says."""
    for name in ("generation_config.json", "config.json"):
        if (path / name).is_file():
            found = _read_json(path / name).get("eos_token_id")
            if isinstance(found, int):
                return (found,)
            if isinstance(found, list) and found:
                return tuple(int(each) for each in found)
    return ()


def _used(config: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key not in _UNUSED}


def _read_json(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CheckpointError(f"{file} can't be read: {error.strerror or error}") from error
    except ValueError as error:
        raise CheckpointError(f"{file} is not JSON: fetch the checkpoint again") from error
    if not isinstance(value, dict):
        raise CheckpointError(f"{file} is not a JSON object: fetch the checkpoint again")
    return value
