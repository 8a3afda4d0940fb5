"""What `--model` may be for `faster-whisper`: the embedded package as it is, a directory, a converted checkpoint."""

import json
import shutil
import struct
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from ctranslate2.converters import TransformersConverter
from transformers.models.whisper.tokenization_whisper import LANGUAGES

from asrlab.engines.embedded import embedded_checkpoint, packaged_folder
from asrlab.engines.faster_whisper import checkpoint as module
from asrlab.engines.faster_whisper.checkpoint import EMBEDDED_ID, whisper_checkpoint
from asrlab.engines.faster_whisper.factory import faster_whisper_aligner, faster_whisper_engine
from asrlab.engines.protocol import Engine, EngineOptions, Waveform
from asrlab.errors import CheckpointError, MissingExtraError, OptionError

RATE_HZ = 16_000


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A directory of the user's own; the weights are a link, for they are not written to."""
    path = tmp_path / "mine"
    path.mkdir()
    for file in packaged_folder().iterdir():
        if file.name == "model.bin":
            (path / file.name).symlink_to(file)
        else:
            shutil.copy(file, path)
    return path


def head(specification: str) -> bytes:
    name = specification.encode() + b"\0"
    return struct.pack("<IH", 6, len(name)) + name


def test_the_embedded_package_is_read_as_it_is() -> None:
    found = whisper_checkpoint("faster-whisper", EngineOptions())
    assert (found.name, found.path) == (EMBEDDED_ID, packaged_folder())
    assert faster_whisper_engine.describe(EngineOptions()).revision == module.PACKAGED_SHA256["model.bin"]


def test_the_same_weights_elsewhere_have_the_same_fingerprint(copy: Path) -> None:
    mine = EngineOptions(model=str(copy))
    for factory in (faster_whisper_engine, faster_whisper_aligner):
        assert factory.describe(mine).fingerprint == factory.describe(EngineOptions()).fingerprint
    assert faster_whisper_engine.describe(mine).checkpoint == str(copy)


