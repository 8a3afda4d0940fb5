"""An export that is refused halfway leaves the folder as it was; one that finds no room leaves what is whole."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from asrlab.errors import OptionError
from asrlab.export import export, request_of
from asrlab.export.files import written_whole
from asrlab.export.undoing import undone_when_refused
from tests.factories import write_tone
from tests.unit.export.conftest import Corpus, Said, everything

WORDS = (("x", 0.1, 0.2),)
# What each of these formats can't hold.
UNFIT: Sequence[tuple[str, str, dict[str, Any]]] = [
    ("textgrid", "a\rb", {}),
    ("audacity", "a\tb", {}),
    ("eaf", "a\x01b", {"copy_audio": True}),
    ("vtt", "a\x07b", {}),
    ("commonvoice", "a\tb", {}),
    ("kaldi", "<s>", {"copy_audio": True}),
    ("whisper", "<|en|>", {}),
    ("textgrid", "a\rb", {"split": "0.5/0.5", "by": "hash"}),
]


@pytest.fixture
def half_fit(corpus: Corpus, tmp_path: Path, text: str) -> Corpus:
    """Twelve recordings, of which each third has a text that the format can't hold."""
    for number in range(12):
        said = text if number % 3 == 2 else f"text {number}"
        corpus.label(write_tone(tmp_path / "audio" / f"{number}.wav", 1.0, 200.0 + number), Said(0, 1, said))
    return corpus


@pytest.mark.parametrize(("form", "text", "given"), UNFIT)
def test_a_refused_export_leaves_nothing(
    half_fit: Corpus, tmp_path: Path, form: str, given: dict[str, Any]
) -> None:
    out = tmp_path / "out"
    with pytest.raises(OptionError, match="can't hold"):
        export(half_fit.catalog, request_of(form, out, **given))
    assert not out.exists()


@pytest.mark.parametrize(("form", "text"), [("textgrid", "a\rb"), ("commonvoice", "a\tb")])
def test_what_was_there_before_stays_as_it_was(half_fit: Corpus, tmp_path: Path, form: str) -> None:
    out = tmp_path / "out"
    export(half_fit.catalog, request_of(form, out, where="text LIKE 'text%'"))
    (out / "notes.md").write_text("mine", encoding="utf-8")
    before = everything(out)
    with pytest.raises(OptionError, match="can't hold"):
        export(half_fit.catalog, request_of(form, out))
    assert everything(out) == before


def test_what_finds_no_room_leaves_its_whole_files(tmp_path: Path) -> None:
    def write(error: OptionError, cause: OSError | None) -> None:
        with undone_when_refused():
            with written_whole(tmp_path / "new" / "a") as file:
                file.write("whole")
            raise error from cause

    with pytest.raises(OptionError):
        write(OptionError("full"), OSError("No space left on device"))
    assert (tmp_path / "new" / "a").exists()
    with pytest.raises(OptionError):
        write(OptionError("refused"), None)
    assert (tmp_path / "new" / "a").exists()
    (tmp_path / "new" / "a").unlink()
    (tmp_path / "new").rmdir()
    with pytest.raises(OptionError):
        write(OptionError("refused"), None)
    assert list(tmp_path.iterdir()) == []
