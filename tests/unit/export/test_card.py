"""The card beside a data set: what other people's tools read of it."""

from pathlib import Path

import datasets
import pytest

from asrlab.export import export, request_of
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
