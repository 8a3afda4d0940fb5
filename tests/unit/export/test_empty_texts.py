"""Segments in which nothing is said are in no format, and are counted wherever something is left out."""

import json
from pathlib import Path

import pytest

from asrlab.errors import OptionError
from asrlab.export import export, request_of
from asrlab.verify.release import verify_release
from tests.unit.export.conftest import Corpus, Said, everything
from tests.unit.ingest.imports.test_round_trip import write_noise


def test_empty_texts_are_counted_and_a_release_counts_them_again(corpus: Corpus, tmp_path: Path) -> None:
    said = (Said(0.5, 2.0, ""), Said(2.5, 3.5, " \n"), Said(3.5, 4.0, "words"))
    corpus.label(write_noise(tmp_path / "a.wav", 5.0, 1), *said)
    corpus.label(write_noise(tmp_path / "b.wav", 5.0, 2), Said(1.0, 2.0, ""))
    exported = export(corpus.catalog, request_of("nemo", tmp_path / "out", "v1"))
    assert (exported.num_utterances, exported.left_out) == (1, {"empty_text": (3, 3_500)})
    lock = json.loads((tmp_path / "out" / "export.lock.json").read_text(encoding="utf-8"))
    assert lock["left_out"] == {"empty_text": {"utterances": 3, "seconds": 3.5}}
    assert [len(each["transcripts"]) for each in lock["recordings"]] == [1]
    assert "empty text" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert verify_release(corpus.catalog, "v1").problems == []
    export(corpus.catalog, request_of("nemo", tmp_path / "again", "v1"))
    assert everything(tmp_path / "again") == everything(tmp_path / "out")


def test_empty_texts_that_are_not_chosen_are_not_counted(corpus: Corpus, tmp_path: Path) -> None:
    corpus.label(write_noise(tmp_path / "a.wav", 5.0, 1), Said(0.5, 2.0, ""), Said(3.5, 4.0, "words"))
    exported = export(corpus.catalog, request_of("nemo", tmp_path / "out", where="start_s > 3"))
    assert exported.left_out == {}
    with pytest.raises(OptionError, match="left out: 1 empty text"):
        export(corpus.catalog, request_of("nemo", tmp_path / "none", where="start_s < 3"))
