"""A sentence that is held out is in no train, however the utterances of a release are merged or cut."""

import json
from pathlib import Path
from typing import Any

import pytest

from asrlab.errors import ReleaseError
from asrlab.export import Exported, export, request_of
from tests.factories import write_tone
from tests.unit.export.conftest import Corpus, Said

HELD = "Ever tried, ever failed. No matter. Try again."
FILES = 6


def texts(out: Path, split: str) -> list[str]:
    manifest = out / split / "manifest.jsonl"
    lines = manifest.read_text(encoding="utf-8").splitlines() if manifest.exists() else []
    return [json.loads(line)["text"] for line in lines]


def exported(corpus: Corpus, out: Path, split: str, **given: Any) -> Exported:
    return export(corpus.catalog, request_of("nemo", out, split=split, **given))


def labeled(corpus: Corpus, path: Path, *said: str) -> None:
    number = len(list(path.parent.glob("*.wav"))) if path.parent.exists() else 0
    write_tone(path, float(len(said)), 200.0 + number)
    corpus.label(path, *(Said(at, at + 0.9, text) for at, text in enumerate(said)))


def test_a_held_out_sentence_reaches_no_train_within_a_merged_utterance(
    corpus: Corpus, tmp_path: Path
) -> None:
    for number in range(FILES):
        labeled(corpus, tmp_path / f"audio/{number}.wav", f"Before {number}.", HELD, f"Behind {number}.")
    labeled(corpus, tmp_path / "audio/alone.wav", HELD)
    result = exported(corpus, tmp_path / "out", "0.5/0.5", merge_seconds=20.0)
    trained, tested = texts(tmp_path / "out", "train"), texts(tmp_path / "out", "test")
    assert any(HELD in text for text in tested)
    assert not any(HELD in text for text in trained)
    assert any("whose sentence is more held-out" in line for line in result.leaks)


def test_a_sentence_of_an_unmerged_release_is_held_out_of_a_merged_one(
    corpus: Corpus, tmp_path: Path
) -> None:
    labeled(corpus, tmp_path / "audio/alone.wav", HELD)
    exported(corpus, tmp_path / "r1", "0/1", release="r1")
    labeled(corpus, tmp_path / "audio/more.wav", "Before.", HELD, "Behind.")
    labeled(corpus, tmp_path / "audio/other.wav", "Something else.")
    exported(corpus, tmp_path / "r2", "1/0/0", release="r2", merge_seconds=20.0)
    assert texts(tmp_path / "r2", "train") == ["Something else."]


@pytest.mark.parametrize("said", ["No matter.", "No matter. Try again."])
def test_a_sentence_of_a_merged_release_is_held_out_of_an_unmerged_one(
    corpus: Corpus, tmp_path: Path, said: str
) -> None:
    """Each that was merged, and the whole."""
    labeled(corpus, tmp_path / "audio/merged.wav", "No matter.", "Try again.")
    exported(corpus, tmp_path / "r1", "0/1", release="r1", merge_seconds=20.0)
    assert texts(tmp_path / "r1", "test") == ["No matter. Try again."]
    labeled(corpus, tmp_path / "audio/other.wav", said, "Something else.")
    exported(corpus, tmp_path / "r2", "1/0/0", release="r2", where="uri LIKE '%other.wav'")
    assert texts(tmp_path / "r2", "train") == ["Something else."]


def test_a_merged_release_is_made_again(corpus: Corpus, tmp_path: Path) -> None:
    for number in range(FILES):
        labeled(corpus, tmp_path / f"audio/{number}.wav", f"Before {number}.", HELD)
    exported(corpus, tmp_path / "r1", "0.5/0.5", release="r1", merge_seconds=20.0)
    again = export(corpus.catalog, request_of("nemo", tmp_path / "again", release="r1"))
    assert again.is_again
    for split in ("train", "test"):
        assert texts(tmp_path / "again", split) == texts(tmp_path / "r1", split)


def test_a_release_of_other_utterances_than_were_split_is_not_made_again(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labeled(corpus, tmp_path / "audio/a.wav", "No matter.", "Try again.")
    exported(corpus, tmp_path / "r1", "1/0/0", release="r1", merge_seconds=20.0)
    with monkeypatch.context() as patch:
        patch.setattr("asrlab.export.shaping.merged", lambda utterances, *_: list(utterances))
        with pytest.raises(ReleaseError, match="makes 2 utterances of its texts, not the 1 that were split"):
            export(corpus.catalog, request_of("nemo", tmp_path / "again", release="r1"))
        labeled(corpus, tmp_path / "audio/b.wav", "Something else.")
        # What can't be told again of an earlier release stops no other.
        assert exported(corpus, tmp_path / "r2", "1/0/0").num_utterances == 3
