"""The card beside a data set: what other people's tools read of it."""

from dataclasses import replace
from pathlib import Path

import datasets
import pytest

from asrlab.export import export, request_of
from asrlab.export.card import CardFacts, write_card
from asrlab.export.statistics import statistics_of
from tests.datasets import recording, utterance
from tests.factories import write_tone
from tests.unit.export.conftest import Corpus, Said


@pytest.mark.parametrize(("split", "names"), [("", {"train"}), ("0.5/0.5", {"train", "test"})])
def test_datasets_finds_the_data_and_the_splits_by_the_card(
    corpus: Corpus, tmp_path: Path, split: str, names: set[str]
) -> None:
    for number in range(12):
        corpus.label(
            write_tone(tmp_path / "audio" / f"{number}.wav", 1.0, 200.0 + number), Said(0, 1, f"{number}")
        )
    out = tmp_path / "out"
    export(corpus.catalog, request_of("hf", out, variant="parquet", split=split))
    found = datasets.load_dataset(str(out), cache_dir=str(tmp_path / "cache"))
    assert set(found) == names
    assert sum(each.num_rows for each in found.values()) == 12


def test_the_card_tells_the_licence_of_each_corpus(tmp_path: Path) -> None:
    """A corpus under two licences has two rows; the largest corpus comes first, equal ones by name."""
    held = [
        ("calls", None, 2),
        ("books", "CC-BY-4.0", 3),
        ("books", "CC0-1.0", 4),
        ("a|b", None, 1),
        ("books", "CC0-1.0", 2),
    ]
    recordings = [
        replace(
            recording(tmp_path, f"{index}.wav", 0.1, utterance(0, length, "x")), corpus=corpus, license=law
        )
        for index, (corpus, law, length) in enumerate(held)
    ]
    facts = CardFacts("v1", "nemo", [], [], {}, [])
    cards = [
        write_card(tmp_path, facts, {"": statistics_of(given)})[0].read_text(encoding="utf-8")
        for given in (recordings, recordings[::-1])
    ]
    assert cards[0] == cards[1]
    _, _, table = cards[0].partition("## Licences\n\n")
    assert table.partition("\n\n")[0].splitlines() == [
        "| corpus | licence | speech | share |",
        "|---|---|---|---|",
        "| books | CC0-1.0 | 6.0 s | 50.0 % |",
        "| books | CC-BY-4.0 | 3.0 s | 25.0 % |",
        "| calls | unknown | 2.0 s | 16.7 % |",
        "| a\\|b | unknown | 1.0 s | 8.3 % |",
    ]
