"""A name in an export folder never stands for half a file, packed or not."""

import gzip
from pathlib import Path

import pytest

from asrlab.cli.export import FORMATS as OFFERED
from asrlab.errors import InputNotFoundError, OptionError
from asrlab.export import FORMATS, export, request_of
from asrlab.export.files import gzip_written_whole
from asrlab.export.ids import speaker_key
from tests.factories import write_tone
from tests.unit.export.conftest import Corpus, Said, everything

SAID = Said(0, 1, "x", (("x", 0.25, 0.5),))
formats = pytest.mark.parametrize("form", sorted(FORMATS))


def test_the_command_offers_every_format() -> None:
    assert set(OFFERED) == set(FORMATS)


def test_a_packed_file_that_breaks_off_leaves_the_old_one_and_no_litter(tmp_path: Path) -> None:
    target = tmp_path / "a.gz"
    with gzip_written_whole(target) as file:
        file.write("old")
    with pytest.raises(RuntimeError, match="power cut"):
        _break_off(target)
    assert [path.name for path in tmp_path.iterdir()] == ["a.gz"]
    assert gzip.decompress(target.read_bytes()) == b"old"


def _break_off(target: Path) -> None:
    with gzip_written_whole(target) as file:
        file.write("new" * 100_000)
        raise RuntimeError("power cut")


@formats
def test_a_folder_that_cannot_be_written_is_one_line(corpus: Corpus, tmp_path: Path, form: str) -> None:
    corpus.label(write_tone(tmp_path / "a.wav", 1.0), SAID)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OptionError, match="can't write to"):
        export(corpus.catalog, request_of(form, tmp_path / "file" / "out"))


@formats
def test_audio_that_is_gone_is_named_and_nothing_is_written(
    corpus: Corpus, tmp_path: Path, form: str
) -> None:
    path = write_tone(tmp_path / "a.wav", 1.0)
    corpus.label(path, SAID)
    path.unlink()
    with pytest.raises(InputNotFoundError, match=r"a\.wav"):
        export(corpus.catalog, request_of(form, tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@formats
def test_a_selection_without_text_is_an_error(corpus: Corpus, tmp_path: Path, form: str) -> None:
    corpus.label(
        write_tone(tmp_path / "a.wav", 1.0), Said(0, 0.5, " \n"), Said(0.5, 1, "x", (("x", 0.1, 0.2),))
    )
    with pytest.raises(OptionError, match="nothing to export"):
        export(corpus.catalog, request_of(form, tmp_path / "out", where="start_s < 0.5"))
    assert export(corpus.catalog, request_of(form, tmp_path / "out")).num_utterances == 1


@formats
def test_every_file_may_be_read_by_others(corpus: Corpus, tmp_path: Path, form: str) -> None:
    corpus.label(write_tone(tmp_path / "a b.wav", 1.0), SAID)
    export(corpus.catalog, request_of(form, tmp_path / "out"))
    names = everything(tmp_path / "out")
    assert names
    assert all((tmp_path / "out" / name).stat().st_mode & 0o444 == 0o444 for name in names)


def test_two_speakers_never_share_an_id() -> None:
    names = ["anna", "Anna", "a b", "a_b", "a-b", "Zoë", "说话人", "a|b"]
    keys = [speaker_key(name) for name in names]
    assert len(set(keys)) == len(names)
    assert all(not set(key) & set(" -|:/") for key in keys)
    assert speaker_key("anna") == "anna"