@pytest.mark.parametrize("name", ["model.bin", "tokenizer.json", "config.json", "vocabulary.txt"])
def test_a_checkpoint_that_is_not_whole_is_refused(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(CheckpointError, match=name.replace("vocabulary.txt", "vocabulary.json")):
        faster_whisper_engine.describe(EngineOptions(model=str(copy)))


def test_a_transformers_checkpoint_is_sent_to_its_own_engine() -> None:
    with pytest.raises(CheckpointError, match="--engine whisper"):
        faster_whisper_engine.describe(EngineOptions(model=str(embedded_checkpoint())))


def test_a_name_that_is_nothing_is_answered_with_one_that_is() -> None:
    with pytest.raises(CheckpointError, match=EMBEDDED_ID):
        faster_whisper_engine.describe(EngineOptions(model="no-such-directory"))


def test_a_model_of_another_family_is_refused(copy: Path) -> None:
    (copy / "model.bin").unlink()
    (copy / "model.bin").write_bytes(head("TransformerSpec") + bytes(100))
    with pytest.raises(CheckpointError, match="TransformerSpec"):
        faster_whisper_engine.describe(EngineOptions(model=str(copy)))


@pytest.mark.parametrize("damage", [b"", b"\xff" * 100])
def test_what_is_no_ctranslate2_file_is_refused(copy: Path, damage: bytes) -> None:
    (copy / "model.bin").unlink()
    (copy / "model.bin").write_bytes(damage)
    with pytest.raises(CheckpointError, match=r"model\.bin"):
        faster_whisper_engine.describe(EngineOptions(model=str(copy)))


def test_damaged_weights_a_damaged_tokenizer_or_config_are_a_checkpoint_error(copy: Path) -> None:
    (copy / "model.bin").unlink()
    (copy / "model.bin").write_bytes(head("WhisperSpec") + b"\xff" * 1000)
    options = EngineOptions(model=str(copy), device="cpu")
    with pytest.raises(CheckpointError, match="can't be loaded"):
        faster_whisper_engine.open(options)
    module_files = {"tokenizer.json": "can't be read", "config.json": "not JSON"}
    for index, (name, message) in enumerate(module_files.items()):
        # Another place each time: a vocabulary is read once.
        other = shutil.copytree(packaged_folder(), copy.parent / f"other{index}", symlinks=True)
        (other / name).write_text("{not json")
        with pytest.raises(CheckpointError, match=message):
            faster_whisper_engine.check_language(EngineOptions(model=str(other)), "en")


def test_a_damaged_embedded_package_is_refused(monkeypatch: pytest.MonkeyPatch, copy: Path) -> None:
    (copy / "config.json").write_text("{}")
    monkeypatch.setattr(module, "packaged_folder", lambda: copy)
    with pytest.raises(CheckpointError, match=r"config\.json is damaged"):
        faster_whisper_engine.describe(EngineOptions())


def test_without_the_extra_its_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    message = r'^faster-whisper needs the extra faster-whisper: pip install "asrlab\[faster-whisper\]"$'
    with pytest.raises(MissingExtraError, match=message):
        faster_whisper_engine.describe(EngineOptions())
    with pytest.raises(MissingExtraError, match=message):
        faster_whisper_aligner.open(EngineOptions())
    assert "pip install" in faster_whisper_engine.summary
    assert not faster_whisper_aligner.supports("en")


def test_the_extra_brings_what_the_engine_imports() -> None:
    wanted = [line for line in metadata.requires("asrlab") or [] if "extra == 'faster-whisper'" in line]
    assert {line.partition(">")[0] for line in wanted} == {"ctranslate2", "faster-whisper"}


# --- a checkpoint that knows languages


@pytest.fixture(scope="module")
def converted(multilingual_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights with the multilingual vocabulary, converted by CTranslate2's own converter."""
    path = tmp_path_factory.mktemp("converted") / "model"
    TransformersConverter(str(multilingual_checkpoint), copy_files=["tokenizer.json"]).convert(str(path))
    config = json.loads((path / "config.json").read_text())
    assert config["lang_ids"] == []  # the random checkpoint's generation config names no languages
    tokens = json.loads((path / "vocabulary.json").read_text())
    config["lang_ids"] = [
        i for i, token in enumerate(tokens) if token.strip("<|>") in LANGUAGES and "|" in token
    ]
    (path / "config.json").write_text(json.dumps(config))
    return path


@pytest.fixture(scope="module")
def multilingual(converted: Path) -> Engine:
    return faster_whisper_engine.open(
        EngineOptions(model=str(converted), device="cpu", compute_type="float32", batch_seconds=90.0)
    )


@pytest.fixture(scope="module")
def noises() -> list[Waveform]:
    random = np.random.default_rng(5)
    return [random.normal(0, 0.02 * (i + 1), (i + 1) * RATE_HZ).astype(np.float32) for i in range(3)]


def test_a_forced_language_is_the_hypothesis_language(multilingual: Engine, noises: list[Waveform]) -> None:
    for name, tag in (("de", "de"), ("Spanish", "es"), ("zh-CN", "zh")):
        (hypothesis,) = multilingual.transcribe(noises[:1], language=name, context="")
        assert hypothesis.language_tag == tag


def test_language_and_tokens_are_those_of_the_engine_on_transformers(
    multilingual: Engine, multilingual_whisper: Engine, noises: list[Waveform]
) -> None:
    ours, theirs = (
        opened.transcribe(noises, language=None, context="")
        for opened in (multilingual, multilingual_whisper)
    )
    assert [h.language_tag for h in ours] == [h.language_tag for h in theirs]
    assert all(h.language_tag in LANGUAGES for h in ours)
    assert [h.raw_text for h in ours] == [h.raw_text for h in theirs]
    assert [h.finish_reason for h in ours] == [h.finish_reason for h in theirs]


def test_a_checkpoint_that_lists_no_languages_needs_one_given(
    converted: Path, tmp_path: Path, noises: list[Waveform]
) -> None:
    other = shutil.copytree(converted, tmp_path / "other")
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps({**config, "lang_ids": []}))
    engine = faster_whisper_engine.open(EngineOptions(model=str(other), device="cpu"))
    with pytest.raises(OptionError, match="give --language"):
        engine.transcribe(noises[:1], language=None, context="")
    assert engine.transcribe(noises[:1], language="de", context="")[0].language == "German"


def test_a_vocabulary_that_ctranslate2_reads_otherwise_is_refused(converted: Path, tmp_path: Path) -> None:
    other = shutil.copytree(converted, tmp_path / "other")
    tokens = json.loads((other / "vocabulary.json").read_text())
    (other / "vocabulary.json").write_text(json.dumps(tokens[:-1]))
    with pytest.raises(CheckpointError, match="vocabulary"):
        faster_whisper_engine.open(EngineOptions(model=str(other), device="cpu"))


def test_a_language_newer_than_the_checkpoint_is_a_users_error(
    multilingual: Engine, noises: list[Waveform]
) -> None:
    with pytest.raises(OptionError, match="Cantonese"):
        multilingual.transcribe(noises[:1], language="yue", context="")
