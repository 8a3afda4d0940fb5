"""What is installed: our own, a third party's, and one that is broken."""

import subprocess
import sys
from pathlib import Path

import pytest

from asrlab.engines import registry
from asrlab.engines.protocol import EngineOptions
from asrlab.errors import OptionError, UnknownEngineError


@pytest.fixture
def broken_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "broken_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[asrlab.engines]\nbroken = no_such_module_at_all:engine\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    registry._engines.cache_clear()
    yield
    monkeypatch.undo()
    registry._engines.cache_clear()


def test_our_engine_and_a_third_partys_are_found_by_name() -> None:
    assert registry.engine_factory("whisper").name == "whisper"
    assert registry.engine_factory("fake").name == "fake"
    assert registry.aligner_factory("whisper").name == "whisper"


def test_an_engine_is_opened_once_per_process() -> None:
    options = EngineOptions()
    assert registry.open_engine("fake", options) is registry.open_engine("fake", options)


def test_an_unknown_name_is_answered_with_what_there_is() -> None:
    with pytest.raises(
        UnknownEngineError,
        match=r"did you mean 'whisper'.*installed: fake, faster-whisper, openai, qwen3-asr, transformers, whisper",
    ):
        registry.engine_factory("wisper")
    with pytest.raises(UnknownEngineError, match="no aligner 'nobody'"):
        registry.aligner_factory("nobody")


@pytest.mark.usefixtures("broken_plugin")
def test_a_broken_plugin_is_listed_with_its_reason_and_harms_nobody() -> None:
    listed = {entry.name: entry for entry in registry.installed() if entry.kind == "engine"}
    assert "no_such_module_at_all" in str(listed["broken"].error)
    assert listed["whisper"].error is None
    with pytest.raises(UnknownEngineError, match="broken"):
        registry.engine_factory("broken")


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("en", "pocketsphinx"),
        ("en-GB", "pocketsphinx"),
        ("English", "pocketsphinx"),
        ("fr", "whisper"),
        (None, "whisper"),
    ],
)
def test_the_automatic_aligner_is_the_most_exact_that_knows_the_language(
    language: str | None, name: str
) -> None:
    assert registry.pick_aligner(language).name == name


def test_the_automatic_aligner_is_else_of_the_engines_family() -> None:
    assert registry.pick_aligner("en", "faster-whisper").name == "pocketsphinx"
    assert registry.pick_aligner("fr", "faster-whisper").name == "faster-whisper"
    assert registry.pick_aligner(None, "faster-whisper").name == "faster-whisper"
    assert registry.pick_aligner(None, "whisper").name == "whisper"
    assert registry.pick_aligner(None, "fake").name == "whisper"


def test_without_an_aligner_that_takes_the_language_the_way_out_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry, "_aligners", dict)
    with pytest.raises(OptionError, match="--aligner none"):
        registry.pick_aligner("fr")


def test_listing_engines_imports_no_torch() -> None:
    code = (
        "import sys; from asrlab.engines.registry import installed; installed(); "
        "heavy = {'torch', 'transformers', 'pocketsphinx', 'hama', 'ctranslate2', 'faster_whisper'}; "
        "sys.exit(bool(heavy & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
